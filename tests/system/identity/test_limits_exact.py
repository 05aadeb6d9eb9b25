"""A limit is exactly kept by all workers together, whatever comes at once, and what was spent is not forgotten."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.real import redis as servers
from tests.real.redis import RedisServer
from tests.system.gateway import Gateway, start_gateway
from tests.system.identity.administration import Person, log_in, register
from tests.system.node import CHAT, CONFIG, Node
from tests.system.process_figures import tell
from tests.system.raw_client import RawClient

WORKERS = 4
BODY = {"model": "house", "messages": [{"role": "user", "content": "Hello"}]}
DOLLAR: dict[str, Any] = {"usd_per_month": "1.00"}
A_CENT_EACH: dict[str, Any] = {"prices": {"mock/mock": {"request": 0.01}}}
"""And nothing for tokens: a hundred requests are a dollar to the nano-dollar."""


@pytest.fixture(scope="module")
def redis() -> Iterator[RedisServer]:
    with servers.redis_server("--appendonly", "yes") as server:
        yield server


@pytest.fixture(params=["redis", "memory"])
def counters(request: pytest.FixtureRequest) -> str:
    """The setting."""
    if request.param == "memory":
        return "memory"
    server: RedisServer = request.getfixturevalue("redis")
    return server.url


async def at_once(gateway: Gateway, token: str, count: int) -> Counter[str]:
    """Each on a connection of its own, all of which are open before the first is used: code by count."""
    clients = [RawClient(gateway.port, token) for _ in range(count)]
    for client in clients:
        await client.open()
    answers = await asyncio.gather(*(client.ask("POST", CHAT, BODY) for client in clients))
    for client in clients:
        await client.leave()
    codes: Counter[str] = Counter()
    for answer in answers:
        codes["passed" if answer.status == 200 else f"{answer.status}"] += 1
        if answer.status != 200:
            assert answer.status == 429, answer
            assert int(answer.header("retry-after") or 0) >= 1
    return codes


def workers_of(gateway: Gateway, key_id: str) -> set[int]:
    """Who has answered it, with whatever."""
    return {record.worker for record in gateway.records() if record.key == key_id}


async def test_of_a_thousand_at_once_a_hundred_pass(tmp_path: Path, redis: RedisServer):
    with start_gateway(tmp_path, {**CONFIG, "counters": redis.url}, WORKERS) as gateway:
        key = register(Node(gateway)).add_key(limits={"requests_per_min": 100})
        codes = await at_once(gateway, key.token, 1000)
        tell(f"1,000 at once against 100 a minute, through {len(workers_of(gateway, key.id))} workers: {dict(codes)}")
        assert codes == {"passed": 100, "429": 900}, gateway.log
        assert workers_of(gateway, key.id) == set(range(WORKERS))


async def test_a_budget_is_spent_to_the_cent_and_stays_spent(tmp_path: Path, counters: str):
    config = {**CONFIG, **A_CENT_EACH, "counters": counters}
    with start_gateway(tmp_path, config, WORKERS) as gateway:
        admin = register(Node(gateway))
        key = admin.add_key(limits=DOLLAR)
        codes = await at_once(gateway, key.token, 500)
        # In memory each worker has a quarter of the dollar: who came to a worker that was spent asks the others.
        while counters == "memory" and codes["passed"] < 100:
            codes["passed"] += (await at_once(gateway, key.token, 50))["passed"]
        tell(f"500 at once of a cent each against a dollar, counted in {counters.partition(':')[0]}: {dict(codes)}")
        assert codes["passed"] == 100
        assert spent_cents(gateway, key.id) == 100
    with start_gateway(tmp_path, config, WORKERS) as gateway:
        assert await at_once(gateway, key.token, 50) == {"429": 50}, "it was spent before the restart"
        raised = log_in(Node(gateway), "admin@example.com")
        raise_by_a_dollar(raised, key.id)
        codes = Counter()
        for _ in range(10):
            codes += await at_once(gateway, key.token, 50)
        assert codes["passed"] == 100


async def test_a_budget_that_was_half_spent_has_the_other_half_after_a_restart(tmp_path: Path, counters: str):
    config = {**CONFIG, **A_CENT_EACH, "counters": counters}
    with start_gateway(tmp_path, config, WORKERS) as gateway:
        key = register(Node(gateway)).add_key(limits=DOLLAR)
        first = (await at_once(gateway, key.token, 60))["passed"]
        assert 50 <= first <= 60
    with start_gateway(tmp_path, config, WORKERS) as gateway:
        passed = 0
        for _ in range(10):
            passed += (await at_once(gateway, key.token, 50))["passed"]
        assert first + passed == 100
        assert spent_cents(gateway, key.id) == 100


def raise_by_a_dollar(admin: Person, key_id: str) -> None:
    admin.do("PATCH", f"keys/{key_id}", {"limits": {"usd_per_month": "2.00"}})


def spent_cents(gateway: Gateway, key_id: str) -> float:
    """By the journal."""
    records = [record for record in gateway.records() if record.key == key_id]
    return sum(record.cost_nanos or 0 for record in records) / 10_000_000
