"""Plots as inline SVG, by hand: marks of one weight, a quiet grid, words in the ink of the page, a title on each mark.

Colours are CSS classes of the page, so that one drawing serves light and dark. Nothing here knows what it draws.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from html import escape

WIDTH, HEIGHT = 520, 210
LEFT, RIGHT, TOP, BOTTOM = 78, 104, 12, 34
BAR_WIDTH, BAR_NAMES = 1000, 270
_TICKS = 4
_MANY_US = 10_000
_LABEL_PX = 13
"""Two labels nearer than this lie on each other."""


@dataclass(frozen=True, slots=True)
class Line:
    """One series. `css` is its colour's class, the same in every plot of a page."""

    name: str
    css: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of a bar."""

    name: str
    value: float
    css: str


def text(x: float, y: float, words: str, *, css: str = "label", anchor: str = "start") -> str:
    """Words."""
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{css}" text-anchor="{anchor}">{escape(words)}</text>'


def ticks_of(low: float, high: float) -> list[float]:
    """Round numbers that span the values."""
    spread = (high - low) or abs(high) or 1.0
    step = 10 ** math.floor(math.log10(spread / _TICKS))
    step *= next((m for m in (1, 2, 5, 10) if spread / (step * m) <= _TICKS), 10)
    first = math.floor(low / step)
    last = math.ceil(high / step)
    return [index * step for index in range(first, last + 1)]


def plot(lines: Sequence[Line], x_words: Sequence[tuple[float, str]], unit: str, label: str) -> str:
    """Lines over a common axis; each is named at its end."""
    if not any(line.points for line in lines):
        return ""
    lines, unit = _in_fitting_unit(lines, unit)
    values = [y for line in lines for _, y in line.points]
    ticks = ticks_of(min(0.0, *values), max(0.0, *values))
    xs = [x for line in lines for x, _ in line.points]
    across, up = _scale(min(xs), max(xs), LEFT, WIDTH - RIGHT), _scale(ticks[0], ticks[-1], HEIGHT - BOTTOM, TOP)
    parts = [_grid(tick, up(tick), unit) for tick in ticks]
    parts += [text(across(x), HEIGHT - BOTTOM + 18, words, anchor="middle") for x, words in x_words]
    for line in lines:
        way = " ".join(f"{across(x):.1f},{up(y):.1f}" for x, y in line.points)
        parts.append(f'<polyline points="{way}" class="line {line.css}"/>')
        parts += [
            f'<circle cx="{across(x):.1f}" cy="{up(y):.1f}" r="4" class="dot {line.css}">'
            f"<title>{escape(line.name)}: {shown(y)} {unit}</title></circle>"
            for x, y in line.points
        ]
    parts += _names([(up(line.points[-1][1]), line) for line in lines if line.points])
    return svg(HEIGHT, parts, label)


def _in_fitting_unit(lines: Sequence[Line], unit: str) -> tuple[Sequence[Line], str]:
    """Microseconds by the ten thousand are milliseconds: no label is longer than its margin."""
    if unit != "us" or max(abs(y) for line in lines for _, y in line.points) < _MANY_US:
        return lines, unit
    return [replace(line, points=[(x, y / 1000) for x, y in line.points]) for line in lines], "ms"


def _apart(ys: Sequence[float]) -> list[float]:
    """Rising, pushed apart where two are near each other, and back up where that has led below the axis."""
    found: list[float] = []
    for y in ys:
        found.append(max(y, found[-1] + _LABEL_PX) if found else y)
    lowest = float(HEIGHT - BOTTOM)
    for at in range(len(found) - 1, -1, -1):
        found[at] = min(found[at], lowest)
        lowest = found[at] - _LABEL_PX
    return found


def _names(ends: list[tuple[float, Line]]) -> list[str]:
    """At the right."""
    found: list[str] = []
    ordered = sorted(ends, key=lambda end: end[0])
    for last, (_, line) in zip(_apart([y for y, _ in ordered]), ordered, strict=True):
        found.append(f'<circle cx="{WIDTH - RIGHT + 12}" cy="{last:.1f}" r="4" class="dot {line.css}"/>')
        found.append(text(WIDTH - RIGHT + 21, last + 4, line.name))
    return found


def _grid(tick: float, y: float, unit: str) -> str:
    css = "axis" if not tick else "grid"
    return f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" class="{css}"/>' + text(
        LEFT - 8, y + 4, f"{shown(tick)} {unit}" if tick else "0", anchor="end"
    )


def bars(rows: Sequence[tuple[str, Sequence[Part]]], unit: str, label: str) -> str:
    """One stacked bar a row, its total at its end."""
    longest = max((sum(max(0.0, part.value) for part in parts) for _, parts in rows), default=0.0)
    if longest <= 0:
        return ""
    left, height = BAR_NAMES, 26 * len(rows) + 8
    across = _scale(0.0, longest, left, BAR_WIDTH - RIGHT)
    drawn: list[str] = []
    for index, (name, parts) in enumerate(rows):
        y = 26 * index + 4
        drawn.append(text(left - 8, y + 14, name, anchor="end"))
        at = 0.0
        for part in parts:
            if part.value > 0:
                drawn.append(_bar(across(at), across(at + part.value), y, part, unit))
                at += part.value
        drawn.append(text(across(at) + 6, y + 14, f"{shown(at)} {unit}"))
    return svg(height, drawn, label, width=BAR_WIDTH)


def _bar(x: float, end: float, y: float, part: Part, unit: str) -> str:
    """Two pixels of the page stay between two parts."""
    return (
        f'<rect x="{x:.1f}" y="{y}" width="{max(1.0, end - x - 2):.1f}" height="18" rx="2" class="fill {part.css}">'
        f"<title>{escape(part.name)}: {shown(part.value)} {unit}</title></rect>"
    )


def svg(height: float, parts: Sequence[str], label: str, *, width: int = WIDTH) -> str:
    """`label` is what a reader who cannot see it is told."""
    css = ' class="wide"' if width > WIDTH else ""
    return (
        f'<svg{css} viewBox="0 0 {width} {height:.0f}" role="img" aria-label="{escape(label)}" '
        f'width="{width}" height="{height:.0f}">{"".join(parts)}</svg>'
    )


def shown(value: float) -> str:
    """As few digits as say it."""
    size = abs(value)
    if size >= 1000 or size == round(size):
        return f"{value:,.0f}"
    return f"{value:.0f}" if size >= 100 else f"{value:.1f}" if size >= 1 else f"{value:.2g}"


def _scale(low: float, high: float, start: float, end: float) -> Callable[[float], float]:
    """A function from values to pixels."""
    width = (high - low) or 1.0
    return lambda value: start + (value - low) / width * (end - start)
