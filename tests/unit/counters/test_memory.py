"""The limiter in memory, its clock in the test's hand. What all limiters do is in tests/real/counters."""

import asyncio
import gc
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from gossamer.core.allowance import Limits, Spent, Subject
from gossamer.core.clock import now_ns
from gossamer.core.errors import BudgetExceeded, RateLimitExceeded
from gossamer.counters import memory
from gossamer.counters.ledger import Ledger
from gossamer.counters.memory import MemoryLimiter
from gossamer.counters.meters import Meters
from gossamer.counters.rules import Rules
from tests.unit.counters.asking import A_CENT_EACH, CENT, admit, agent, bill, chat, claims, exchange, finish, lines

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC).timestamp()
DAY_S = 86_400


class Books:
    """A SpendBook that says the same of everybody, and what it was asked."""

    def __init__(self, spent: Spent) -> None:
        self.spent_before = spent
        self.asked: list[Sequence[Subject]] = []

    async def spent(self, subjects: Sequence[Subject], day: int, month: int) -> Sequence[Spent]:
        self.asked.append(list(subjects))
        await asyncio.sleep(0)
        return [self.spent_before for _ in subjects]


def limiter(rules: Rules | None = None, book: Books | None = None, workers: int = 1, number: int = 0) -> MemoryLimiter:
    return MemoryLimiter(rules or Rules(), Meters(), Ledger(), book, workers, number)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch):
    """Puts the wall clock to a time."""

    def put(at: float) -> None:
        monkeypatch.setattr(memory, "wall_time", lambda: at)

    put(NOON)
    return put


async def test_room_comes_back_a_minute_later_and_no_sooner():
    counting, key = limiter(), claims(limits=Limits(requests_per_min=2))
    base = now_ns() / 1e9
    for at_s in (0.0, 30.0):
        assert await admit(counting, exchange(key, at_s=base + at_s)) is None
    assert await admit(counting, exchange(key, at_s=base + 59)) is not None
    assert await admit(counting, exchange(key, at_s=base + 61.01)) is None
    assert await admit(counting, exchange(key, at_s=base + 61.02)) is not None


async def test_workers_let_in_their_shares():
    rules = Rules(default=Limits(requests_per_min=10))
    passed = 0
    for number in range(4):
        counting, key = limiter(rules, workers=4, number=number), claims()
        answers = [await admit(counting, exchange(key)) for _ in range(20)]
        passed += answers.count(None)
        assert "Each of 4 workers lets in its share" in str(answers[-1])
    assert passed == 10


async def test_what_was_spent_before_is_asked_once_for_each_who_has_a_budget():
    books = Books(Spent(day=60 * CENT, month=60 * CENT))
    counting = limiter(Rules(models={"mock/mock": Limits(requests_per_min=1000)}), books)
    key = claims("k", Limits(nanos_per_day=100 * CENT), "ann", Limits(requests_per_min=1000))
    made = [exchange(key, price=A_CENT_EACH) for _ in range(100)]
    answers = await asyncio.gather(*(admit(counting, each) for each in made))
    assert answers.count(None) == 40
    assert {subject for asked in books.asked for subject in asked} == {Subject("key", "k")}
    count = len(books.asked)
    assert counting.admit(exchange(claims("free"))) is not None or True
    finish(counting, made[0], nanos=0)
    again = exchange(key, price=A_CENT_EACH)
    assert counting.admit(again) is None, "now it is known, and nobody waits"
    assert len(books.asked) == count


async def test_a_day_begins_with_nothing_spent_and_its_month_goes_on(clock):
    counting = limiter(book=Books(Spent(day=5 * CENT, month=7 * CENT)))
    day_before = NOON - DAY_S  # still November
    clock(day_before)
    key = claims(limits=Limits(nanos_per_day=6 * CENT, nanos_per_month=10 * CENT))
    base = now_ns() / 1e9
    first = exchange(key, price=A_CENT_EACH, at_s=base)
    assert await admit(counting, first) is None
    finish(counting, first, nanos=0)
    counting.note(bill(first, CENT, at=day_before))  # of the day: 6, of the month: 8
    assert isinstance(await admit(counting, exchange(key, price=A_CENT_EACH, at_s=base)), BudgetExceeded)
    clock(NOON)
    passed = []
    for _ in range(4):
        made = exchange(key, price=A_CENT_EACH, at_s=base + 2)
        passed.append(await admit(counting, made) is None)
    assert passed == [True, True, False, False], "two cents are left of the month"
    clock(NOON + DAY_S)  # December
    made = exchange(key, price=A_CENT_EACH, at_s=base + 4)
    assert await admit(counting, made) is None


