"""What is counted of each subject in this process: one meter a subject, shared by all the keys that touch it.

A meter lives while anybody may touch it, or while it counts something; what is idle and forgotten goes.
"""

from typing import Final
from weakref import WeakValueDictionary

from gossamer.core.allowance import NOTHING, Spent, Subject
from gossamer.policy.window import SPAN_S, Window

_SWEEP_S: Final = 64
"""Between two looks for idle meters; anything over a minute."""


class Meter:
    """One subject. `second` is as of when; whoever reads sees to it that it is now."""

    __slots__ = ("__weakref__", "in_flight", "opening", "requests", "reserved_nanos", "subject", "tokens")

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.requests = Window()
        self.tokens = Window()
        self.in_flight = 0
        self.reserved_nanos = 0
        self.opening: tuple[int, int, Spent] | None = None
        """A day, its month, and what was spent of them before this process counted; None: nobody was asked yet."""

    def opening_for(self, day: int, month: int) -> Spent:
        """What of it still counts."""
        if self.opening is None:
            return NOTHING
        its_day, its_month, spent = self.opening
        return Spent(spent.day if its_day == day else 0, spent.month if its_month == month else 0)

    def is_idle(self, second: int) -> bool:
        """Whether it counts nothing. Does not touch it: whoever uses it next still is the first of that second."""
        used_at = max(self.requests.used_at, self.tokens.used_at)
        return not (self.in_flight or self.reserved_nanos) and second >= used_at + SPAN_S


class Meters:
    """Those of one process. They outlive a reload."""

    def __init__(self) -> None:
        self._all: WeakValueDictionary[Subject, Meter] = WeakValueDictionary()
        self._busy: dict[Subject, Meter] = {}
        self._swept_at = 0

    def meter(self, subject: Subject) -> Meter:
        found = self._all.get(subject)
        if found is None:
            self._all[subject] = found = Meter(subject)
        return found

    def advance(self, meter: Meter, second: int) -> None:
        """The first touch of a second: what is over is forgotten, and what counts is kept."""
        meter.requests.advance(second)
        meter.tokens.advance(second)
        self._busy[meter.subject] = meter

    def sweep(self, second: int) -> None:
        """Let go of what is idle, now and then. Not between the first touch of a meter and its charge."""
        if second - self._swept_at < _SWEEP_S:
            return
        self._swept_at = second
        for subject, meter in list(self._busy.items()):
            if meter.is_idle(second):
                del self._busy[subject]
