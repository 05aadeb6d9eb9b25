"""What everybody spent, by UTC day and month, in nano-dollars, as the records say it: the sum of the journal.

Dates come from the records, and no clock is read here: one that was wrong for a while makes a page that nobody reads,
and spoils none.
"""

from collections.abc import Mapping
from typing import Final, Protocol

from gossamer.core.allowance import KINDS, NOTHING, Spent, Subject
from gossamer.policy.calendar import day_of, month_of

Sums = dict[str, int]
"""Nano-dollars, by id."""
Page = tuple[Sums, Sums, Sums, Sums]
"""In the order of KINDS."""
Pages = dict[int, Page]
"""By day, or by month."""

DAYS_KEPT: Final = 4
MONTHS_KEPT: Final = 3
"""The last ones: this one, the one before for records that come late, and room for what a wrong clock makes."""
_NO_DAY: Final = -1


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
        self.days: Pages = {}
        self.months: Pages = {}
        self.changes = 0
        """Counts up; so it is seen whether there is something new to keep."""
        self._day = _NO_DAY
        """Of the last record."""
        self._of_day = self._of_month = _new_page()

    def note(self, bill: Bill) -> None:
        """Add what one request cost."""
        nanos = bill.cost_nanos
        if not nanos:
            return
        day = day_of(bill.at)
        if day != self._day:
            self._turn_to(day)
        self.changes += 1
        names = (bill.key, bill.user, bill.agent, bill.target)
        for of_day, of_month, name in zip(self._of_day, self._of_month, names, strict=True):
            if name is not None:
                of_day[name] = of_day.get(name, 0) + nanos
                of_month[name] = of_month.get(name, 0) + nanos

    def add(self, days: Mapping[int, Page], months: Mapping[int, Page]) -> None:
        """What another ledger had."""
        self.changes += 1
        for mine, theirs, kept in ((self.days, days, DAYS_KEPT), (self.months, months, MONTHS_KEPT)):
            for number, page in theirs.items():
                for sums, more in zip(_page_of(mine, number, kept), page, strict=True):
                    for name, nanos in more.items():
                        sums[name] = sums.get(name, 0) + nanos
        self._day = _NO_DAY  # a page that it stands on may be gone

    def spent(self, subject: Subject, day: int, month: int) -> Spent:
        """By one of them, in a day and month."""
        of_month = self.months.get(month)
        if of_month is None:
            return NOTHING
        kind = KINDS.index(subject.kind)
        of_day = self.days.get(day)
        return Spent(of_day[kind].get(subject.id, 0) if of_day else 0, of_month[kind].get(subject.id, 0))

    def _turn_to(self, day: int) -> None:
        self._day = day
        self._of_day = _page_of(self.days, day, DAYS_KEPT)
        self._of_month = _page_of(self.months, month_of(day), MONTHS_KEPT)


def copied(pages: Pages) -> Pages:
    """As they are now; it takes a few ms for a hundred thousand ids."""
    return {
        number: (keys.copy(), users.copy(), agents.copy(), models.copy())
        for number, (keys, users, agents, models) in pages.items()
    }


def _page_of(pages: Pages, number: int, kept: int) -> Page:
    """Of a day or month that is older than all that are kept: one that nobody keeps."""
    page = pages.get(number)
    if page is None:
        pages[number] = page = _new_page()
        if len(pages) > kept:
            del pages[min(pages)]
    return page


def _new_page() -> Page:
    return {}, {}, {}, {}
