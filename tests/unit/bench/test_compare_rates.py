"""How often two runs that were taken apart are compared wrongly, by simulated runs whose truth is known.

Between them the machine goes at another pace, which is in all ways alike: ratios to the null hop are to cancel it.
Absolute times take no part here, as where the machine is another.
"""

import random
from collections.abc import Iterator, Sequence

import pytest

from gossamer.bench import analysis
from gossamer.bench.analysis import figures_of
from gossamer.bench.cells import Cell, Lane
from gossamer.bench.changes import changes_between
from gossamer.bench.figures import Figures
from gossamer.bench.judging import judge_changes
from gossamer.bench.record import Role
from gossamer.bench.verdict import Answer, Result, exit_code
from tests.unit.bench.made_up import WAYS, Adds, run_of

RUNS = 20
CELLS = (Cell(Lane.FLOOR, 1, 20), Cell(Lane.CAPACITY, 64, 20))
ADDED_US, CPU_US = 1500.0, 40.0
PACE = 0.15
"""One sigma, of a whole run."""


def taken(seed: int, dearer: float = 1.0, cpu_dearer: float = 1.0) -> Figures:
    pace = random.Random(seed).lognormvariate(0, PACE)
    ways = {
        **WAYS,
        Role.HOP: Adds(300 * pace, cpu_us=20 * pace, own_luck_us=10),
        Role.GATEWAY: Adds(ADDED_US * pace * dearer, 150, own_luck_us=60, cpu_us=CPU_US * pace * cpu_dearer),
    }
    figures = figures_of(run_of(seed, 10, CELLS, ways))
    figures.digest = str(seed)
    return figures


def compared(old: Sequence[Figures], **dearer: float) -> list[list[Result]]:
    """Each with a run of its own."""
    return [
        judge_changes(changes_between(before, taken(RUNS + seed, **dearer)), "x before")
        for seed, before in enumerate(old)
    ]


@pytest.fixture(scope="module")
def before() -> Iterator[list[Figures]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(analysis, "DRAWS", 80)
        yield [taken(seed) for seed in range(RUNS)]


def test_the_same_gateway_in_another_run_passes_nineteen_times_of_twenty(before: list[Figures]):
    codes = [exit_code(results) for results in compared(before)]
    assert codes.count(1) == 0
    assert codes.count(0) >= 0.95 * RUNS


def test_what_is_surely_dearer_is_found_eight_times_of_ten(before: list[Figures]):
    """30 % of latency, 15 % of CPU."""
    found = compared(before, dearer=1.3, cpu_dearer=1.15)
    for figure in ("added p50", "CPU a request"):
        answers = [result.answer for results in found for result in results if result.name.endswith(figure)]
        assert len(answers) == RUNS
        assert answers.count(Answer.FAIL) >= 0.8 * RUNS
