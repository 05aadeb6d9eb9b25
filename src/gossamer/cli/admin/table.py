"""Lists and things as a person reads them: in as many columns as the terminal has, times in UTC.

Data in, text out. Whatever was typed by somebody else is made printable.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from gossamer.cli.admin.options import LIMITS
from gossamer.core.logs import escape_controls

Thing = Mapping[str, Any]

_GAP: Final = 2
_LEAST: Final = 8
"""Characters that even the narrowest terminal gives to the column that yields."""


class Column(NamedTuple):
    """`width`: characters; 0 for the one that takes what is left."""

    head: str
    width: int


def render_table(columns: Sequence[Column], rows: Sequence[Sequence[str]], terminal_width: int) -> str:
    rest = terminal_width - sum(column.width + _GAP for column in columns if column.width)
    widths = [column.width or max(rest, _LEAST) for column in columns]
    lines = [[column.head for column in columns], *([escape_controls(cell) for cell in row] for row in rows)]
    return "\n".join(_line(cells, widths) for cells in lines)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    fitted = [
        cell if len(cell) <= width else f"{cell[: width - 1]}…" for cell, width in zip(cells, widths, strict=True)
    ]
    padded = [cell.ljust(width) for cell, width in zip(fitted, widths, strict=True)]
    return (" " * _GAP).join(padded).rstrip()


def render_thing(lines: Sequence[tuple[str, str]]) -> str:
    """One thing, a member a line."""
    width = max(len(name) for name, _ in lines) + _GAP
    return "\n".join(f"{name:<{width}}{escape_controls(text)}" for name, text in lines)


def moment_text(text: str | None, nothing: str = "never") -> str:
    """To the minute, in UTC, as the admin API gives it."""
    return nothing if text is None else text[:16].replace("T", " ")


def full_moment_text(text: str | None) -> str:
    """Where no heading says in which zone it is."""
    return "never" if text is None else f"{moment_text(text)} UTC"


def list_text(words: Sequence[str] | None, nothing: str) -> str:
    return ", ".join(words) if words else nothing


def limits_text(limits: Thing) -> str:
    parts = [f"{limits[limit.member]} {limit.shown}" for limit in LIMITS if limits[limit.member] is not None]
    return ", ".join(parts) or "none"
