"""What no ratio tells of two gateways: in a cell one of them has no figures, or it answers worse than it did. Pure.

A rate of the ladder that was too much for a way is no part of it, nor are the error paths, whose faults are planned.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from gossamer.bench.changes import is_judged_for_cpu, is_judged_for_latency, whose
from gossamer.bench.diagnosis import NO_FIGURES, diagnose
from gossamer.bench.figures import ArmFigures, CellFigures, Figures
from gossamer.bench.judging import Change
from gossamer.bench.verdict import Answer, Budget, Result

NONE_MORE = Budget(0.0, "more")
GROWN, GROWN_BY = 2.0, 0.01
"""Where both answer badly: so many times the share before, and at least a hundredth of all answers more."""
UNHELD = "not-compared"


def breaks(
    old: Figures, new: Figures, pairs: Sequence[tuple[str, str]], changes: Sequence[Change] = ()
) -> list[Result]:
    """`pairs`: which way of the one is held against which of the other; `changes`: what could be told as a ratio."""
    before = {cell.name: cell for cell in old.cells}
    told = {change.name for change in changes}
    found: list[Result] = []
    for cell in new.cells:
        if cell.name not in before:
            continue
        for was, now in pairs:
            prefix = f"{whose(now, pairs)}{cell.name} "
            one, other = _Side(old, before[cell.name], was), _Side(new, cell, now)
            is_told = any(name.startswith(prefix) for name in told)
            found += [
                Result(f"{prefix}{kind}", NONE_MORE, answer, notes=(why,))
                for kind, answer, why in _of(one, other, is_told=is_told)
            ]
    return found


Said = tuple[str, Answer, str]
"""Kind, answer, reason."""


@dataclass(frozen=True)
class _Side:
    """One way in one cell of one run."""

    run: Figures
    cell: CellFigures
    name: str

    @cached_property
    def arm(self) -> ArmFigures | None:
        return next((arm for arm in self.cell.arms if arm.arm == self.name), None)

    @property
    def why_absent(self) -> str:
        if told := self.cell.missing.get(self.name):
            return " ".join(told.split())
        return self.others_absent or "it was not asked"

    @property
    def others_absent(self) -> str:
        """Ways that it would have been held against."""
        lacks = {name: " ".join(why.split()) for name, why in self.cell.missing.items() if name != self.name}
        return "; ".join(f"{name} has no figures: {why}" for name, why in lacks.items())

    @cached_property
    def faults(self) -> dict[str, str]:
        """By kind, in words; none of an error path. Told of this cell alone: of a run the worst stands for all."""
        found = diagnose([self.cell], {arm.name: arm for arm in self.run.arms})
        return {each.kind: each.text for each in found if each.arm == self.name and each.kind in SHARES}


def _of(old: _Side, new: _Side, *, is_told: bool) -> Iterator[Said]:
    cell = new.cell.cell
    if new.arm is None or old.arm is None:
        if not cell.rate_per_s:
            yield _absent(old, new)
        return
    if not is_told and (is_judged_for_latency(cell) or is_judged_for_cpu(cell)):
        yield _unheld(old, new)
    yield from _worse(old, old.arm, new, new.arm)


def _absent(old: _Side, new: _Side) -> Said:
    """A gateway that does not answer is broken; one that was interrupted, or a base that is broken, says nothing."""
    if new.arm is not None:
        return NO_FIGURES, Answer.INCONCLUSIVE, f"there are none of before: {old.why_absent}"
    if old.arm is None:
        return NO_FIGURES, Answer.INCONCLUSIVE, f"there are none, now or before: {new.why_absent}"
    is_its_own = new.run.is_complete and new.name in new.cell.missing
    answer = Answer.FAIL if is_its_own else Answer.INCONCLUSIVE
    return NO_FIGURES, answer, f"there are none any more: {new.why_absent}"


def _unheld(old: _Side, new: _Side) -> Said:
    lacks = new.others_absent or old.others_absent
    if not lacks and old.arm is not None and new.arm is not None and not (old.arm.cpu_us or new.arm.cpu_us):
        return UNHELD, Answer.SHOWN, "what it works cannot be seen from here"
    return UNHELD, Answer.INCONCLUSIVE, lacks or "there is no figure of both that could be held against each other"


def _worse(old: _Side, before: ArmFigures, new: _Side, after: ArmFigures) -> Iterator[Said]:
    for kind, text in new.faults.items():
        was, now = SHARES[kind](before), SHARES[kind](after)
        if not was:
            yield kind, Answer.FAIL, text
        elif now > max(GROWN * was, was + GROWN_BY):
            yield kind, Answer.FAIL, f"{text}; before: {old.faults.get(kind, 'fewer')}"


def _refused(arm: ArmFigures) -> float:
    return 1 - arm.statuses.get("200", 0) / max(1, sum(arm.statuses.values()))


def _hidden(arm: ArmFigures) -> float:
    return arm.hidden_errors / max(1, sum(arm.statuses.values()))


def _unanswered(arm: ArmFigures) -> float:
    lost = sum(arm.failures.values())
    return lost / max(1, lost + sum(arm.statuses.values()))


SHARES = {"refusals": _refused, "unanswered": _unanswered, "error-inside-200": _hidden}
"""What a client gets instead of its answer, as a share of all that were asked."""
