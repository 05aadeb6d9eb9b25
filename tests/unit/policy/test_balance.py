import math
from collections import Counter
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gossamer.policy.balance import HALF_LIFE_S, Latency, keeper, least_busy, lowest, weighted

NAMES = [b"a/one", b"b/two", b"c/three"]


@pytest.mark.parametrize(("draw", "place"), [(0.0, 0), (0.24, 0), (0.26, 1), (0.99, 1), (1.0, 1)])
def test_a_draw_falls_where_the_weights_say(draw: float, place: int):
    assert weighted([1, 4], draw) == place


@given(st.lists(st.integers(1, 1000), min_size=1, max_size=9), st.floats(0, 1))
def test_a_draw_falls_always_on_somebody(weights: list[int], draw: float):
    assert 0 <= weighted(list(accumulate(weights)), draw) < len(weights)


def test_the_least_busy_for_its_weight_is_asked():
    assert least_busy([4, 2, 3], [1, 1, 1], 0) == 1
    assert least_busy([4, 2, 3], [10, 1, 1], 0) == 0


def test_the_equally_idle_take_turns():
    assert [least_busy([1, 0, 0], [1, 1, 1], turn) for turn in range(4)] == [1, 2, 1, 2]


def known(took_s: float, at: float) -> Latency:
    latency = Latency()
    latency.asked(at)
    latency.heard(took_s, at)
    return latency


def test_the_first_answer_is_believed_and_later_ones_weigh_by_the_time_between():
    latency = known(1.0, 100.0)
    assert latency.score(5, 100.0) == 1.0
    latency.heard(3.0, 100.0 + HALF_LIFE_S)
    latency.asked(100.0 + HALF_LIFE_S)
    assert latency.score(0, 100.0 + HALF_LIFE_S) == pytest.approx(2.0)


def test_a_burst_has_no_more_say_than_its_time():
    latency = known(1.0, 100.0)
    latency.heard(100.0, 100.0)
    assert latency.score(0, 100.0) < 1.2


def test_one_at_a_time_finds_out_about_an_unknown_target():
    latency = Latency()
    assert latency.score(0, 1.0) == 0.0
    assert latency.score(1, 1.0) == math.inf


def test_who_is_not_asked_is_worth_a_try_in_the_end_but_one_try():
    slow = known(8.0, 100.0)
    later = 100.0 + 4 * HALF_LIFE_S
    assert slow.score(0, later) == pytest.approx(0.5)
    slow.asked(later)
    assert slow.score(1, later) == 8.0


def test_the_lowest_is_asked_and_where_nobody_is_known_they_take_turns():
    assert lowest([0.3, 0.1, math.inf], 7) == 1
    assert [lowest([math.inf, math.inf], turn) for turn in range(3)] == [0, 1, 0]


@given(st.binary(min_size=1, max_size=40))
def test_a_session_is_kept_by_one_and_only_loses_it_with_it(session: bytes):
    kept_by = NAMES[keeper(session, NAMES, [1, 1, 1])]
    for gone in NAMES:
        left = [name for name in NAMES if name != gone]
        if gone != kept_by:
            assert left[keeper(session, left, [1, 1])] == kept_by


def test_sessions_spread_by_weight():
    kept = Counter(keeper(f"s{number}".encode(), NAMES, [1, 1, 2]) for number in range(4000))
    assert 850 < kept[0] < 1150
    assert 850 < kept[1] < 1150
    assert 1850 < kept[2] < 2150