async def test_a_budget_says_how_long_its_day_or_month_takes(clock):
    clock(datetime(2026, 11, 29, 23, 59, 30, tzinfo=UTC).timestamp())
    for limits, wait_s in ((Limits(nanos_per_day=1), 30), (Limits(nanos_per_month=1), 30 + DAY_S)):
        error = await admit(limiter(), exchange(claims(limits=limits), price=A_CENT_EACH))
        assert isinstance(error, BudgetExceeded)
        assert error.retry_after_s == wait_s


async def test_of_several_refusals_the_longest_wait_is_told():
    counting = limiter()
    key = claims("k", Limits(concurrent=1), "ann", Limits(requests_per_min=1))
    assert await admit(counting, exchange(key)) is None
    error = await admit(counting, exchange(key))
    assert isinstance(error, RateLimitExceeded)
    assert "The user of this key may make 1 requests" in error.message
    assert error.retry_after_s is not None
    assert error.retry_after_s > 50


async def test_an_agent_whose_limits_changed_is_counted_by_the_new_ones():
    counting, key = limiter(), claims()
    bot = agent("bot", Limits(requests_per_min=5))
    assert await admit(counting, exchange(key, of=bot)) is None
    lowered = agent("bot", Limits(requests_per_min=1))
    assert await admit(counting, exchange(key, of=lowered)) is not None


async def test_models_that_callers_make_up_are_not_remembered():
    counting, key = limiter(), claims(limits=Limits(requests_per_min=1000))
    for n in range(100):
        assert await admit(counting, exchange(key, label=f"p/{n}")) is None
    plans = key.plans
    assert len(plans.plain) == 1  # type: ignore[attr-defined]


async def test_a_key_that_was_forgotten_meanwhile_is_still_counted():
    """As when the cache of keys is full: other claims of the same key come back within the minute."""
    counting = limiter()
    for expected in (None, None, RateLimitExceeded):
        key = claims("k", Limits(requests_per_min=2))
        answer = await admit(counting, exchange(key))
        assert answer is None if expected is None else isinstance(answer, expected)
        del key
        gc.collect()


async def test_what_is_idle_goes():
    counting = limiter()
    base = now_ns() / 1e9
    for n in range(50):
        made = exchange(claims(f"k{n}", Limits(requests_per_min=2)), at_s=base)
        assert await admit(counting, made) is None
        finish(counting, made)
        del made
    assert await admit(counting, exchange(claims("late", Limits(requests_per_min=2)), at_s=base + 130)) is None
    gc.collect()
    assert len(counting._meters._all) <= 1


async def test_who_was_idle_and_is_used_again_counts_even_when_forgotten_then():
    counting, base = limiter(), now_ns() / 1e9
    key = claims("k", Limits(requests_per_min=1))
    assert await admit(counting, exchange(key, at_s=base)) is None
    assert await admit(counting, exchange(key, at_s=base + 200)) is None, "the idle are let go of in this very moment"
    del key
    gc.collect()
    assert await admit(counting, exchange(claims("k", Limits(requests_per_min=1)), at_s=base + 201)) is not None


async def test_a_place_is_kept_however_long_the_request_takes():
    counting, key = limiter(), claims("k", Limits(concurrent=1))
    base = now_ns() / 1e9
    assert await admit(counting, exchange(key, at_s=base)) is None
    assert await admit(counting, exchange(claims("x", Limits(concurrent=1)), at_s=base + 500)) is None
    del key
    gc.collect()
    assert await admit(counting, exchange(claims("k", Limits(concurrent=1)), at_s=base + 1000)) is not None


async def test_what_is_left_never_shows_less_than_nothing():
    counting, key = limiter(), claims(limits=Limits(tokens_per_min=100, requests_per_min=10))
    made = exchange(key, body=chat(max_tokens=10))
    assert await admit(counting, made) is None
    finish(counting, made, tokens=500)
    refused = exchange(key, body=chat(max_tokens=10))
    assert await admit(counting, refused) is not None
    assert lines(refused)["x-ratelimit-remaining-tokens"] == "0"
    assert lines(refused)["x-ratelimit-remaining-requests"] == "9"
