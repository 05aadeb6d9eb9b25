"""A session that is deleted takes with it what its requests had put into Redis, whichever worker hears of it."""

import asyncio

import pytest

from gossamer.cache.belongings import LOADS, Belongings
from gossamer.cache.seal import Seal
from gossamer.redis.address import parse_redis_url
from gossamer.redis.cluster import open_servers
from tests.real.cache.conftest import Open
from tests.real.cache.test_together import said
from tests.real.redis import RedisServer
from tests.wire.cache.answers import tell
from tests.wire.cache.test_gone_sessions import OTHER, SWEPT_S, bury
from tests.wire.conftest import eventually
from tests.wire.delivery.gateway import ASK, CHAT, Origin


async def test_what_it_filled_is_known_to_no_worker_any_more(opened: Open, origin: Origin):
    first, second = await opened(), await opened()
    client, other = await first.client(), await second.client()
    for body, session in ((ASK, "gone"), (OTHER, "kept")):
        await client.ask(body, CHAT, f"x-session-id: {session}")
        tell(await origin.visit())
        await client.answer()
        await asyncio.sleep(0.05)
        await other.ask(body)
        assert (await said(other))[0] == b"hit-l2"
    for gateway in (second, first):
        bury(gateway, "gone")
    await asyncio.sleep(SWEPT_S)
    await other.ask(ASK)
    tell(await origin.visit())
    assert (await said(other))[0] == b"miss"
    third = await (await opened()).client()
    await asyncio.sleep(0.05)
    await third.ask(OTHER)
    assert (await said(third))[0] == b"hit-l2"


async def test_many_keys_go_some_after_the_other_and_claims_stay(redis: RedisServer):
    servers = open_servers(parse_redis_url(redis.url), LOADS, lambda _: None, lambda _: None)
    servers.start()
    belongings = Belongings(servers, Seal(b"secret"))
    keys = [b"answer:%d" % number for number in range(1203)]
    for key in keys:
        redis.ask("SET", key, b"1p") if key.endswith(b"7") else None
        belongings.note("gone", key, 60_000)
    belongings.note("kept", b"other", 60_000)
    for name, content in ((b"other", b"1p"), (keys[0], b"r claim")):
        redis.ask("SET", name, content)
    told: list[str | None] = []
    belongings.erase("gone", told.append)
    await eventually(lambda: bool(told))
    assert told == [None]
    names = redis.names()
    assert {"other", "answer:0"} < set(names)
    assert len(names) == 3, "the note of the other session is the third"
    servers.close()


async def test_what_went_by_itself_is_not_noted_for_ever(redis: RedisServer):
    servers = open_servers(parse_redis_url(redis.url), LOADS, lambda _: None, lambda _: None)
    servers.start()
    belongings = Belongings(servers, Seal(b"secret"))
    belongings.note("long", b"short-lived", 1)
    await asyncio.sleep(0.05)
    belongings.note("long", b"fresh", 60_000)
    await eventually(lambda: redis.names() != [])
    (name,) = redis.names()
    await eventually(lambda: redis.ask("ZRANGE", name, 0, -1) == [b"fresh"])
    assert 0 < redis.ask("PTTL", name) <= 60_000
    servers.close()


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_where_redis_is_away_that_is_said(redis: RedisServer, moment: str):
    servers = open_servers(parse_redis_url(redis.url), LOADS, lambda _: None, lambda _: None)
    if moment == "after":
        servers.start()
        await asyncio.sleep(0.05)
    redis.stop()
    try:
        if moment == "before":
            servers.start()
        told: list[str | None] = []
        Belongings(servers, Seal(b"secret")).erase("gone", told.append)
        await eventually(lambda: bool(told))
        assert told[0]
    finally:
        servers.close()
        redis.start()
