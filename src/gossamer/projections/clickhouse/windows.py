"""How far a search looks next: from one end of the time to the other, in windows that grow. Values in, values out.

A window is as large as what was found so far says that it must be, and no larger than what can be read while somebody
waits. What was seen is one stretch of time from where the search began: so it always knows where to go on.
"""

import sys
from collections.abc import Sequence
from typing import Final, NamedTuple

from gossamer.projections.traces.query import Order, Place, Query

FIRST_ROWS: Final = 250_000
"""5 to 10 ms of a narrow column."""
FIRST_ROWS_OF_TEXT: Final = 20_000
"""All that was said may have to be unpacked."""
_GROWTH: Final = 8
_MOST_ROWS_OF_TEXT: Final = 400_000
_GROWTH_WITH_TEXT: Final = 2
"""What ClickHouse has kept of the same search answers at once and says nothing of how long the rest takes."""
_SPARE: Final = 1.5
"""What is wanted does not come evenly."""


class Day(NamedTuple):
    """What ClickHouse knows of one without reading it."""

    first_us: int
    last_us: int
    rows: int


class Window(NamedTuple):
    """From one moment to before another."""

    low_us: int
    high_us: int
    rows: int
    """So many, if they came evenly."""


class Windows:
    """`within_s`: for how long it may go on, None for as long as it takes."""

    def __init__(self, days: Sequence[Day], query: Query, limit: int, within_s: float | None) -> None:
        self._is_newest = query.order == "newest"
        self.limit = limit
        self._within_s = within_s
        self._days = _in_order(days, query)
        is_of_text = query.text is not None
        self._least = FIRST_ROWS_OF_TEXT if is_of_text else FIRST_ROWS
        self._growth = _GROWTH_WITH_TEXT if is_of_text else _GROWTH
        self._most = _MOST_ROWS_OF_TEXT if is_of_text else sys.maxsize
        self._last = 0
        self._seen = 0
        self._found = 0
        self._spent_s = 0.0

    @property
    def rest(self) -> Place | None:
        """Where to go on."""
        if not self._days:
            return None
        return Place(self._days[0].last_us + 1 if self._is_newest else self._days[0].first_us, "")

    @property
    def has_found_none(self) -> bool:
        """Though it has looked: what is wanted is rare."""
        return self._seen > 0 and not self._found

    def next(self) -> Window | None:
        """None where all was seen, or enough was found, or the time is up."""
        if not self._days or self._found >= self.limit or self._is_late():
            return None
        wanted = rows = self._size()
        for reached, day in enumerate(self._days):  # noqa: B007 - how far it came
            if day.rows >= wanted:
                break
            wanted -= day.rows
        else:
            return Window(min(each.first_us for each in self._days), max(each.last_us for each in self._days) + 1, rows)
        span_us = max(1, (day.last_us + 1 - day.first_us) * wanted // day.rows)
        if self._is_newest:
            return Window(day.last_us + 1 - span_us, self._days[0].last_us + 1, rows)
        return Window(self._days[0].first_us, day.first_us + span_us, rows)

    def saw(self, window: Window, found: Sequence[int], took_s: float, *, is_cut: bool) -> None:
        """`found`: when those were that have what is wanted. Cut: there may be more of them behind the last."""
        low_us, high_us, rows = window
        if is_cut and self._is_newest:
            low_us = found[-1]
        elif is_cut:
            high_us = found[-1] + 1
        self._days = [
            left
            for day in self._days
            if (left := _cut(day, None, low_us) if self._is_newest else _cut(day, high_us, None)) is not None
        ]
        self._last = rows
        self._seen += rows
        self._found += len(found)
        self._spent_s += took_s

    def _is_late(self) -> bool:
        return self._within_s is not None and self._seen > 0 and self._spent_s >= self._within_s

    def _size(self) -> int:
        if not self._seen:
            return self._least
        wanted = self._last * self._growth
        if self._found:
            wanted = min(wanted, round((self.limit - self._found) * self._seen / self._found * _SPARE))
        if self._within_s is not None and self._spent_s > 0:
            wanted = min(wanted, round((self._within_s - self._spent_s) * self._seen / self._spent_s))
        return max(min(wanted, self._most), self._least)


def _in_order(days: Sequence[Day], query: Query) -> list[Day]:
    """What there is of them between the ends of the search, the first one first."""
    low_us, high_us = bounds_of(query)
    is_newest = query.order == "newest"
    cut = [left for day in days if (left := _cut(day, low_us, high_us)) is not None]
    return sorted(cut, reverse=is_newest)


def bounds_of(query: Query) -> tuple[int | None, int | None]:
    """From when, and before when. The moment of the place to go on from is within, where it names a trace."""
    low_us, high_us = query.since_us, query.until_us
    if query.after is not None:
        after = query.after
        if query.order == "oldest":
            low_us = after.at_us if low_us is None else max(low_us, after.at_us)
        else:
            before_us = after.at_us + bool(after.id)
            high_us = before_us if high_us is None else min(high_us, before_us)
    return low_us, high_us


def _cut(day: Day, low_us: int | None, high_us: int | None) -> Day | None:
    """What is left of a day, as if its rows came evenly."""
    first_us = day.first_us if low_us is None else max(day.first_us, low_us)
    last_us = day.last_us if high_us is None else min(day.last_us, high_us - 1)
    if first_us > last_us:
        return None
    share = (last_us + 1 - first_us) / (day.last_us + 1 - day.first_us)
    return Day(first_us, last_us, max(1, round(day.rows * share)))


def order_word(order: Order) -> str:
    return "DESC" if order == "newest" else "ASC"
