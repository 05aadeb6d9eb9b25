"""The cache in whole processes: what was answered once is not asked again, by whichever worker, until it is purged."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import msgspec
import pytest
from openai import OpenAI

from tests.real.redis import RedisServer, redis_server
from tests.system.gateway import (
    PATIENCE_S,
    TOKEN,
    Gateway,
    eventually,
    quiet_environment,
    standard_config,
    start_gateway,
    start_mock,
)

WORKERS = 2
QUESTION: Any = {"model": "house", "messages": [{"role": "user", "content": "What is the capital of France?"}]}


@pytest.fixture(scope="module")
def redis() -> Iterator[RedisServer]:
    with redis_server() as server:
        yield server


def tiers(gateway: Gateway) -> list[str]:
    """What the journal says of the cache."""
    return [record.cache.tier for record in gateway.records() if record.cache is not None]


def word(client: OpenAI) -> str:
    return client.chat.completions.with_raw_response.create(**QUESTION).headers["x-gossamer-cache"]


def test_what_one_worker_was_told_all_know_until_it_is_purged(tmp_path: Path, redis: RedisServer):
    with start_mock() as mock:
        config = standard_config(
            mock.url,
            counters=redis.url,
            cache={"enabled": True, "l2": "redis"},
        )
        with start_gateway(tmp_path, config, WORKERS) as gateway:
            clients = [OpenAI(base_url=f"{gateway.url}/v1", api_key=TOKEN, max_retries=0) for _ in range(8)]
            assert word(clients[0]) == "miss"
            words = {word(client) for client in clients}
            while "hit-l2" not in words:  # until one of them comes to the other worker
                clients.append(OpenAI(base_url=f"{gateway.url}/v1", api_key=TOKEN, max_retries=0))
                words.add(word(clients[-1]))
            assert words <= {"hit-l1", "hit-l2"}
            stream = clients[1].chat.completions.create(**QUESTION, stream=True)
            whole = clients[0].chat.completions.create(**QUESTION)
            assert "".join(piece.choices[0].delta.content or "" for piece in stream) == whole.choices[0].message.content
            assert tiers(gateway).count("miss") == 1
            purge(gateway)
            eventually(lambda: word(clients[0]) == "miss")
            for client in clients:
                client.close()


def purge(gateway: Gateway) -> None:
    """As an operator does."""
    done = subprocess.run(
        [sys.executable, "-m", "gossamer", "cache", "purge", "--all"],
        cwd=gateway.home,
        env=quiet_environment(),
        capture_output=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_a_thousand_who_ask_the_same_of_two_nodes_at_once_are_one_call(tmp_path: Path, redis: RedisServer):
    """Two gateways with two workers each, which share a Redis and a secret and nothing else."""
    with start_mock("--ttft", "2000") as mock, ExitStack() as nodes:
        config = standard_config(
            mock.url,
            counters=redis.url,
            cache={"enabled": True, "l2": "redis", "secret": "of-both-nodes"},
        )
        gateways = [nodes.enter_context(start_gateway(tmp_path / name, config, WORKERS)) for name in ("one", "other")]
        body = msgspec.json.encode({**QUESTION, "seed": 1})
        said = asyncio.run(ask_all_at_once([gateway.port for gateway in gateways], 500, body))
        words = [tier for gateway in gateways for tier in tiers(gateway)]
        workers = [{record.worker for record in gateway.records()} for gateway in gateways]
    assert workers == [{0, 1}, {0, 1}]
    assert {status for status, _ in said} == {200}
    assert len({answer for _, answer in said}) == 1
    assert (len(words), words.count("miss")) == (1000, 1)


async def ask_all_at_once(ports: list[int], of_each: int, body: bytes) -> list[tuple[int, bytes]]:
    """Status and body of each. All connections stand before the first of them asks."""
    head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: g\r\nauthorization: Bearer {TOKEN}\r\nconnection: close\r\n"
    request = head.encode() + b"content-length: %d\r\n\r\n" % len(body) + body
    lines = [await asyncio.open_connection("127.0.0.1", port) for port in ports for _ in range(of_each)]
    for _, writer in lines:
        writer.write(request)
    found = []
    for reader, writer in lines:
        async with asyncio.timeout(PATIENCE_S):
            told = await reader.read()
        writer.close()
        head_of_it, _, answer = told.partition(b"\r\n\r\n")
        found.append((int(head_of_it.split()[1]), answer))
    return found
