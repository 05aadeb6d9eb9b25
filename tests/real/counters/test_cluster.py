"""A cluster whose slots move: whoever is asked for what it has not says where it is, and nothing is lost on the way."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from gossamer.core.allowance import Limits
from gossamer.counters.counting import Counting
from gossamer.counters.memory import MemoryLease
from gossamer.counters.over_redis.leases import LocalLease, RedisLease
from gossamer.counters.rules import Rules
from gossamer.redis.address import parse_redis_url
from gossamer.redis.slots import slot_of
from tests.real.redis import RedisCluster, RedisServer, redis_cluster
from tests.unit.counters.asking import A_CENT_EACH, CENT, admit, admit_all, claims, exchange, finish

LIMITS = Limits(requests_per_min=100, concurrent=50, nanos_per_day=200 * CENT)
SLOT = slot_of(b"{k:k}")


@pytest.fixture
async def counting(redis_cluster: RedisCluster) -> AsyncIterator[Counting]:
    said: list[str] = []
    counting = Counting(parse_redis_url(redis_cluster.url), said.append, timeout_s=20.0)
    assert await admit(counting.limiter(Rules()), exchange(claims("warm", Limits(requests_per_min=10**6)))) is None
    yield counting
    await counting.close()
    assert said == []


def owner(cluster: RedisCluster, slot: int) -> RedisServer:
    for first, last, (_, port, *_), *_ in cluster.servers[0].ask("CLUSTER", "SLOTS"):
        if first <= slot <= last:
            return next(server for server in cluster.servers if server.port == port)
    raise AssertionError(slot)


def name_of(server: RedisServer) -> str:
    name: bytes = server.ask("CLUSTER", "MYID")
    return name.decode()


def begin_move(source: RedisServer, target: RedisServer, slot: int) -> None:
    target.ask("CLUSTER", "SETSLOT", slot, "IMPORTING", name_of(source))
    source.ask("CLUSTER", "SETSLOT", slot, "MIGRATING", name_of(target))


def move_keys(source: RedisServer, target: RedisServer, slot: int) -> None:
    for key in source.ask("CLUSTER", "GETKEYSINSLOT", slot, 100):
        assert source.ask("MIGRATE", "127.0.0.1", target.port, key, 0, 1000) in (b"OK", b"NOKEY")


def end_move(cluster: RedisCluster, target: RedisServer, slot: int) -> None:
    for server in cluster.servers:
        server.ask("CLUSTER", "SETSLOT", slot, "NODE", name_of(target))


@pytest.mark.parametrize("key", [b"foo", b"{a}b", b"{}x", b"a{b}c{d}", b"{k:k}:l", b"x{", b"{{y}}", bytes(range(256))])
def test_the_slot_of_a_key_is_what_a_server_says(redis_cluster: RedisCluster, key: bytes):
    assert slot_of(key) == redis_cluster.servers[0].ask("CLUSTER", "KEYSLOT", key)


async def test_keys_of_one_request_lie_in_one_slot_and_those_of_many_are_spread(
    counting: Counting, redis_cluster: RedisCluster
):
    limiter = counting.limiter(Rules())
    for n in range(40):
        key = claims(f"k{n}", LIMITS, f"u{n}", LIMITS)
        assert await admit(limiter, exchange(key, price=A_CENT_EACH)) is None
    counts = [server.ask("DBSIZE") for server in redis_cluster.servers]
    assert min(counts) > 40, counts


async def test_a_slot_that_moved_is_found_and_its_counts_go_with_it(counting: Counting, redis_cluster: RedisCluster):
    limiter, key = counting.limiter(Rules()), claims("k", LIMITS)
    held = [exchange(key, price=A_CENT_EACH) for _ in range(30)]
    assert set(await admit_all(limiter, held)) == {None}
    finish(limiter, held.pop(), nanos=CENT)
    await asyncio.sleep(0.05)
    source, target = ends_of_a_move(redis_cluster)
    begin_move(source, target, SLOT)
    move_keys(source, target, SLOT)
    # Between the two: the old server sends us on with ASK.
    asked = [exchange(key, price=A_CENT_EACH) for _ in range(10)]
    assert set(await admit_all(limiter, asked)) == {None}
    assert {type(made.lease) for made in asked} == {RedisLease}
    for made in asked:
        finish(limiter, made, nanos=CENT)
    end_move(redis_cluster, target, SLOT)
    # Now it says MOVED, to admissions and settlements alike.
    for made in held:
        finish(limiter, made, nanos=CENT)
    answers = await admit_all(limiter, [exchange(key, price=A_CENT_EACH) for _ in range(100)])
    assert answers.count(None) == 50, "as many as there are places"
    await asyncio.sleep(0.1)
    assert spent_at(target) == 40 * CENT


async def test_while_only_some_keys_have_moved_requests_go_on_and_no_cent_is_lost(
    counting: Counting, redis_cluster: RedisCluster
):
    limiter, key = counting.limiter(Rules()), claims("k", LIMITS)
    held = [exchange(key, price=A_CENT_EACH) for _ in range(10)]
    assert set(await admit_all(limiter, held)) == {None}
    source, target = ends_of_a_move(redis_cluster)
    begin_move(source, target, SLOT)
    move_keys(source, target, SLOT)
    during = [exchange(key, price=A_CENT_EACH) for _ in range(10)]
    assert set(await admit_all(limiter, during)) == {None}
    assert {type(made.lease) for made in during} == {LocalLease}, "the key of what was spent is nowhere yet"
    elsewhere = exchange(claims("other", LIMITS), price=A_CENT_EACH)
    assert await admit(limiter, elsewhere) is None
    assert isinstance(elsewhere.lease, RedisLease), "nobody else notices"
    for made in (*held, *during):
        finish(limiter, made, nanos=CENT)
    await asyncio.sleep(0.1)
    end_move(redis_cluster, target, SLOT)
    await asyncio.sleep(0.6)
    assert spent_at(target) == 20 * CENT


def ends_of_a_move(cluster: RedisCluster) -> tuple[RedisServer, RedisServer]:
    source = owner(cluster, SLOT)
    return source, next(server for server in cluster.servers if server is not source)


def spent_at(server: RedisServer) -> int:
    (month,) = [name for name in server.names() if name.startswith("gossamer:{k:k}:k:k:b:")]
    return int(server.ask("HGET", month, "m"))


async def test_models_are_at_home_by_themselves_and_a_refusal_of_one_home_undoes_the_other(counting: Counting):
    limiter = counting.limiter(Rules(models={"mock/mock": Limits(requests_per_min=5)}))
    key = claims("k", Limits(requests_per_min=100, tokens_per_min=10**6, concurrent=50, nanos_per_day=200 * CENT))
    answers = await admit_all(limiter, [exchange(key, price=A_CENT_EACH) for _ in range(40)])
    assert answers.count(None) == 5
    await asyncio.sleep(0.1)
    left = await admit_all(limiter, [exchange(key, price=A_CENT_EACH, label="mock/x") for _ in range(100)])
    assert left.count(None) == 45, "of fifty places five are taken"


async def test_a_server_that_dies_takes_only_its_slots_with_it():
    with redis_cluster() as cluster:
        said: list[str] = []
        counting = Counting(parse_redis_url(cluster.url), said.append)
        limiter = counting.limiter(Rules())
        keys = [claims(f"k{n}", Limits(requests_per_min=10**6)) for n in range(30)]
        for key in keys:
            assert await admit(limiter, exchange(key)) is None
        for server in cluster.servers:
            # A cluster that misses slots still answers for the others.
            server.ask("CONFIG", "SET", "cluster-require-full-coverage", "no")
        cluster.servers[1].stop()

        async def who_counts() -> set[type]:
            made = [exchange(key) for key in keys]
            assert set(await admit_all(limiter, made)) == {None}
            return {type(each.lease) for each in made}

        await who_counts()
        assert await who_counts() == {RedisLease, MemoryLease}
        cluster.servers[1].start()
        async with asyncio.timeout(8):
            while await who_counts() != {RedisLease}:
                await asyncio.sleep(0.1)
        await counting.close()
        assert sum("is not asked any more" in line for line in said) >= 1
        assert len(said) <= 2 * len(cluster.servers), said
