"""What was purged is purged for workers that come later too, whatever became of Redis; and one of them asks anew."""

import asyncio
from pathlib import Path

import pytest
from msgspec.structs import replace

from gossamer.config.routes import RouteSettings
from gossamer.core.clock import wall_time
from gossamer.core.purge import Purge, PurgeBy
from gossamer.feed.messages import Changed
from gossamer.worker.cache import open_cache
from tests.real.cache.conftest import SHARED, Open
from tests.real.cache.test_together import said
from tests.real.redis import RedisServer
from tests.wire.cache.answers import tell
from tests.wire.conftest import eventually
from tests.wire.delivery.gateway import ASK, CHAT, Client, Gateway, Origin, settings_for, whole

CLOCKS_S = 0.11
"""Beyond what two clocks may differ by."""


@pytest.fixture
def url(redis: RedisServer) -> str:
    return redis.url


def purge(gateway: Gateway, by: PurgeBy = "all", name: str = "") -> None:
    gateway.identity.heard(Changed(1, purged=(Purge(wall_time(), by, name).text,)))


def notes(redis: RedisServer) -> str | None:
    return next((name for name in redis.names() if name.startswith("gossamer:cache:purged:")), None)


def entries(redis: RedisServer) -> list[str]:
    return [name for name in redis.answers() if name.endswith((":w", ":s"))]


async def fill(client: Client, origin: Origin, redis: RedisServer, text: str = "old") -> None:
    await client.ask(ASK)
    tell(await origin.visit(), text)
    await client.answer()
    await eventually(lambda: len(entries(redis)) == 1)


async def asked_anew(gateway: Gateway, origin: Origin) -> None:
    client = await gateway.client()
    await client.ask(ASK)
    tell(await origin.visit(), "new")
    word, body = await said(client)
    assert (word, b"new" in body) == (b"miss", True)


async def test_one_that_redis_missed_is_noted_when_it_is_back(opened: Open, origin: Origin, redis: RedisServer):
    """As behind a broken line: what it had kept is still there."""
    first = await opened()
    await fill(await first.client(), origin, redis)
    sealed = {name: redis.ask("GET", name) for name in entries(redis)}
    redis.stop()
    await eventually(lambda: not first._worker._factory.cache._remote.servers.of_slot(0).is_up)  # type: ignore[union-attr]
    purge(first)
    redis.start()
    for name, content in sealed.items():
        redis.ask("SET", name, content)
    await eventually(lambda: notes(redis) is not None)
    await asked_anew(await opened(), origin)


async def test_its_note_is_no_longer_lived_in_redis_than_the_entries_are(
    opened: Open, origin: Origin, redis: RedisServer
):
    """With an end it would be among the first that a full Redis lets go of."""
    first = await opened()
    purge(first)
    await eventually(lambda: notes(redis) is not None)
    assert redis.ask("PTTL", notes(redis)) == -1  # type: ignore[arg-type]


async def test_a_note_that_somebody_else_wrote_purges_nothing_and_goes(
    opened: Open, origin: Origin, redis: RedisServer
):
    first = await opened()
    await fill(await first.client(), origin, redis)
    purge(first, "key", "of somebody else")
    await eventually(lambda: notes(redis) is not None)
    name = notes(redis)
    assert name is not None
    ((field, sealed),) = [redis.ask("HGETALL", name)]
    redis.ask("HSET", name, "f" * 32, f"{wall_time() + 1e6:.3f} all ")
    redis.ask("HSET", name, "e" * 32, sealed)
    second = await (await opened()).client()
    await eventually(lambda: redis.ask("HKEYS", name) == [field])
    await second.ask(ASK)
    assert (await said(second))[0] == b"hit-l2"


async def test_behind_a_purge_many_at_several_workers_are_one_call(opened: Open, origin: Origin, redis: RedisServer):
    """What lies in Redis and may not be given does not keep the lease from them."""
    workers = [await opened() for _ in range(4)]
    await fill(await workers[0].client(), origin, redis)
    for worker in workers:
        purge(worker)
    await asyncio.sleep(CLOCKS_S)
    clients = [await workers[number % 4].client() for number in range(40)]
    for client in clients:
        await client.ask(ASK)
    visit = await origin.visit()
    await eventually(lambda: sum(worker.server.in_flight for worker in workers) == 40)
    await asyncio.sleep(0.05)
    tell(visit, "new")
    told = [await said(client) for client in clients]
    assert [word for word, _ in told].count(b"miss") == 1
    assert all(b"new" in body for _, body in told)


async def test_an_older_answer_is_not_kept_over_one_that_was_asked_for_as_a_new_one(
    opened: Open, origin: Origin, redis: RedisServer
):
    first, second = await opened(), await opened()
    slow, fresh = await first.client(), await second.client()
    await slow.ask(ASK)
    old = await origin.visit()
    await fresh.ask(ASK, CHAT, "cache-control: no-cache")
    tell(await origin.visit(), "new")
    assert b"new" in (await said(fresh))[1]
    await eventually(lambda: len(entries(redis)) == 1)
    tell(old, "old")
    assert b"old" in (await said(slow))[1]
    await asyncio.sleep(0.05)
    third = await (await opened()).client()
    await third.ask(ASK)
    word, body = await said(third)
    assert (word, b"new" in body) == (b"hit-l2", True)


async def test_who_is_answered_by_another_target_leaves_no_lease_behind(
    origin: Origin, url: str, tmp_path: Path, redis: RedisServer
):
    """Others would wait for it to end, though nobody asks any more."""
    base = settings_for(origin, connect_s=1.0, first_byte_s=5.0, idle_s=5.0, total_s=9.0)
    both = {"local": base.providers["local"], "other": base.providers["local"]}
    route = RouteSettings(targets=("local/real", "other/real"))
    settings = replace(
        base, providers=both, models={"alias": route}, cache=SHARED, counters=url, data_dir=str(tmp_path)
    )
    kept = open_cache(settings, lambda trouble: None)
    gateway = Gateway(settings, kept)
    await gateway.listen()
    client = await gateway.client()
    await client.ask(ASK)
    (await origin.visit()).write(whole(b'{"error":{"message":"out of order"}}', 500))
    tell(await origin.visit())
    answer = await client.answer()
    assert answer.headers[b"x-gossamer-target"] == b"other/real"
    await eventually(lambda: len(entries(redis)) == 1)
    await eventually(lambda: not any(name.endswith(":lease") for name in redis.answers()))
    await gateway.close()
    kept.close()
