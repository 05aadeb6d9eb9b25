"""What no comparison excuses: absolute limits on what a gateway adds. Pure."""

from collections.abc import Iterator

from gossamer.bench.cells import Lane
from gossamer.bench.figures import ArmFigures, CellFigures, Figures
from gossamer.bench.marks import RIG_MARK, WORDS, is_rig_bound, marks
from gossamer.bench.record import Role
from gossamer.bench.verdict import Answer, Budget, Result, judge

ADDED_P99_MS = 20.0
"""At 100 at once, the provider at 50 ms."""
AT_ONCE = 100
_MS_IN_US = 1e-3


def hard_limits(figures: Figures) -> list[Result]:
    """One for each gateway in each cell that is loaded so; none where the profile has no such cell."""
    found: list[Result] = []
    for cell in figures.cells:
        if cell.cell.lane is not Lane.LATENCY or cell.cell.concurrency != AT_ONCE or cell.cell.is_stream:
            continue
        found += [_result(arm, cell) for arm in cell.arms if arm.role is Role.GATEWAY]
    return found


def _result(arm: ArmFigures, cell: CellFigures) -> Result:
    added = arm.at(0.99)
    interval = added.us.times(_MS_IN_US)
    answer = judge(interval, ADDED_P99_MS) if added.is_judged else Answer.SHOWN
    if answer is Answer.FAIL and is_rig_bound(arm, cell.cell):  # the rig only adds: what is within the limit is so
        answer = Answer.INCONCLUSIVE
    name = f"{arm.arm}: {cell.name} added p99"
    return Result(name, Budget(ADDED_P99_MS, "ms"), answer, interval, tuple(_notes(arm, cell)))


def _notes(arm: ArmFigures, cell: CellFigures) -> Iterator[str]:
    """As the report marks it."""
    told = marks(arm, cell)
    for mark, words in WORDS.items():
        if mark in told:
            share = f" ({arm.load_share:.0%} of their core)" if mark == RIG_MARK else ""
            yield f"{mark.strip()}: {words}{share}"
