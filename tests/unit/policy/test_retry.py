from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gossamer.core.failure import FailureKind
from gossamer.policy.retry import LONGEST_PAUSE_S, VERDICTS, RetryBudget, kind_of_status, pause_s


def test_each_kind_of_failure_has_its_verdict():
    assert set(VERDICTS) == set(get_args(FailureKind))


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "wrong"), (401, "denied"), (403, "denied"), (404, "wrong"), (408, "overloaded"), (413, "wrong"),
        (418, "wrong"), (422, "wrong"), (429, "limited"), (500, "broken"), (502, "broken"), (503, "overloaded"),
        (504, "broken"), (529, "overloaded"), (599, "broken"),
    ],
)  # fmt: skip
def test_a_status_is_one_kind_of_failure(status: int, kind: FailureKind):
    assert kind_of_status(status) == kind


@given(st.integers(400, 499).filter(lambda status: status not in {401, 402, 403, 408, 429}))
def test_what_the_caller_has_to_mend_goes_nowhere_else(status: int):
    verdict = VERDICTS[kind_of_status(status)]
    assert (verdict.again, verdict.elsewhere, verdict.harms) == (False, False, False)


def test_a_limit_is_no_fault_of_the_target():
    assert not VERDICTS["limited"].harms


@given(st.integers(1, 20), st.floats(0, 1))
def test_pauses_are_drawn_from_nothing_up_to_a_bound_that_doubles(tries: int, draw: float):
    pause = pause_s(tries, None, draw)
    assert 0 <= pause <= min(LONGEST_PAUSE_S, 0.1 * 2 ** (tries - 1))
    assert pause_s(tries, None, 0.0) == 0.0


@given(st.integers(1, 20), st.floats(0, 100), st.floats(0, 1))
def test_nobody_is_back_before_the_time_that_was_told(tries: int, told_s: float, draw: float):
    assert told_s <= pause_s(tries, told_s, draw) <= told_s + 0.2


def test_a_budget_pays_for_one_blip_and_then_by_the_traffic():
    budget = RetryBudget()
    assert [budget.take(10) for _ in range(10)] == [True] * 10
    assert not budget.take(10)
    assert not budget.take(14)
    assert budget.take(15)
    assert not budget.take(15)


@given(st.lists(st.integers(0, 50), max_size=200))
def test_retries_stay_a_share_of_the_requests(steps: list[int]):
    budget = RetryBudget()
    requests = granted = 0
    for step in steps:
        requests += step
        granted += budget.take(requests)
    assert granted <= RetryBudget.MOST + requests * RetryBudget.SHARE + 1e-6
