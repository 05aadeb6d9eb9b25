"""How often something may happen: so many at once, then one in each interval (GCRA). The time is handed in."""

from collections.abc import Hashable
from typing import Final, NamedTuple


class Pace(NamedTuple):
    """So many at once, then one in each interval."""

    burst: int
    interval_s: float


MOST_SUBJECTS: Final = 50_000
"""Of each kind: some 10 MB when somebody tries to fill the memory."""


_ROUNDING_S: Final = 1e-3
"""What many additions of a fraction may be off by, and nobody waits for."""


class Cells:
    """GCRA: for each subject the moment at which all that it has used is made good again."""

    def __init__(self, pace: Pace, most: int = MOST_SUBJECTS) -> None:
        self._interval_s = pace.interval_s
        self._slack_s = (pace.burst - 1) * pace.interval_s
        self._most = most
        self._even_at: dict[Hashable, float] = {}

    def __len__(self) -> int:
        return len(self._even_at)

    def wait_s(self, subject: Hashable, now: float) -> float:
        """Seconds until one more is let in; 0: at once."""
        wait_s = self._even_at.get(subject, now) - self._slack_s - now
        return wait_s if wait_s > _ROUNDING_S else 0.0

    def room(self, subject: Hashable, now: float) -> int:
        """How many more would be let in at once."""
        left_s = self._slack_s + _ROUNDING_S - max(0.0, self._even_at.get(subject, now) - now)
        return int(left_s / self._interval_s) + 1 if left_s >= 0 else 0

    def take(self, subject: Hashable, now: float) -> None:
        if subject not in self._even_at and len(self._even_at) >= self._most:
            self._make_room(now)
        self._even_at[subject] = max(self._even_at.get(subject, now), now) + self._interval_s

    def give_back(self, subject: Hashable) -> None:
        if subject in self._even_at:
            self._even_at[subject] -= self._interval_s

    def _make_room(self, now: float) -> None:
        """Whoever owes nothing is as good as unknown; if all owe, the quarter that owes least is forgiven."""
        self._even_at = {subject: even_at for subject, even_at in self._even_at.items() if even_at > now}
        if len(self._even_at) >= self._most:
            by_debt = sorted(self._even_at.items(), key=lambda item: item[1])
            self._even_at = dict(by_debt[len(by_debt) // 4 :])
