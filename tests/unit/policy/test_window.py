"""A minute that slides: against a log of everything, and at its edges."""

from copy import deepcopy

from hypothesis import given
from hypothesis import strategies as st

from gossamer.policy.window import SPAN_S, Window

GAPS_MS = st.lists(st.integers(0, 20_000) | st.integers(55_000, 65_000), max_size=120)


def let_in(window: Window, at_ms: int, limit: int, amount: int = 1) -> bool:
    window.advance(at_ms // 1000)
    if window.total + amount > limit:
        return False
    window.add(amount)
    return True


@given(GAPS_MS, st.integers(1, 10))
def test_no_sixty_seconds_hold_more_than_the_limit(gaps_ms: list[int], limit: int):
    window, log, now_ms = Window(), [], 0
    for gap_ms in gaps_ms:
        now_ms += gap_ms
        if let_in(window, now_ms, limit):
            log.append(now_ms)
            assert sum(at > now_ms - 60_000 for at in log) <= limit


@given(GAPS_MS, st.integers(1, 10))
def test_who_has_room_for_a_second_more_than_a_minute_is_let_in(gaps_ms: list[int], limit: int):
    window, now_ms = Window(), 0
    log: list[int] = []
    for gap_ms in gaps_ms:
        now_ms += gap_ms
        has_room = sum(at > now_ms - 61_000 for at in log) < limit
        is_in = let_in(window, now_ms, limit)
        assert is_in or not has_room
        if is_in:
            log.append(now_ms)


@given(GAPS_MS)
def test_it_says_when_there_is_room_again_and_not_a_second_too_early(gaps_ms: list[int]):
    window, now_ms = Window(), 0
    for gap_ms in gaps_ms:
        now_ms += gap_ms
        if not let_in(window, now_ms, 3):
            free_s = window.free_at(1)
            assert now_ms / 1000 < free_s <= now_ms / 1000 + SPAN_S
            before, after = deepcopy(window), deepcopy(window)
            before.advance(free_s - 1)
            after.advance(free_s)
            assert before.total == 3
            assert after.total < 3


def test_a_thousand_at_once_against_a_hundred_and_no_refill_for_a_minute():
    window = Window()
    assert sum(let_in(window, 500, 100) for _ in range(1000)) == 100
    assert [let_in(window, ms, 100) for ms in range(1000, 60_999, 250)].count(True) == 0
    assert sum(let_in(window, 61_000, 100) for _ in range(1000)) == 100


def test_it_remembers_a_minute_however_long_it_is_used():
    window = Window()
    for second in range(10_000):
        window.advance(second)
        window.add(7)
    assert window.total == 7 * SPAN_S
    assert len(window._before) == SPAN_S - 1, "and the second that is now"


def test_what_is_given_back_is_free_at_once_and_once():
    window = Window()
    let_in(window, 1_000, 100, 60)
    let_in(window, 9_000, 100, 40)
    window.take_back(1, 50)
    assert window.total == 50
    window.take_back(1, 50)
    assert window.total == 40, "no more than there was"
    window.advance(62)
    assert window.total == 40
    window.take_back(1, 40)
    assert window.total == 40, "what is over is over"


def test_it_tells_how_long_until_all_is_free():
    window = Window()
    assert window.reset_s == 0
    let_in(window, 5_000, 10)
    assert window.reset_s == 61
    window.advance(30)
    assert window.reset_s == 36
    window.advance(66)
    assert window.reset_s == 0


def test_a_reading_of_the_clock_that_comes_late_is_now():
    window = Window()
    let_in(window, 9_000, 10)
    window.advance(3)
    assert (window.second, window.total) == (9, 1)
