"""What everybody spent in this UTC day and month, in nano-dollars, as the records say it: the sum of the journal.

Yesterday and last month are forgotten. Dates come from the records; no clock is read here.
"""

from collections.abc import Iterable
from typing import Protocol

from gossamer.core.allowance import KINDS, NOTHING, Spent, Subject
from gossamer.policy.calendar import day_of, month_of

Entries = dict[str, list[int]]
"""By id: nano-dollars of the day, and of the month."""


class Bill(Protocol):
    """What a ledger reads of a record."""

    @property
    def at(self) -> float: ...
    @property
    def key(self) -> str | None: ...
    @property
    def user(self) -> str | None: ...
    @property
    def agent(self) -> str | None: ...
    @property
    def target(self) -> str | None: ...
    @property
    def cost_nanos(self) -> int | None: ...


class Ledger:
    """Begins with nothing."""

    def __init__(self) -> None:
        self.day = 0
        self.month = 0
        self.entries: tuple[Entries, Entries, Entries, Entries] = ({}, {}, {}, {})
        """In the order of KINDS."""
        self.changes = 0
        """Counts up; so it is seen whether there is something new to keep."""

    def note(self, bill: Bill) -> None:
        """Add what one request cost."""
        nanos = bill.cost_nanos
        if not nanos:
            return
        day = day_of(bill.at)
        if day > self.day:
            self.turn(day)
        for_day = nanos if day == self.day else 0
        if not for_day and month_of(day) != self.month:
            return
        self.changes += 1
        for entries, name in zip(self.entries, (bill.key, bill.user, bill.agent, bill.target), strict=True):
            if name is not None:
                self._add(entries, name, for_day, nanos)

    def merge(self, day: int, month: int, items: Iterable[tuple[Subject, Spent]]) -> None:
        """Add what another ledger had, on its day."""
        if day > self.day:
            self.turn(day)
        for subject, spent in items:
            for_day = spent.day if day == self.day else 0
            for_month = spent.month if month == self.month else 0
            if for_month:
                self.changes += 1
                self._add(self.entries[KINDS.index(subject.kind)], subject.id, for_day, for_month)

    def spent(self, subject: Subject, day: int, month: int) -> Spent:
        """By one of them, in a day and month that are now."""
        entry = self.entries[KINDS.index(subject.kind)].get(subject.id)
        if entry is None:
            return NOTHING
        return Spent(entry[0] if day == self.day else 0, entry[1] if month == self.month else 0)

    def turn(self, day: int) -> None:
        """Another day begins, and with it perhaps another month."""
        month = month_of(day)
        if month != self.month:
            self.entries = ({}, {}, {}, {})
        for entries in self.entries:
            for entry in entries.values():
                entry[0] = 0
        self.day, self.month = day, month

    def items(self) -> list[tuple[Subject, Spent]]:
        """All of this day and month."""
        return [
            (Subject(kind, name), Spent(*entry))
            for kind, entries in zip(KINDS, self.entries, strict=True)
            for name, entry in entries.items()
        ]

    @staticmethod
    def _add(entries: Entries, name: str, for_day: int, for_month: int) -> None:
        entry = entries.get(name)
        if entry is None:
            entries[name] = [for_day, for_month]
        else:
            entry[0] += for_day
            entry[1] += for_month
