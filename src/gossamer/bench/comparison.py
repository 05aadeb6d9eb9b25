"""What is said of a gateway that is held against another: changes, what broke, and what no comparison excuses. Pure."""

from collections.abc import Sequence

from gossamer.bench.breaks import breaks
from gossamer.bench.changes import changes_between, changes_within, pairs_of
from gossamer.bench.figures import Figures
from gossamer.bench.judging import Change, judge_changes
from gossamer.bench.limits import hard_limits
from gossamer.bench.record import Role, Run
from gossamer.bench.verdict import Answer, Budget, Result

RATIO_WITHIN, RATIO_BETWEEN = "x base", "x before"


def judged_between(old: Figures, new: Figures) -> list[Result]:
    """Two runs."""
    changes = changes_between(old, new)
    return _judged(changes, RATIO_BETWEEN, breaks(old, new, pairs_of(old, new), changes), new)


def judged_within(run: Run, figures: Figures) -> list[Result]:
    """The gateway against the base beside it; the figures are the run's."""
    changes = changes_within(run)
    names = {arm.role: arm.name for arm in run.arms}
    pairs = [(names[Role.BASE], names[Role.GATEWAY])]
    return _judged(changes, RATIO_WITHIN, breaks(figures, figures, pairs, changes), figures)


def not_comparable(why: str) -> Result:
    """The whole of a comparison that is none."""
    return Result("comparison", Budget(0.0, ""), Answer.NOT_COMPARABLE, notes=(why,))


def _judged(changes: Sequence[Change], unit: str, broken: Sequence[Result], new: Figures) -> list[Result]:
    found = [*judge_changes(changes, unit), *broken]
    if all(result.answer is Answer.SHOWN for result in found):
        found.append(not_comparable("no cell that is in both has a figure that is judged"))
    return [*found, *hard_limits(new)]
