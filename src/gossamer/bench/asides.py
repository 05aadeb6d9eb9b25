"""Tables that stand beside the figures and that Markdown and the page share: growth with size, and metrics. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from gossamer.bench.cells import Lane, size_name
from gossamer.bench.figures import ArmFigures, CellFigures, Figures
from gossamer.bench.slopes import Slope, slopes_of
from gossamer.bench.statistics import Interval

_NONE = "-"


@dataclass(frozen=True, slots=True)
class Aside:
    """One table. The first two columns are names."""

    title: str
    words: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def asides_of(figures: Figures) -> Iterator[Aside]:
    """Those that have rows."""
    if growth := tuple(_growth(slope) for slope in slopes_of(figures)):
        yield Aside("Growth with size", _GROWTH_WORDS, _GROWTH, growth)
    metrics = tuple(row for cell in figures.cells for arm in cell.arms for row in _metrics(cell, arm))
    if metrics:
        yield Aside("By their own metrics", _METRICS_WORDS, _METRICS, metrics)


_GROWTH = ("cells", "way", "sizes", "added p50, us a KB (95 %)", "CPU, us a KB (95 %)", "to the hop", "off the line")
_GROWTH_WORDS = (
    "The straight line through cells that differ in their size alone. Where the middle of three sizes is surely off "
    "the line between its neighbours, the last column says by how much: something begins or ends there."
)


def _growth(slope: Slope) -> tuple[str, ...]:
    return (
        slope.cells,
        slope.arm,
        ", ".join(map(size_name, slope.sizes)),
        fine(slope.us),
        fine(slope.cpu_us) if slope.cpu_us is not None else _NONE,
        f"{slope.to_hop:.1f} x" if slope.to_hop is not None else _NONE,
        f"{slope.bend_us:,.0f} us" if slope.bend_us else ("no" if len(slope.sizes) > 2 else _NONE),
    )


def fine(us: Interval) -> str:
    """Slopes are small."""
    return f"{us.centre:.2f} ({us.low:.2f} .. {us.high:.2f})"


_METRICS = ("cell", "way", "metric", "mean, us", "added p50, us", "what is left, us")
_METRICS_WORDS = (
    "Histograms of the gateway's own page for Prometheus, each block's mean; beside it what was measured from outside. "
    "A mean is no median, and some of them have the provider's time in them: read the names."
)


def _metrics(cell: CellFigures, arm: ArmFigures) -> Iterator[tuple[str, ...]]:
    if cell.cell.lane is Lane.ERRORS:
        return
    measured = arm.at(0.5).us.centre
    for name, mean in arm.metrics_us.items():
        yield cell.name, arm.arm, name, f"{mean:,.0f}", f"{measured:,.0f}", f"{measured - mean:,.0f}"
