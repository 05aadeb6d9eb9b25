"""Which answers are to be given no more, though they are there: what was purged, and when."""

from collections.abc import Iterable
from typing import Final

from gossamer.cache.entry import Entry
from gossamer.cache.gone import Gone
from gossamer.core.purge import Purge, PurgeBy

_CLOCKS_S: Final = 0.1
"""By so much the clocks of two nodes may differ: an answer that is hardly younger than a purge goes with it."""
_MOST: Final = 10_000
"""Remembered one by one; beyond, all that is older than the last of them is gone."""


class Purges:
    """The last moment of each."""

    def __init__(self) -> None:
        self._last: dict[tuple[PurgeBy, str], float] = {}
        self.gone = Gone()
        """Sessions that were deleted: a purge of their own."""

    def __bool__(self) -> bool:
        return bool(self._last)

    def add(self, purge: Purge) -> None:
        if len(self._last) >= _MOST:
            self._last = {("all", ""): max(self._last.values())}
        known = self._last.get((purge.by, purge.name), 0.0)
        self._last[purge.by, purge.name] = max(known, purge.at + _CLOCKS_S)

    def forbids(self, entry: Entry) -> bool:
        """Whether it is older than a purge that meant it, or than the end of its session."""
        if self.gone.means(entry):
            return True
        if not self._last:
            return False
        key, agent, user, model = entry.owner
        return any(self._last.get(mark, 0.0) >= entry.made_at for mark in _marks(key, agent, user, model, entry.target))


def _marks(key: str, agent: str, user: str, model: str, target: str) -> Iterable[tuple[PurgeBy, str]]:
    return (("all", ""), ("key", key), ("agent", agent), ("user", user), ("model", model), ("model", target))
