"""The headline figures of the page: the worst cell that was judged, never the one that looks best."""

from collections.abc import Iterator, Sequence
from html import escape

from gossamer.bench.cells import Lane
from gossamer.bench.figures import Added, ArmFigures, Figures
from gossamer.bench.markdown import number, where
from gossamer.bench.marks import marks
from gossamer.bench.standouts import Standout, doubt_of, worst_judged
from gossamer.bench.verdict import LEAST_CONFIDENCE, Result
from gossamer.bench.words import NO_INTERVAL

CSS = ("", "doubt", "fail")
"""By how bad it is."""


def tiles(figures: Figures, results: Sequence[Result]) -> Iterator[str]:
    """What a reader came for: latency, streams, CPU."""
    if not figures.gateways:
        return
    worst, of = worst_judged(figures, results, is_stream=False)
    told = []
    if worst is not None:
        told.append(_tile(figures, worst, worst.p99, "added p99", of))
        told.append(_tile(figures, worst, worst.arm.at(0.5), "added p50", 1))
    worst, of = worst_judged(figures, results, is_stream=True)
    if worst is not None:
        told.append(_tile(figures, worst, worst.p99, "added first byte p99", of))
    yield f'<div class="cards">{"".join([*told, *_cpu(figures)])}</div>'


def _tile(figures: Figures, worst: Standout, added: Added, words: str, of: int) -> str:
    """`of`: how many were judged."""
    figure, span = ms(added)
    which = f"worst of {of} judged: " if of > 1 else ""
    css = CSS[doubt_of(worst.answer)] if added is worst.p99 else ""
    told = f"{_whose(figures, worst.arm)}{words}, {which}{worst.cell.name}{marks(worst.arm, worst.cell)} ({span})"
    return _card(figure, told, css)


def _cpu(figures: Figures) -> Iterator[str]:
    """Of the first gateway, as fast as it goes."""
    name = figures.gateways[0].name
    full = [cell for cell in figures.cells if cell.cell.lane is Lane.CAPACITY and not cell.cell.rate_per_s]
    arm = next((arm for cell in full for arm in cell.arms if arm.arm == name), None)
    if arm is not None and arm.cpu_us is not None:
        to_hop = f", {arm.cpu_to_hop.centre:.2f} x the null hop" if arm.cpu_to_hop is not None else ""
        told = f"{_whose(figures, arm)}CPU a request{to_hop} ({where(arm.cpu_us)})"
        yield _card(f"{number(arm.cpu_us.centre)} us", told, "")


def _card(figure: str, words: str, css: str) -> str:
    return f'<div class="card tile"><b class="{css}">{escape(figure)}</b><span>{escape(words)}</span></div>'


def _whose(figures: Figures, arm: ArmFigures) -> str:
    return f"{arm.arm}: " if len(figures.gateways) > 1 else ""


def ms(added: Added) -> tuple[str, str]:
    """Headline figures are in milliseconds: that is what budgets are in. Beside it its interval."""
    low, high = (f"{us / 1000:.2f}" for us in (added.us.low, added.us.high))
    is_told = added.us.confidence >= LEAST_CONFIDENCE
    return (
        f"{added.us.centre / 1000:.2f} ms{'' if added.is_judged else ' *'}",
        f"{low} .. {high}" if is_told else NO_INTERVAL,
    )
