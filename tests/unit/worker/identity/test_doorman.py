"""How many unknown tokens of one address are looked up: good ones only wait for each other, bad ones come to an end."""

import asyncio
from contextlib import suppress

import pytest

from gossamer.core.errors import RateLimitExceeded
from gossamer.worker.identity import doorman as doorman_module
from gossamer.worker.identity.doorman import PACE, Doorman, address_of


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr(doorman_module, "monotonic", lambda: now[0])
    return now


class Flood:
    """Many at once from one address. `under_way` never holds more than there is room for."""

    def __init__(self, *, is_bad: bool) -> None:
        self.doorman = Doorman()
        self.is_bad = is_bad
        self.under_way = self.most_under_way = self.looked_up = self.refused = 0

    async def one(self) -> None:
        try:
            await self.doorman.enter("a")
        except RateLimitExceeded:
            self.refused += 1
            return
        self.under_way += 1
        self.looked_up += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        self.under_way -= 1
        self.doorman.leave("a", is_bad=self.is_bad)

    async def come(self, count: int) -> None:
        async with asyncio.timeout(20):
            await asyncio.gather(*(self.one() for _ in range(count)))


async def test_a_thousand_good_ones_are_all_looked_up_a_few_at_a_time():
    flood = Flood(is_bad=False)
    await flood.come(1000)
    assert (flood.looked_up, flood.refused, flood.most_under_way) == (1000, 0, PACE.burst)
    assert flood.doorman._visits == {}


async def test_of_a_thousand_bad_ones_the_burst_is_looked_up_and_the_rest_refused(clock: list[float]):
    flood = Flood(is_bad=True)
    await flood.come(1000)
    assert (flood.looked_up, flood.refused) == (PACE.burst, 1000 - PACE.burst)
    clock[0] += 1.0001
    await flood.come(1000)
    assert flood.looked_up == PACE.burst + 10
    assert flood.doorman._visits == {}


async def test_the_refusal_says_when_to_come_back():
    flood = Flood(is_bad=True)
    await flood.come(PACE.burst)
    with pytest.raises(RateLimitExceeded, match="Too many unknown API keys") as refused:
        await flood.doorman.enter("a")
    assert refused.value.retry_after_s == pytest.approx(PACE.interval_s)
    await flood.doorman.enter("b")  # another address is not meant


async def exhausted() -> Doorman:
    flood = Flood(is_bad=True)
    await flood.come(PACE.burst)
    return flood.doorman


async def test_a_refusal_is_held_back_and_then_says_when_to_come_back(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(doorman_module, "HOLD_S", 0.01)
    doorman = await exhausted()
    heard: list[Exception | None] = []
    refusal = doorman.knock("a")
    assert refusal is not None
    refusal.when_ended(heard.append)
    await asyncio.sleep(0)
    assert heard == [], "its sender would send the next one at once"
    with pytest.raises(RateLimitExceeded) as refused:
        await (doorman.knock("a") or asyncio.sleep(0))
    assert refused.value.retry_after_s == pytest.approx(PACE.interval_s)
    assert [type(each) for each in heard] == [RateLimitExceeded]
    assert doorman._held == 0
    assert doorman.knock("b") is None


async def test_more_refusals_than_may_be_held_back_are_told_at_once(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(doorman_module, "MOST_HELD", 2)
    doorman = await exhausted()
    held = [doorman.knock("a"), doorman.knock("a")]
    assert None not in held
    with pytest.raises(RateLimitExceeded):
        doorman.knock("a")


async def test_one_who_leaves_while_waiting_keeps_nobodys_place():
    doorman = Doorman()
    for _ in range(PACE.burst):
        await doorman.enter("a")
    waiting = [asyncio.create_task(doorman.enter("a")) for _ in range(3)]
    await asyncio.sleep(0)
    doorman.leave("a", is_bad=False)  # calls the first
    waiting[0].cancel()
    waiting[1].cancel()
    with suppress(asyncio.CancelledError):
        await waiting[0]
    async with asyncio.timeout(5):
        await waiting[2]


@pytest.mark.parametrize(
    ("peer", "address"),
    [
        ("10.0.0.1:5000", "10.0.0.1"),
        ("2001:db8:1:2:3:4:5:6:5000", "2001:db8:1:2::/64"),
        ("::ffff:10.0.0.1:5000", "10.0.0.1"),
        ("unix", "unix"),
        ("", ""),
    ],
)
def test_whom_a_connection_is_counted_for(peer: str, address: str):
    assert address_of(peer) == address
