"""What can be asked of `usage.db`: sums over a time, apart by whatever one wants them apart by."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal

import msgspec

from gossamer.projections.file import reading
from gossamer.projections.usage.sums import DIMENSIONS, MINUTES_PER_DAY, SUMS, Dimension, Sums

Step = Literal["minute", "day", "all"]
MOST_ROWS: Final = 10_000


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """`since` and `until` in Unix minutes; by day only whole days are told."""

    since: int
    until: int
    step: Step = "all"
    by: Sequence[Dimension] = ()
    where: dict[Dimension, str] = {}


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
    table, unit = ("minutes", 1) if asked.step == "minute" else ("days", MINUTES_PER_DAY)
    apart = [*(["at"] if asked.step != "all" else []), *asked.by]
    terms = ["at >= ?", "at < ?", *(f"{name} = ?" for name in asked.where)]
    sums = ", ".join(f"sum({name})" for name in SUMS)
    chosen = ", ".join([*apart, sums])
    group = f"GROUP BY {', '.join(apart)}" if apart else "HAVING count(*) > 0"
    order = ", ".join([*(["at"] if asked.step != "all" else []), "sum(cost_nanos) DESC", "sum(requests) DESC"])
    words = f"SELECT {chosen} FROM {table} WHERE {' AND '.join(terms)} {group} ORDER BY {order} LIMIT {MOST_ROWS + 1}"  # noqa: S608
    return words, [-(-asked.since // unit), -(-asked.until // unit), *asked.where.values()]


def _row(asked: Asked, row: Sequence[int | str]) -> Row:
    rest = list(row)
    at = None
    if asked.step != "all":
        at = int(rest.pop(0)) * (1 if asked.step == "minute" else MINUTES_PER_DAY)
    who = {name: str(rest.pop(0)) for name in asked.by}
    return Row(at, who, Sums(*map(int, rest)))
