"""How often the gate is wrong, by simulated runs whose truth is known: false alarms, and regressions that it misses."""

import pytest

from gossamer.bench import changes
from gossamer.bench.cells import Cell, Lane
from gossamer.bench.changes import changes_within
from gossamer.bench.judging import judge_changes
from gossamer.bench.record import Role
from gossamer.bench.verdict import Answer, exit_code
from tests.unit.bench.made_up import ARMS, BASE, WAYS, Adds, run_of

RUNS = 40
CELLS = (Cell(Lane.FLOOR, 1, 40), Cell(Lane.LATENCY, 10, 40))
BEFORE_US = 1500.0
TAIL_US, TAIL_RUNS = 5000.0, 30
"""30 % of it is more than a p99 may rise by without anybody's noticing."""


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(changes, "DRAWS", 120)


def answers(added_us: float, seed: int) -> int:
    old = Adds(BEFORE_US, spread_us=150, own_luck_us=60)
    new = Adds(added_us, spread_us=150, own_luck_us=60)
    run = run_of(seed, 10, CELLS, {**WAYS, Role.BASE: old, Role.GATEWAY: new}, (*ARMS, BASE))
    results = judge_changes(changes_within(run), "x base")
    assert results
    return exit_code(results)


def test_the_same_gateway_twice_passes_nineteen_times_of_twenty():
    codes = [answers(BEFORE_US, seed) for seed in range(RUNS)]
    assert codes.count(1) == 0
    assert codes.count(0) >= 0.95 * RUNS


def test_thirty_percent_more_is_found_eight_times_of_ten():
    codes = [answers(1.3 * BEFORE_US, seed) for seed in range(RUNS)]
    assert codes.count(1) >= 0.8 * RUNS


def tails(added_us: float, seed: int) -> Answer:
    """What is said of a p99 that has just enough requests to be judged: heavy tails, and luck of whole blocks."""
    old, new = (Adds(us, spread_us=300, own_luck_us=60) for us in (TAIL_US, added_us))
    run = run_of(seed, 10, (Cell(Lane.LATENCY, 10, 130),), {**WAYS, Role.BASE: old, Role.GATEWAY: new}, (*ARMS, BASE))
    return next(r.answer for r in judge_changes(changes_within(run), "x base") if r.name.endswith("p99"))


def test_a_tail_that_is_the_same_is_no_alarm():
    said = [tails(TAIL_US, seed) for seed in range(TAIL_RUNS)]
    assert said.count(Answer.PASS) >= 0.95 * TAIL_RUNS
    assert Answer.FAIL not in said


def test_a_tail_that_is_thirty_percent_longer_is_found_eight_times_of_ten():
    assert [tails(1.3 * TAIL_US, seed) for seed in range(TAIL_RUNS)].count(Answer.FAIL) >= 0.8 * TAIL_RUNS


def test_a_large_ratio_of_very_little_is_nobodys_trouble():
    ways = {**WAYS, Role.BASE: Adds(100), Role.GATEWAY: Adds(150)}
    run = run_of(1, 10, CELLS, ways, (*ARMS, BASE))
    medians = [result for result in judge_changes(changes_within(run), "x base") if result.name.endswith("p50")]
    assert [result.answer for result in medians] == [Answer.PASS, Answer.PASS]
    assert all(result.interval is not None and result.interval.centre > 1.2 for result in medians)
