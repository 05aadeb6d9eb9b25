"""What is missing and what came twice, by the numbers that events have within a life. Values in, values out.

In a topic events of one life lie in several partitions, and come in any order: a gap is what is still open at the end,
or after a while.
"""

from bisect import bisect_right
from collections.abc import Iterator

import msgspec


class Gap(msgspec.Struct, frozen=True):
    """From the first number that is missing to the last."""

    first: int
    last: int

    @property
    def count(self) -> int:
        return self.last - self.first + 1


class Sequence:
    """The numbers of one life that were seen, as runs without a gap; mostly one."""

    def __init__(self) -> None:
        self.doubles = 0
        self._firsts: list[int] = []
        self._lasts: list[int] = []

    def add(self, number: int) -> None:
        at = bisect_right(self._firsts, number) - 1
        if at >= 0 and number <= self._lasts[at]:
            self.doubles += 1
            return
        follows = at >= 0 and self._lasts[at] == number - 1
        precedes = at + 1 < len(self._firsts) and self._firsts[at + 1] == number + 1
        if follows and precedes:
            self._lasts[at] = self._lasts.pop(at + 1)
            del self._firsts[at + 1]
        elif follows:
            self._lasts[at] = number
        elif precedes:
            self._firsts[at + 1] = number
        else:
            self._firsts.insert(at + 1, number)
            self._lasts.insert(at + 1, number)

    def settle(self) -> None:
        """What is missing until now was never to be seen here."""
        if self._firsts:
            self._firsts, self._lasts = self._firsts[:1], self._lasts[-1:]

    def gaps(self) -> Iterator[Gap]:
        """Between the first and the last that were seen: what was before and what comes is not ours to know."""
        for last, first in zip(self._lasts, self._firsts[1:], strict=False):
            yield Gap(last + 1, first - 1)
