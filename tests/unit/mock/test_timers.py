"""Both kinds of timers keep the same promises."""

import asyncio
import sys
from collections.abc import Callable
from functools import partial
from time import perf_counter_ns

import pytest

from gossamer.mock.timers import KernelTimers, LoopTimers, exact_timers

MS = 1_000_000
KINDS = [LoopTimers, *([KernelTimers] if sys.platform == "linux" else [])]


@pytest.fixture(params=KINDS)
async def timers(request):
    made = request.param(asyncio.get_running_loop())
    yield made
    made.close()


async def test_appointments_are_kept_in_order_and_never_early(timers):
    kept: list[tuple[int, int]] = []
    began = perf_counter_ns()
    for after in (9, 3, 6):
        timers.call_at(began + after * MS, lambda after=after: kept.append((after, perf_counter_ns() - began)))
    await _until(lambda: len(kept) == 3)
    assert [after for after, _ in kept] == [3, 6, 9]
    assert all(took >= (after - 1) * MS for after, took in kept)


async def test_what_is_cancelled_is_not_kept(timers):
    kept = []
    now = perf_counter_ns()
    timers.call_at(now + MS, lambda: kept.append("cancelled")).cancel()
    timers.call_at(now + 2 * MS, lambda: kept.append("kept"))
    await _until(lambda: kept)
    assert kept == ["kept"]


async def test_what_is_over_is_kept_in_a_later_turn_and_one_turn_each(timers):
    turns = [0]
    kept: list[int] = []
    loop = asyncio.get_running_loop()

    def count() -> None:
        turns[0] += 1
        if len(kept) < 3:
            loop.call_soon(count)

    def step():
        kept.append(turns[0])
        if len(kept) < 3:
            timers.call_at(1, step)

    timers.call_at(1, step)
    assert kept == []
    count()
    await _until(lambda: len(kept) == 3)
    assert len(set(kept)) == 3


async def test_an_earlier_appointment_moves_the_alarm(timers):
    kept = []
    now = perf_counter_ns()
    far = timers.call_at(now + 60_000 * MS, lambda: kept.append("far"))
    timers.call_at(now + MS, lambda: kept.append("near"))
    await _until(lambda: kept)
    far.cancel()
    assert kept == ["near"]


@pytest.mark.skipif(sys.platform != "linux", reason="timerfd is Linux's")
async def test_what_has_waited_longest_goes_first():
    timers = KernelTimers(asyncio.get_running_loop())
    kept: list[int] = []
    for when_ns in (3, 1, 2):
        timers.call_at(when_ns, partial(kept.append, when_ns))
    await _until(lambda: len(kept) == 3)
    timers.close()
    assert kept == [1, 2, 3]


@pytest.mark.skipif(sys.platform != "linux", reason="timerfd is Linux's")
async def test_one_that_raises_does_not_stop_the_others():
    loop = asyncio.get_running_loop()
    complaints, kept = [], []

    def stumble() -> None:
        raise ZeroDivisionError

    loop.set_exception_handler(lambda _, context: complaints.append(context["exception"]))
    timers = KernelTimers(loop)
    timers.call_at(1, stumble)
    timers.call_at(2, lambda: kept.append("second"))
    await _until(lambda: kept)
    timers.close()
    assert [type(each) for each in complaints] == [ZeroDivisionError]


async def test_the_best_of_this_system_is_taken():
    timers = exact_timers(asyncio.get_running_loop())
    timers.close()
    assert isinstance(timers, KINDS[-1])


async def _until(is_so: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not is_so():
            await asyncio.sleep(0.001)
