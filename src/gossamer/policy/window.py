"""A sliding minute, exact: never more than the limit in any 60 seconds, however they are laid over the clock.

It is counted in seconds. One that lies partly in the last minute counts in full, so that the error is always on the
safe side, and what was let in at once is free again after 60 to 61 seconds. At most 61 numbers a subject, whatever its
rate; forgetting costs each second once.
"""

from typing import Final

SPAN_S: Final = 61
"""Seconds of the clock that a minute can touch."""


class Window:
    """How much was let in, by the second. Seconds are of a clock that does not jump; one handed in late is now."""

    __slots__ = ("_before", "_now", "_used_before", "second", "total")

    def __init__(self) -> None:
        self.total = 0
        """In the last minute, as of `second`."""
        self.second = 0
        self._now = 0
        """In this second."""
        self._before: dict[int, int] = {}
        """In those before it, by the second."""
        self._used_before = 0
        """The last of them in which anything was let in."""

    def advance(self, second: int) -> None:
        """Forget what is over. Whoever reads `total` sees to it that `second` is now."""
        if second <= self.second:
            return
        before = self._before
        if self._now:
            before[self.second] = self._now
            self._used_before = self.second
            self._now = 0
        self.second = second
        over = second - SPAN_S
        while before and (first := next(iter(before))) <= over:
            self.total -= before.pop(first)

    def add(self, amount: int) -> None:
        """Let so much in, now."""
        self._now += amount
        self.total += amount

    def take_back(self, second: int, amount: int) -> None:
        """So much of what was let in then was not used after all. What is over is over."""
        if second == self.second:
            amount = min(amount, self._now)
            self._now -= amount
            self.total -= amount
        elif (count := self._before.get(second)) is not None:
            amount = min(amount, count)
            self._before[second] = count - amount
            self.total -= amount

    def free_at(self, amount: int) -> int:
        """The second at which so much of what counts now has gone."""
        gone = 0
        for second, count in self._before.items():
            gone += count
            if gone >= amount:
                return second + SPAN_S
        return self.used_at + SPAN_S

    @property
    def used_at(self) -> int:
        """The last second in which anything was let in."""
        return self.second if self._now else self._used_before

    @property
    def reset_s(self) -> int:
        """Until all of it is free again."""
        if self._now:
            return SPAN_S
        return self._used_before + SPAN_S - self.second if self.total else 0
