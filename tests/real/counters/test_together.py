"""Many processes on one Redis keep one limit, exactly; and one that dies keeps nothing."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from gossamer.core.allowance import Limits
from gossamer.counters.counting import Counting
from gossamer.counters.over_redis import leases, plan
from gossamer.counters.rules import Rules
from gossamer.redis.address import parse_redis_url
from tests.real.redis import RedisCluster, RedisServer
from tests.unit.counters.asking import A_CENT_EACH, CENT, admit, admit_all, claims, exchange, finish

PROCESSES = 4
EACH = 250
PATIENCE_S = 20.0
"""For an answer: what is counted is the matter here, not how fast a busy machine is."""
DOLLAR = 100 * CENT


def quiet(trouble: str) -> None:
    raise AssertionError(trouble)


async def pass_through(url: str, what: str, count: int) -> None:
    """One process: ready when it is connected; then all of its requests at once; then it waits to be killed."""
    counting = Counting(parse_redis_url(url), quiet, timeout_s=PATIENCE_S)
    limiter = counting.limiter(Rules())
    assert await admit(limiter, exchange(claims("warm", Limits(requests_per_min=10**6)))) is None
    limits = {
        "requests": Limits(requests_per_min=100),
        "budget": Limits(nanos_per_month=DOLLAR),
        "places": Limits(concurrent=100),
    }[what]
    key = claims("k", limits)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    all_made = [exchange(key, price=A_CENT_EACH) for _ in range(count)]
    answers = await admit_all(limiter, all_made)
    if what == "budget":
        for made, answer in zip(all_made, answers, strict=True):
            if answer is None:
                finish(limiter, made, nanos=CENT)
        await counting.close()
    sys.stdout.write(f"{answers.count(None)}\n")
    sys.stdout.flush()
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)


class Process:
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def said(self) -> str:
        assert self._process.stdout is not None
        async with asyncio.timeout(30):
            return (await self._process.stdout.readline()).decode().strip()

    def go_on(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(b"\n")

    async def kill(self) -> None:
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()


async def start(command: str) -> Process:
    pipe = asyncio.subprocess.PIPE
    return Process(await asyncio.create_subprocess_exec(sys.executable, "-c", command, stdin=pipe, stdout=pipe))


@asynccontextmanager
async def processes(url: str, what: str, count: int = EACH) -> AsyncIterator[list[Process]]:
    command = (
        "import asyncio; from tests.real.counters.test_together import pass_through; "
        f"asyncio.run(pass_through({url!r}, {what!r}, {count}))"
    )
    started = [await start(command) for _ in range(PROCESSES)]
    try:
        for process in started:
            assert await process.said() == "ready"
        yield started
    finally:
        for process in started:
            await process.kill()


async def passed(started: list[Process]) -> list[int]:
    for process in started:
        process.go_on()
    return [int(await process.said()) for process in started]


async def test_a_thousand_at_once_through_four_processes_exactly_a_hundred_pass(redis: RedisServer):
    async with processes(redis.url, "requests") as started:
        counts = await passed(started)
    assert sum(counts) == 100, counts


async def test_a_thousand_at_once_through_four_processes_on_a_cluster(redis_cluster: RedisCluster):
    async with processes(redis_cluster.url, "requests") as started:
        counts = await passed(started)
    assert sum(counts) == 100, counts


async def test_five_hundred_cents_at_once_against_a_dollar_exactly_a_hundred_pass_and_a_restart_forgets_nothing(
    redis: RedisServer,
):
    async with processes(redis.url, "budget", 125) as started:
        counts = await passed(started)
    assert sum(counts) == 100, counts
    async with processes(redis.url, "budget", 10) as started:
        assert await passed(started) == [0] * PROCESSES


@pytest.fixture
def short_leases(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "LEASE_MS", 400)
    monkeypatch.setattr(leases, "RENEW_S", 0.1)
    monkeypatch.setattr("gossamer.counters.over_redis.limiter.RENEW_S", 0.1)


@pytest.mark.parametrize("in_run", [False, True])
@pytest.mark.usefixtures("short_leases")
async def test_places_and_money_of_a_worker_that_died_are_free_again(redis: RedisServer, in_run: bool):
    address = parse_redis_url(redis.url)
    dead, alive = (Counting(address, quiet, timeout_s=PATIENCE_S) for _ in range(2))
    key = claims("k", Limits(concurrent=3, nanos_per_day=3 * CENT))
    lost = [exchange(key, price=A_CENT_EACH, in_run=in_run) for _ in range(3)]
    assert set(await admit_all(dead.limiter(Rules()), lost)) == {None}
    redis_of_dead = dead._redis
    assert redis_of_dead is not None
    assert redis_of_dead._renewal is not None
    redis_of_dead._renewal.cancel()  # as kill -9: it renews nothing, settles nothing
    redis_of_dead.servers.close()
    limiter = alive.limiter(Rules())
    assert (await admit_all(limiter, [exchange(key, price=A_CENT_EACH) for _ in range(5)])).count(None) == 0
    await asyncio.sleep(0.5)
    assert (await admit_all(limiter, [exchange(key, price=A_CENT_EACH) for _ in range(5)])).count(None) == 3
    await alive.close()


@pytest.mark.usefixtures("short_leases")
async def test_a_long_call_of_a_run_keeps_its_money_and_takes_no_place(redis: RedisServer):
    counting = Counting(parse_redis_url(redis.url), quiet, timeout_s=PATIENCE_S)
    limiter = counting.limiter(Rules())
    key = claims("k", Limits(concurrent=1, nanos_per_day=2 * CENT))
    call = exchange(key, price=A_CENT_EACH, in_run=True)
    assert await admit(limiter, call) is None
    for _ in range(6):
        await asyncio.sleep(0.2)
        plain = exchange(key, price=A_CENT_EACH)
        assert await admit(limiter, plain) is None
        assert await admit(limiter, exchange(key, price=A_CENT_EACH, in_run=True)) is not None, "money for two"
        finish(limiter, plain, nanos=0)
        await asyncio.sleep(0.05)
    finish(limiter, call, nanos=CENT)
    await asyncio.sleep(0.05)
    await counting.close()


@pytest.mark.usefixtures("short_leases")
async def test_a_long_request_keeps_its_place(redis: RedisServer):
    counting = Counting(parse_redis_url(redis.url), quiet, timeout_s=PATIENCE_S)
    limiter = counting.limiter(Rules())
    key = claims("k", Limits(concurrent=1, nanos_per_day=DOLLAR))
    made = exchange(key, price=A_CENT_EACH)
    assert await admit(limiter, made) is None
    for _ in range(6):
        await asyncio.sleep(0.2)
        assert await admit(limiter, exchange(key, price=A_CENT_EACH)) is not None
    finish(limiter, made, nanos=CENT)
    await asyncio.sleep(0.05)
    assert await admit(limiter, exchange(key, price=A_CENT_EACH)) is None
    await counting.close()
