"""Tables beside the figures that Markdown and the page share: capacity, growth, the rig. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

from gossamer.bench.capacity import Kept, kept_rates
from gossamer.bench.cells import Lane, size_name
from gossamer.bench.figures import ArmFigures, CellFigures, Figures
from gossamer.bench.limits import ADDED_P99_MS
from gossamer.bench.marks import RIG_MARK
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
    is_long: bool = False
    """A page shows it to who asks for it."""


def asides_of(figures: Figures) -> Iterator[Aside]:
    """Those that have rows."""
    if kept := tuple(_kept(each) for each in kept_rates(figures)):
        yield Aside("The highest rate that was kept", _KEPT_WORDS, _KEPT, kept)
    if growth := tuple(_growth(slope) for slope in slopes_of(figures)):
        yield Aside("Growth with size", _GROWTH_WORDS, _GROWTH, growth)
    if metrics := _metrics(figures):
        yield metrics
    if rig := tuple(_rig(cell) for cell in figures.cells if cell.arms):
        yield Aside("Was the rig the limit?", _RIG_WORDS, _RIG, rig)


_KEPT = ("way", "what it is", "a second", "what ended it")
_KEPT_WORDS = (
    "By the ladder of rates: an open loop, each request timed from when it was meant to be sent, with a p99 of at most "
    f"{ADDED_P99_MS:.0f} ms and every answer whole. RIG-BOUND: the generator and the mock could do no more."
)


def _kept(kept: Kept) -> tuple[str, ...]:
    ended = kept.stopped_by or "nothing: the ladder has no higher rate"
    mark = RIG_MARK if kept.is_rig_bound else ""
    return kept.arm, "highest rate", f"{kept.rate_per_s:,}{mark}" if kept.rate_per_s else "none of the ladder's", ended


_RIG = (
    "cell",
    "worst of",
    "load's core",
    "loop lag, us",
    "send lag, us",
    "refused",
    "neighbours",
    "stolen",
    "pressure",
)
_RIG_WORDS = (
    "Of the way that strained it most: how busy the core of load and mock was, how late its own timers were, how late "
    "it sent what an open loop was to send, connections that were not taken; and of the machine meanwhile: what others "
    "took of a core, what the hypervisor took, how long something waited for a core."
)


def _rig(cell: CellFigures) -> tuple[str, ...]:
    worst = max(cell.arms, key=lambda arm: arm.load_share)
    lags = [arm.send_lag_us for arm in cell.arms if arm.send_lag_us is not None]
    return (
        cell.name,
        worst.arm,
        f"{worst.load_share:.0%}",
        f"{max(arm.loop_lag_us for arm in cell.arms):,.0f}",
        f"{max(lags):,.0f}" if lags else _NONE,
        str(sum(arm.refused for arm in cell.arms)),
        *(f"{share:.1%}" for share in (cell.neighbours_share, cell.steal_share, cell.pressure)),
    )


_GROWTH = ("cells", "way", "sizes", "added p50, us a KB (95 %)", "CPU, us a KB (95 %)", "to the hop", "off the line")
_GROWTH_WORDS = (
    "The straight line through cells that differ in their size alone. Where the middle of three sizes is surely off "
    "the line between its neighbours, the last column says by how much: something begins or ends there. To the hop: "
    "the slope of the added p50 as a ratio to the null hop's."
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


_METRICS_WORDS = (
    "Histograms of the gateway's own page for Prometheus, in us, each as `mean; left`: the mean of a request (the "
    "median of the blocks' means), and what it leaves of the added p50, which was measured from outside. A mean is no "
    "median, and some have the provider's time in them: nothing is left (`-`) where more is told than was added."
)


def _metrics(figures: Figures) -> Aside | None:
    """A row for each way that tells, a column for each metric that any of them has."""
    told = [
        (cell, arm)
        for cell in figures.cells
        if cell.cell.lane is not Lane.ERRORS
        for arm in cell.arms
        if arm.metrics_us
    ]
    names = tuple(dict.fromkeys(name for _, arm in told for name in arm.metrics_us))
    if not told:
        return None
    rows = tuple(
        (cell.name, arm.arm, f"{arm.at(0.5).us.centre:,.0f}", *(_mean_and_left(arm, name) for name in names))
        for cell, arm in told
    )
    prefix = _common(names).rpartition("_")[0] if len(names) > 1 else ""
    words = f"{_METRICS_WORDS} All names begin with `{prefix}_`." if prefix else _METRICS_WORDS
    headings = ("cell", "way", "added p50", *(name.removeprefix(f"{prefix}_") if prefix else name for name in names))
    return Aside("By their own metrics", words, headings, rows, is_long=True)


def _common(names: Sequence[str]) -> str:
    """What all begin with."""
    pairs = zip(min(names), max(names), strict=False)
    return "".join(one for one, _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _mean_and_left(arm: ArmFigures, name: str) -> str:
    mean, measured = arm.metrics_us.get(name), arm.at(0.5).us.centre
    if mean is None:
        return _NONE
    return f"{mean:,.0f}; {f'{measured - mean:,.0f}' if mean <= measured else _NONE}"
