"""Sums anew: from records that are taken again, in place of what was summed up of the same time. All of it, or nothing.

The journal may have less than the sums know of. Then the sum stays as it was, unless it is told to go.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

import msgspec

from gossamer.core.record import Record
from gossamer.projections.usage.file import UsageFile
from gossamer.projections.usage.sums import DIMENSIONS, MINUTES_PER_DAY, S_PER_MINUTE, SUMS, Sums, Who, summed

_PLACE: Final = ("at", *DIMENSIONS)
_COLUMNS: Final = ", ".join((*_PLACE, *SUMS))
_SAME: Final = " AND ".join(f"{name} = ?" for name in _PLACE)
_MARKS: Final = ", ".join("?" * (len(_PLACE) + len(SUMS)))
_MORE: Final = ", ".join(f"{name} = {name} + excluded.{name}" for name in SUMS)
_PUT: Final = f"INSERT OR REPLACE INTO minutes VALUES ({_MARKS})"  # noqa: S608 - our own names, here and below
_ADD: Final = f"INSERT INTO days VALUES ({_MARKS}) ON CONFLICT DO UPDATE SET {_MORE}"  # noqa: S608

Place = tuple[int, Who]


class Rebuilt(NamedTuple):
    read: int
    kept: int
    """Sums of a minute that stay, since the journal has less."""


def rebuild_usage(file: UsageFile, since: float, past: Iterable[Iterable[Record]], *, is_strict: bool) -> Rebuilt:
    """`past` has all records that the journal has from `since` on. Of minutes that were summed up by the day alone
    already, nothing changes: they cannot be told from the rest of their day.
    """
    first = _first_minute(file, int(since) // S_PER_MINUTE)
    fresh: dict[Place, Sums] = {}
    read = 0
    for records in past:
        batch = [record for record in records if int(record.at) // S_PER_MINUTE >= first]
        read += len(batch)
        _join(fresh, summed(batch))
    with file.moving({}, ()):
        old = _sums_from(file, first)
        kept = 0 if is_strict else _keep_larger(old, fresh)
        _replace(file, old, fresh)
    return Rebuilt(read, kept)


def _first_minute(file: UsageFile, wanted: int) -> int:
    """Not before the sums by minute begin, where days have more than they."""
    (minute,) = file.run.execute("SELECT min(at) FROM minutes").fetchone()
    (day,) = file.run.execute("SELECT min(at) FROM days").fetchone()
    if day is None:
        return wanted
    if minute is None:
        return max(wanted, (int(day) + 1) * MINUTES_PER_DAY)
    gone = "SELECT (SELECT sum(requests) FROM days) > (SELECT sum(requests) FROM minutes)"
    (is_gone,) = file.run.execute(gone).fetchone()
    return max(wanted, int(minute)) if is_gone else wanted


def _join(into: dict[Place, Sums], more: dict[Place, Sums]) -> None:
    for place, sums in more.items():
        into[place] = _plus(into[place], sums) if place in into else sums


def _plus(one: Sums, other: Sums, sign: int = 1) -> Sums:
    return Sums(*(a + sign * b for a, b in zip(_values(one), _values(other), strict=True)))


def _values(sums: Sums) -> tuple[int, ...]:
    return msgspec.structs.astuple(sums)


def _sums_from(file: UsageFile, first: int) -> dict[Place, Sums]:
    rows = file.run.execute(f"SELECT {_COLUMNS} FROM minutes WHERE at >= ?", (first,))  # noqa: S608 - our own names
    width = len(_PLACE)
    return {(row[0], tuple(row[1:width])): Sums(*row[width:]) for row in rows}


def _keep_larger(old: dict[Place, Sums], fresh: dict[Place, Sums]) -> int:
    kept = 0
    for place, sums in old.items():
        if place not in fresh or fresh[place].requests < sums.requests:
            fresh[place] = sums
            kept += 1
    return kept


def _replace(file: UsageFile, old: dict[Place, Sums], fresh: dict[Place, Sums]) -> None:
    for place in old.keys() - fresh.keys():
        file.run.execute(f"DELETE FROM minutes WHERE {_SAME}", (place[0], *place[1]))  # noqa: S608 - our own names
    nothing = Sums()
    for place in old.keys() | fresh.keys():
        was, now = old.get(place, nothing), fresh.get(place, nothing)
        if was == now:
            continue
        minute, who = place
        if place in fresh:
            file.run.execute(_PUT, (minute, *who, *_values(now)))
        file.run.execute(_ADD, (minute // MINUTES_PER_DAY, *who, *_values(_plus(now, was, -1))))
    file.run.execute("DELETE FROM days WHERE requests = 0")
