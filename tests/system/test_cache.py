"""The cache in whole processes: what was answered once is not asked again, by whichever worker, until it is purged."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

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
            server={"port": 0, "workers": 2},
            counters=redis.url,
            cache={"enabled": True, "l2": "redis"},
        )
        with start_gateway(tmp_path, config) as gateway:
            clients = [OpenAI(base_url=f"{gateway.url}/v1", api_key=TOKEN, max_retries=0) for _ in range(8)]
            assert word(clients[0]) == "miss"
            assert {word(client) for client in clients} <= {"hit-l1", "hit-l2"}
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
