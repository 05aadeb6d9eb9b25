"""What can be asked of `usage.db`: sums over a time, apart by whatever one wants them apart by."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal

import msgspec

from gossamer.projections.file import reading
from gossamer.projections.usage.sums import DIMENSIONS, MINUTES_PER_DAY, SUMS, Dimension, Sums

Step = Literal["minute", "hour", "day", "all", "span"]
MOST_ROWS: Final = 10_000

_MINUTES_PER_HOUR: Final = 60
_STEP_MINUTES: Final[dict[Step, int]] = {
    "minute": 1,
    "hour": _MINUTES_PER_HOUR,
    "day": MINUTES_PER_DAY,
    "all": MINUTES_PER_DAY,
    "span": 1,
}
_APART: Final[dict[Step, str]] = {"minute": "at", "hour": f"at / {_MINUTES_PER_HOUR}", "day": "at"}
"""What a row's time is counted in; the other steps are one sum."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """`since` and `until` in Unix minutes. Whole steps are told: days for `all` as well, minutes for `span`."""

    since: int
    until: int
    step: Step = "all"
    by: Sequence[Dimension] = ()
    where: dict[Dimension, str] = {}

    @property
    def bounds(self) -> tuple[int, int]:
        """The minutes that it is really of: where a step begins, at `since` and `until` or after them."""
        unit = _STEP_MINUTES[self.step]
        since, until = (-(-at // unit) * unit for at in (self.since, self.until))
        return since, max(since, until)


class Row(msgspec.Struct, frozen=True):
    at: int | None
    """Unix minute at which the step begins; None where all is one."""
    who: dict[Dimension, str]
    sums: Sums


class TooMuch(ValueError):
    """More rows than anybody reads."""


def report(path: Path, asked: Asked) -> list[Row]:
    """The earliest first; of one time, who cost most first. sqlite3.Error where the file cannot be read."""
    words, values = _words(asked)
    with reading(path) as file:
        found = [] if file is None else file.execute(words, values).fetchall()
    if len(found) > MOST_ROWS:
        raise TooMuch(f"this is more than {MOST_ROWS:,} rows: ask for less time, larger steps or fewer dimensions")
    return [_row(asked, row) for row in found]


def _words(asked: Asked) -> tuple[str, list[int | str]]:
    """Names come from our own lists: nothing from outside becomes a statement."""
    assert set(asked.by) | set(asked.where) <= set(DIMENSIONS)
    table, unit = ("days", MINUTES_PER_DAY) if _STEP_MINUTES[asked.step] == MINUTES_PER_DAY else ("minutes", 1)
    apart = [*([f"{_APART[asked.step]} AS step"] if asked.step in _APART else []), *asked.by]
    terms = ["at >= ?", "at < ?", *(f"{name} = ?" for name in asked.where)]
    sums = ", ".join(f"sum({name})" for name in SUMS)
    chosen = ", ".join([*apart, sums])
    steps = ["step"] if asked.step in _APART else []
    group = f"GROUP BY {', '.join([*steps, *asked.by])}" if apart else "HAVING count(*) > 0"
    order = ", ".join([*steps, "sum(cost_nanos) DESC", "sum(requests) DESC"])
    words = f"SELECT {chosen} FROM {table} WHERE {' AND '.join(terms)} {group} ORDER BY {order} LIMIT {MOST_ROWS + 1}"  # noqa: S608
    since, until = asked.bounds
    return words, [since // unit, until // unit, *asked.where.values()]


def _row(asked: Asked, row: Sequence[int | str]) -> Row:
    rest = list(row)
    at = None
    if asked.step in _APART:
        at = int(rest.pop(0)) * _STEP_MINUTES[asked.step]
    who = {name: str(rest.pop(0)) for name in asked.by}
    return Row(at, who, Sums(*map(int, rest)))
