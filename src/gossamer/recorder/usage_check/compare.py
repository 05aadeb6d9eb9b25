"""Which minutes differ, and since when. Values in, values out.

A minute's last request may end long after it, and sinks do not take it at the same instant. So a difference counts
only if it is the same at two looks, between which all sinks had taken everything.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

AGES_MIN: Final = (2, 20)
"""A minute is looked at when it is so old: most requests have ended by then, and long streams, too."""


class Minute(NamedTuple):
    """The sums of one minute, as one store has them."""

    requests: int = 0
    failed: int = 0
    cost_nanos: int = 0


Sums = Mapping[int, Minute]
"""By Unix minute."""


class Difference(NamedTuple):
    minute: int
    told: tuple[Minute, ...]
    """What each store says, in their order."""


class Comparison:
    """What is suspected, between two looks."""

    def __init__(self) -> None:
        self._suspects: dict[int, Difference] = {}
        self._last = -1
        self.reported: set[int] = set()

    def due(self, now_min: int) -> list[int]:
        """Minutes to look at now: those that have come of age since the last look, and suspects."""
        first = self._last + 1 if 0 <= now_min - self._last - 1 < AGES_MIN[0] else now_min
        self._last = now_min
        aged = {at - age for at in range(first, now_min + 1) for age in AGES_MIN}
        return sorted((aged | self._suspects.keys()) - self.reported)

    def judge(self, minutes: list[int], told: list[Sums]) -> list[Difference]:
        """Those that differ as they did at the look before."""
        found = [Difference(at, tuple(sums.get(at, Minute()) for sums in told)) for at in minutes]
        differing = {each.minute: each for each in found if len(set(each.told)) > 1}
        sure = [each for at, each in differing.items() if self._suspects.get(at) == each]
        self._suspects = {at: each for at, each in differing.items() if each not in sure}
        now_reported = {each.minute for each in sure}
        self.reported = {at for at in self.reported if at >= self._last - 2 * AGES_MIN[-1]} | now_reported
        return sure
