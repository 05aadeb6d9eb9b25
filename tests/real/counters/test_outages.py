"""Redis away, slow, and back: nobody waits longer than its time, no cent is lost, and all mends itself."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest

from gossamer.core.allowance import Limits
from gossamer.core.clock import wall_time
from gossamer.core.errors import RateLimitExceeded, Unavailable
from gossamer.core.ports import Limiter
from gossamer.counters.counting import Counting
from gossamer.counters.over_redis.debts import MOST_KEPT
from gossamer.counters.over_redis.leases import LocalLease, RedisLease
from gossamer.counters.rules import Rules
from gossamer.policy.calendar import day_of, month_of
from gossamer.redis.address import parse_redis_url
from gossamer.redis.server import TIMEOUT_S, WELL_S
from tests.real.fault_proxy import FaultProxy, Mode
from tests.real.redis import RedisServer
from tests.unit.counters.asking import A_CENT_EACH, CENT, admit, admit_all, chat, claims, exchange, finish

DOLLAR = 100 * CENT
SLACK_S = 0.15
"""Of a busy machine, on top of a timeout."""
MANY = Limits(requests_per_min=1_000_000)
AWAY: tuple[Mode, ...] = ("refused", "black hole", "slow")

Open = Callable[..., Counting]


@pytest.fixture
async def proxy(redis: RedisServer) -> AsyncIterator[FaultProxy]:
    async with FaultProxy("127.0.0.1", redis.port) as proxy:
        yield proxy


@pytest.fixture
async def opened(proxy: FaultProxy) -> AsyncIterator[Open]:
    """Counters behind the proxy: as of so many processes."""
    async with AsyncExitStack() as stack:

        def open_counters(workers: int = 1, number: int = 0) -> Counting:
            said: list[str] = []
            counting = Counting(parse_redis_url(f"redis://127.0.0.1:{proxy.port}"), said.append, None, workers, number)
            stack.push_async_callback(counting.close)
            counting.said = said  # type: ignore[attr-defined]
            return counting

        yield open_counters


async def is_counted_by_redis(limiter: Limiter) -> bool:
    made = exchange(claims("probe", MANY))
    assert await admit(limiter, made) is None
    return isinstance(made.lease, RedisLease)


async def back(limiter: Limiter, within_s: float = 4.0) -> None:
    """Until Redis counts again."""
    async with asyncio.timeout(within_s):
        while not await is_counted_by_redis(limiter):
            await asyncio.sleep(0.02)


async def timed(work: Awaitable[object]) -> float:
    loop = asyncio.get_running_loop()
    began = loop.time()
    await work
    return loop.time() - began


def spent(redis: RedisServer, key: str = "k") -> int:
    """As Redis has it, of this month."""
    month = month_of(day_of(wall_time()))
    return int(redis.ask("HGET", f"gossamer:{{k:{key}}}:k:{key}:b:{month}", "m") or 0)


async def eventually_spent(redis: RedisServer, nanos: int) -> None:
    async with asyncio.timeout(4):
        while spent(redis) != nanos:
            await asyncio.sleep(0.02)
    await asyncio.sleep(0.1)
    assert spent(redis) == nanos, "and no more comes behind"


@pytest.mark.parametrize("away", AWAY)
async def test_nobody_waits_longer_than_the_timeout_and_only_once(opened: Open, proxy: FaultProxy, away: Mode):
    limiter = opened().limiter(Rules())
    await back(limiter)
    await proxy.become(away)
    key = claims(limits=MANY)
    waits = await asyncio.gather(*(timed(admit(limiter, exchange(key))) for _ in range(200)))
    assert max(waits) <= TIMEOUT_S + SLACK_S
    later = [await timed(admit(limiter, exchange(key))) for _ in range(50)]
    assert max(later) < TIMEOUT_S / 2, "who comes later does not wait at all"
    made = exchange(key)
    assert limiter.admit(made) is None
    assert made.lease is not None
    assert not isinstance(made.lease, RedisLease)


async def test_a_loop_that_slept_takes_its_own_lateness_for_nobody_elses(opened: Open):
    limiter = opened().limiter(Rules())
    await back(limiter)
    made = exchange(claims(limits=MANY))
    waiting = limiter.admit(made)
    assert waiting is not None
    time.sleep(2 * TIMEOUT_S)  # noqa: ASYNC251 - as a loop does that has much else to do
    await waiting
    assert isinstance(made.lease, RedisLease)


@pytest.mark.parametrize("away", AWAY)
async def test_it_comes_back_by_itself(opened: Open, proxy: FaultProxy, away: Mode):
    counting = opened()
    limiter = counting.limiter(Rules())
    await back(limiter)
    await proxy.become(away)
    while await is_counted_by_redis(limiter):
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.5)
    assert not await is_counted_by_redis(limiter)
    await proxy.become("up")
    assert await timed(back(limiter)) < 3.5
    await asyncio.sleep(WELL_S + 0.1)
    said: list[str] = counting.said  # type: ignore[attr-defined]
    assert len(said) == 2, said
    assert "is not asked any more" in said[0]
    assert "answers again" in said[1]


async def test_a_start_without_redis_serves_and_finds_it_later(opened: Open, proxy: FaultProxy):
    await proxy.become("refused")
    limiter = opened().limiter(Rules())
    key = claims(limits=Limits(requests_per_min=2))
    assert await timed(admit(limiter, exchange(key))) <= TIMEOUT_S + SLACK_S
    answers = [await admit(limiter, exchange(key)) for _ in range(5)]
    assert answers.count(None) == 1, "it counts by itself meanwhile"
    await proxy.become("up")
    await back(limiter)


async def test_alone_each_worker_lets_in_its_share(opened: Open, proxy: FaultProxy):
    workers = [opened(4, number).limiter(Rules()) for number in range(4)]
    for limiter in workers:
        await back(limiter)
    await proxy.become("refused")
    await asyncio.sleep(0.1)
    passed = 0
    for limiter in workers:
        key = claims("k", Limits(requests_per_min=10))
        answers = await admit_all(limiter, [exchange(key) for _ in range(20)])
        passed += answers.count(None)
    assert passed == 10


async def test_where_refusal_is_asked_for_what_is_limited_is_refused_and_nothing_else(opened: Open, proxy: FaultProxy):
    limiter = opened().limiter(Rules(), refuses_alone=True)
    await back(limiter)
    await proxy.become("black hole")
    errors = await admit_all(limiter, [exchange(claims(limits=MANY)) for _ in range(20)])
    for error in errors:
        assert isinstance(error, Unavailable)
        assert (error.status, error.code, error.retry_after_s) == (503, "unavailable", 1.0)
    assert isinstance(await admit(limiter, exchange(claims(limits=MANY))), Unavailable)
    assert limiter.admit(exchange(claims("free"))) is None


async def test_a_late_grant_is_taken_back(opened: Open, proxy: FaultProxy, redis: RedisServer):
    proxy.delay_s = 0.6
    limiter = opened().limiter(Rules())
    await back(limiter)
    await proxy.become("slow")
    limits = Limits(requests_per_min=10, tokens_per_min=10_000, concurrent=5, nanos_per_day=DOLLAR)
    made = exchange(claims("k", limits), price=A_CENT_EACH, body=chat(max_tokens=100))
    assert await admit(limiter, made) is None
    assert isinstance(made.lease, LocalLease)
    stem = "gossamer:{k:k}:k:k"
    assert redis.ask("ZCARD", f"{stem}:l") == 1, "Redis has let it in"
    await asyncio.sleep(0.8)
    assert redis.ask("ZCARD", f"{stem}:l") == 0
    assert redis.ask("EXISTS", f"{stem}:v") == 0
    assert redis.ask("HMGET", f"{stem}:w", "rs", "ts") == [b"0", b"0"]
    await proxy.become("up")
    finish(limiter, made, nanos=CENT)
    await eventually_spent(redis, CENT)


async def test_what_is_spent_while_redis_is_away_is_told_once_when_it_is_back(
    opened: Open, proxy: FaultProxy, redis: RedisServer
):
    limiter = opened().limiter(Rules())
    await back(limiter)
    key = claims("k", Limits(nanos_per_day=DOLLAR, concurrent=50))
    before = [exchange(key, price=A_CENT_EACH) for _ in range(10)]
    assert set(await admit_all(limiter, before)) == {None}
    await proxy.become("refused")
    during = [exchange(key, price=A_CENT_EACH) for _ in range(10)]
    assert set(await admit_all(limiter, during)) == {None}
    for made in (*before, *during):
        finish(limiter, made, nanos=CENT)
    assert spent(redis) == 0
    await proxy.become("up")
    await eventually_spent(redis, 20 * CENT)
    assert redis.ask("ZCARD", "gossamer:{k:k}:k:k:l") == 0, "places are free again, too"


@pytest.mark.parametrize("away", AWAY)
async def test_each_cent_is_told_once_however_often_the_line_breaks(
    opened: Open, proxy: FaultProxy, redis: RedisServer, away: Mode
):
    """Settlements whose answers are lost are sent again, and Redis knows that it has them."""
    proxy.delay_s = 0.4
    limiter = opened().limiter(Rules())
    await back(limiter)
    key = claims("k", Limits(nanos_per_day=100 * DOLLAR))
    total = 0
    for _ in range(4):
        for _ in range(20):
            made = exchange(key, price=A_CENT_EACH)
            assert await admit(limiter, made) is None
            finish(limiter, made, nanos=CENT)
            total += CENT
        await proxy.become(away)
        for _ in range(5):
            made = exchange(key, price=A_CENT_EACH)
            assert await admit(limiter, made) is None
            finish(limiter, made, nanos=CENT)
            total += CENT
        await proxy.become("up")
        await back(limiter)
    await eventually_spent(redis, total)


async def test_a_long_outage_takes_no_more_memory_than_the_sums(opened: Open, proxy: FaultProxy, redis: RedisServer):
    counting = opened()
    limiter = counting.limiter(Rules())
    await back(limiter)
    key = claims("k", Limits(nanos_per_day=1000 * DOLLAR))
    held = [exchange(key, price=A_CENT_EACH) for _ in range(100)]
    assert set(await admit_all(limiter, held)) == {None}
    await proxy.become("refused")
    await asyncio.sleep(0.05)
    count = MOST_KEPT + 500
    for _ in range(count):
        made = exchange(key, price=A_CENT_EACH)
        assert await admit(limiter, made) is None
        finish(limiter, made, nanos=CENT)
    debts = limiter._debts  # type: ignore[attr-defined]
    assert len(debts._waiting) <= MOST_KEPT
    assert len(debts._sums) == 1
    for made in held:
        finish(limiter, made, nanos=CENT)
    await proxy.become("up")
    await eventually_spent(redis, (count + 100) * CENT)


async def test_a_client_that_leaves_while_redis_is_asked_frees_what_it_was_granted(
    opened: Open, proxy: FaultProxy, redis: RedisServer
):
    proxy.delay_s = 0.1
    limiter = opened().limiter(Rules())
    await back(limiter)
    await proxy.become("slow")
    made = exchange(claims("k", Limits(concurrent=1, requests_per_min=5)))
    waiting = limiter.admit(made)
    assert waiting is not None
    await asyncio.sleep(0.02)
    assert redis.ask("ZCARD", "gossamer:{k:k}:k:k:l") == 1
    made.is_settled = True
    await asyncio.sleep(0.3)
    assert redis.ask("ZCARD", "gossamer:{k:k}:k:k:l") == 0
    assert redis.ask("HGET", "gossamer:{k:k}:k:k:w", "rs") == b"0"


async def test_scripts_that_a_server_forgot_are_sent_again(opened: Open, redis: RedisServer):
    limiter = opened().limiter(Rules())
    await back(limiter)
    redis.ask("SCRIPT", "FLUSH")
    key = claims("k", Limits(requests_per_min=5, nanos_per_day=DOLLAR))
    answers = await admit_all(limiter, [exchange(key, price=A_CENT_EACH) for _ in range(20)])
    assert answers.count(None) == 5
    assert {type(answer) for answer in answers} == {type(None), RateLimitExceeded}
    assert await is_counted_by_redis(limiter)


async def test_a_restart_of_redis_is_survived(opened: Open, proxy: FaultProxy):
    limiter = opened().limiter(Rules())
    await back(limiter)
    await proxy.become("refused")
    await proxy.become("up")
    key = claims("k", Limits(requests_per_min=5))
    for _ in range(20):
        assert await admit(limiter, exchange(claims("other", MANY))) is None
        await asyncio.sleep(0.02)
    await back(limiter)
    assert (await admit_all(limiter, [exchange(key) for _ in range(9)])).count(None) == 5
