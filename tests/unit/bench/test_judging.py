"""The rule of the gate, one condition at a time."""

import math
from dataclasses import replace

import pytest

from gossamer.bench.changes import over
from gossamer.bench.judging import Change, floor_of, judge_change, judge_changes, p_of
from gossamer.bench.statistics import Interval
from gossamer.bench.verdict import Answer, exit_code

DEARER = Change(
    "p50", Interval(1.5, 1.3, 1.7, 0.95), 0.0, 0.05, 1.2, Interval(600.0, 500.0, 700.0, 0.95), felt_us=250.0
)


@pytest.mark.parametrize(
    ("change", "significant", "answer"),
    [
        (DEARER, True, Answer.FAIL),
        (DEARER, False, Answer.INCONCLUSIVE),
        (replace(DEARER, change_us=None), True, Answer.FAIL),
        (replace(DEARER, change_us=Interval(200.0, 150.0, 300.0, 0.95)), True, Answer.INCONCLUSIVE),
        (replace(DEARER, change_us=Interval(200.0, 150.0, 240.0, 0.95)), True, Answer.PASS),
        (replace(DEARER, floor=0.4), True, Answer.INCONCLUSIVE),
        (replace(DEARER, ratio=Interval(1.1, 1.06, 1.3, 0.95)), True, Answer.INCONCLUSIVE),
        (replace(DEARER, ratio=Interval(1.1, 1.06, 1.2, 0.95)), True, Answer.PASS),
        (replace(DEARER, ratio=Interval(1.5, 1.3, 1.7, 0.5)), True, Answer.INCONCLUSIVE),
    ],
)
def test_a_failure_takes_all_of_it(change: Change, significant: bool, answer: Answer):
    assert judge_change(change, is_significant=significant) is answer


def test_one_alarm_among_many_that_is_not_sure_enough_is_none():
    """0.02 alone would do; among ten that are looked at it does not."""
    alarm = replace(DEARER, p=0.02)
    calm = [Change(str(n), Interval(1.0, 0.9, 1.1, 0.95), 0.5, 0.05, 1.2) for n in range(9)]
    assert judge_changes([alarm], "x")[0].answer is Answer.FAIL
    assert judge_changes([alarm, *calm], "x")[0].answer is Answer.INCONCLUSIVE


def test_what_is_in_doubt_is_shown_and_not_judged():
    (result,) = judge_changes([replace(DEARER, doubt="10 requests an arm, and it takes 1297")], "x")
    assert result.answer is Answer.SHOWN
    assert "it takes 1297" in result.notes[-1]
    assert exit_code([result]) == 2
    assert exit_code([result, replace(result, answer=Answer.PASS)]) == 0


def test_what_stays_unclear_says_what_it_could_have_seen():
    (result,) = judge_changes([replace(DEARER, ratio=Interval(1.2, 1.0, 1.4, 0.95))], "x")
    assert "could have seen a change of 29%" in result.notes[-1]


def test_a_ratio_that_cannot_be_told_is_not_shown_as_a_number():
    (result,) = judge_changes([replace(DEARER, ratio=Interval(0.0, 0.0, 0.0, 0.0))], "x")
    assert (result.answer, result.interval) == (Answer.INCONCLUSIVE, None)
    assert "no ratio can be told" in result.notes[-1]


def test_the_floor_is_at_least_five_percent():
    assert (floor_of(0.01), floor_of(0.2)) == (0.05, 0.2)


def test_p_from_an_interval():
    assert p_of(Interval(1.0, 0.9, 1.1, 0.95), 0.9) == pytest.approx(0.025, abs=1e-3)
    assert p_of(Interval(1.0, 1.0, 1.0, 0.95), 0.9) == 0.0
    assert p_of(Interval(1.0, 0.9, 1.1, 0.5), 0.0) == 1.0


def test_ratios_of_two_runs_add_their_doubt():
    found = over(Interval(3.0, 2.7, 3.3, 0.95), Interval(2.0, 1.8, 2.2, 0.95))
    assert found.centre == pytest.approx(1.5)
    assert math.log(found.high / found.centre) == pytest.approx(math.hypot(math.log(1.1), math.log(2 / 1.8)))
    assert found.low < 1.5 * 0.9


def test_a_ratio_of_what_may_be_nothing_decides_nothing():
    assert over(Interval(3.0, -1.0, 7.0, 0.95), Interval(2.0, 1.8, 2.2, 0.95)).confidence == 0.0
