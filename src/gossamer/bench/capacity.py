"""The highest rate of the ladder that each way kept: an open loop, its latency from the intended time. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gossamer.bench.figures import ArmFigures, CellFigures, Figures
from gossamer.bench.limits import ADDED_P99_MS
from gossamer.bench.marks import is_rig_bound
from gossamer.bench.record import Role

_US_IN_MS = 1000.0


@dataclass(frozen=True, slots=True)
class Kept:
    """`rate_per_s` is 0 where not even the lowest was kept; `stopped_by` is empty where the ladder ended first."""

    arm: str
    rate_per_s: int
    stopped_by: str
    is_rig_bound: bool
    """Straight to the mock no higher rate was kept either: it was the generator that ended here."""


def kept_rates(figures: Figures) -> Iterator[Kept]:
    """Of every way but the second direct one, lowest rate first until one is not kept."""
    ladder = sorted((cell for cell in figures.cells if cell.cell.rate_per_s), key=lambda cell: cell.cell.rate_per_s)
    if not ladder:
        return
    direct = next((arm.name for arm in figures.arms if arm.role is Role.DIRECT), "")
    top = _climbed(ladder, direct)[0]
    for arm in figures.arms:
        if arm.role is not Role.AGAIN:
            rate, why, bound = _climbed(ladder, arm.name)
            yield Kept(arm.name, rate, why, bool(why) and (bound or (arm.name != direct and rate >= top)))


def _climbed(ladder: Sequence[CellFigures], name: str) -> tuple[int, str, bool]:
    """The last rate that was kept, what ended it, and whether the rig's core was full there."""
    rate = 0
    for cell in ladder:
        arm = next((each for each in cell.arms if each.arm == name), None)
        if why := _why_not(cell, arm, name):
            return rate, f"{why} at {cell.cell.rate_per_s:,}/s", arm is not None and is_rig_bound(arm, cell.cell)
        rate = cell.cell.rate_per_s
    return rate, "", False


def _why_not(cell: CellFigures, arm: ArmFigures | None, name: str) -> str:
    if arm is None:
        return " ".join(cell.missing.get(name, "not measured").split())
    if refused := sum(count for status, count in arm.statuses.items() if status != "200"):
        return f"{refused} refusals"
    if arm.failures:
        return f"{sum(arm.failures.values())} without an answer"
    late_ms = arm.quantiles_us[-1] / _US_IN_MS
    return f"p99 {late_ms:.0f} ms" if late_ms > ADDED_P99_MS else ""
