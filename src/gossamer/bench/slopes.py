"""How what a way adds grows with the size of a request: microseconds a KB, by a straight line through cells. Pure.

A hidden copy shows here first. Of one size there is no slope; of three and more it is told whether a line fits.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec

from gossamer.bench.cells import Cell, Lane
from gossamer.bench.figures import ArmFigures, CellFigures, Figures
from gossamer.bench.record import Role
from gossamer.bench.statistics import Interval

BYTES_IN_KB = 1_000
FELT_US = 50.0
"""A departure from the line that is smaller is nobody's trouble, however sure it is."""
Point = tuple[float, Interval]
"""KB, and microseconds."""


class Slope(msgspec.Struct, frozen=True):
    """Of one way over the cells that differ in their size alone."""

    cells: str
    """What they have in common."""
    arm: str
    sizes: tuple[int, ...]
    us: Interval
    """Added median, a KB."""
    cpu_us: Interval | None
    to_hop: float | None
    """Over the null hop's own; None where that has no slope that is clear of noise."""
    bend_us: float
    """The largest surely seen departure from the line; 0 where it fits."""


def slopes_of(figures: Figures) -> Iterator[Slope]:
    """Of all ways, family by family."""
    for name, cells in _families(figures).items():
        hop = next((arm.arm for arm in cells[0].arms if arm.role is Role.HOP), "")
        base = line(points_of(cells, hop, _added))
        for arm in cells[0].arms:
            points = points_of(cells, arm.arm, _added)
            if arm.role in (Role.DIRECT, Role.AGAIN) or len(points) < 2:
                continue
            us, costs = line(points), points_of(cells, arm.arm, _cost)
            to_hop = us.centre / base.centre if base.low > 0 and arm.role is not Role.HOP else None
            sizes = tuple(round(size * BYTES_IN_KB) for size, _ in points)
            yield Slope(name, arm.arm, sizes, us, line(costs) if len(costs) > 1 else None, to_hop, bend(points))


def _families(figures: Figures) -> Mapping[str, Sequence[CellFigures]]:
    found: dict[str, list[CellFigures]] = {}
    for cell in figures.cells:
        if cell.cell.lane in (Lane.LATENCY, Lane.FLOOR) and cell.arms:
            found.setdefault(_shared(cell.cell), []).append(cell)
    ordered = {name: sorted(cells, key=lambda each: each.cell.body_bytes) for name, cells in found.items()}
    return {name: cells for name, cells in ordered.items() if len({each.cell.body_bytes for each in cells}) > 1}


def _shared(cell: Cell) -> str:
    return f"{cell.lane} {cell.dialect} {'sse' if cell.is_stream else 'json'} c{cell.concurrency}"


def points_of(cells: Sequence[CellFigures], name: str, figure: Callable[[ArmFigures], Interval | None]) -> list[Point]:
    """Of one way, where it has the figure."""
    pairs = [
        (cell.cell.body_bytes / BYTES_IN_KB, figure(arm)) for cell in cells for arm in cell.arms if arm.arm == name
    ]
    return [(size, us) for size, us in pairs if us is not None]


def _added(arm: ArmFigures) -> Interval:
    return arm.at(0.5).us


def _cost(arm: ArmFigures) -> Interval | None:
    return arm.cpu_us


def line(points: Sequence[Point]) -> Interval:
    """Least squares. The points were measured apart, so their half widths add as squares. Of one point, nothing."""
    if len(points) < 2:
        return Interval(0.0, 0.0, 0.0, 0.0)
    mean = sum(size for size, _ in points) / len(points)
    spread = sum((size - mean) ** 2 for size, _ in points)
    weights = [(size - mean) / spread for size, _ in points]
    centre = sum(weight * us.centre for weight, (_, us) in zip(weights, points, strict=True))
    half = math.hypot(*(weight * (us.high - us.low) / 2 for weight, (_, us) in zip(weights, points, strict=True)))
    return Interval(centre, centre - half, centre + half, min(us.confidence for _, us in points))


def bend(points: Sequence[Point]) -> float:
    """By how much the middle of three neighbours is off the line through the two around it, where that is sure."""
    found = [0.0]
    for (left, low), (size, us), (right, high) in zip(points, points[1:], points[2:], strict=False):
        share = (size - left) / (right - left)
        off = us.centre - (low.centre * (1 - share) + high.centre * share)
        widths = (us.high - us.low, (low.high - low.low) * (1 - share), (high.high - high.low) * share)
        if abs(off) > max(FELT_US, math.hypot(*widths) / 2):
            found.append(off)
    return max(found, key=abs)
