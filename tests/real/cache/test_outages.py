"""Redis goes, or somebody writes into it: nobody waits for long, and nothing false is believed."""

import asyncio

import pytest
from msgspec.structs import replace

from tests.real.cache.conftest import SHARED, Open
from tests.real.cache.test_together import said
from tests.real.redis import RedisServer
from tests.wire.cache.answers import tell
from tests.wire.conftest import eventually
from tests.wire.delivery.gateway import ASK, Origin


@pytest.fixture
def url(redis: RedisServer) -> str:
    return redis.url


async def test_redis_gone_in_the_middle_is_a_cache_less_and_no_error(opened: Open, origin: Origin, redis: RedisServer):
    gateway = await opened()
    client, follower = await gateway.client(), await gateway.client()
    await client.ask(ASK)
    visit = await origin.visit()
    redis.stop()
    try:
        await follower.ask(ASK)
        await asyncio.sleep(0.02)
        tell(visit)
        assert (await said(client))[0] == b"miss"
        assert (await said(follower))[0] == b"hit-l1"
        for seed in range(3):
            await client.ask({**ASK, "seed": seed})
            tell(await origin.visit())
            assert (await said(client))[0] == b"miss"
        await client.ask({**ASK, "seed": 0})
        assert (await said(client))[0] == b"hit-l1"
    finally:
        redis.start()


async def test_a_redis_that_hangs_is_waited_for_once_and_not_for_long(opened: Open, origin: Origin, redis: RedisServer):
    """Whoever has asked it hears nothing; whoever comes then does not ask it."""
    client = await (await opened()).client()
    redis.freeze()
    try:
        for seed in range(2):
            await client.ask({**ASK, "seed": seed})
            tell(await origin.visit())
            assert (await said(client))[0] == b"miss"
    finally:
        redis.thaw()


@pytest.mark.parametrize("how", ["stopped", "hung"])
async def test_who_waits_for_another_worker_asks_alone_when_redis_goes(
    opened: Open, origin: Origin, redis: RedisServer, how: str
):
    one, other = await opened(), await opened()
    client, waiting = await one.client(), await other.client()
    await client.ask(ASK)
    visit = await origin.visit()
    await waiting.ask(ASK)
    await asyncio.sleep(0.05)
    assert origin.accepted == 1
    redis.stop() if how == "stopped" else redis.freeze()
    try:
        tell(await origin.visit(), "alone")
        word, body = await said(waiting)
        assert (word, b"alone" in body) == (b"miss", True)
        tell(visit)
        assert (await said(client))[0] == b"miss"
    finally:
        redis.start() if how == "stopped" else redis.thaw()


async def test_a_worker_that_died_while_it_asked_holds_nobody_up_for_long(
    opened: Open, origin: Origin, redis: RedisServer
):
    gateway = await opened()
    client = await gateway.client()
    await client.ask(ASK)
    visit = await origin.visit()
    (lease,) = redis.answers()
    assert lease.endswith(":lease")
    assert 0 < redis.ask("PTTL", lease) <= 10_000
    tell(visit)
    await client.answer()
    await asyncio.sleep(0.05)
    (entry,) = redis.answers()
    assert entry.endswith(":w")
    assert 3_500_000 < redis.ask("PTTL", entry) <= 3_600_000


async def test_an_entry_that_is_brought_back_behind_its_end_is_refused(
    opened: Open, origin: Origin, redis: RedisServer
):
    short = replace(SHARED, l2_ttl_s=0.2)
    first, second = await opened(short), await opened(short)
    client, other = await first.client(), await second.client()
    await client.ask(ASK)
    tell(await origin.visit(), "old")
    await client.answer()
    await eventually(lambda: len(redis.answers()) == 1)
    (name,) = redis.answers()
    sealed = redis.ask("GET", name)
    await eventually(lambda: redis.answers() == [])
    redis.ask("SET", name, sealed)
    await other.ask(ASK)
    tell(await origin.visit(), "new")
    word, body = await said(other)
    assert (word, b"new" in body) == (b"miss", True)


@pytest.mark.parametrize("crime", ["made up", "made to last", "bent", "moved", "cut"])
async def test_an_entry_that_somebody_else_wrote_is_refused(
    opened: Open, origin: Origin, redis: RedisServer, crime: str
):
    first, second = await opened(), await opened()
    client, other = await first.client(), await second.client()
    for seed in range(2):
        await client.ask({**ASK, "seed": seed})
        tell(await origin.visit(), f"answer {seed}")
        await client.answer()
    await asyncio.sleep(0.05)
    names = redis.answers()
    entries = {name: redis.ask("GET", name) for name in names}
    for name, other_name in zip(names, reversed(names), strict=True):
        sealed = entries[name]
        redis.ask(
            "SET",
            name,
            {
                "made up": sealed[:10] + bytes(16) + sealed[26:],
                "made to last": sealed[:2] + b"\xff" + sealed[3:],
                "bent": sealed[:-1] + bytes([sealed[-1] ^ 1]),
                "moved": entries[other_name],
                "cut": sealed[:10],
            }[crime],
        )
    await other.ask({**ASK, "seed": 0})
    tell(await origin.visit(), "asked again")
    word, body = await said(other)
    assert word == b"miss"
    assert b"asked again" in body
