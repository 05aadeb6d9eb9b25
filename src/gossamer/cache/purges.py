"""Which answers are to be given no more, though they are there: what was purged, and when."""

from collections.abc import Iterable, Iterator
from typing import Final

from gossamer.cache.entry import Entry, Owner
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
        self.latest = 0.0
        """Of all of them: what is younger none of them means."""
        self.gone = Gone()
        """Sessions that were deleted: a purge of their own."""

    def add(self, purge: Purge) -> None:
        if len(self._last) >= _MOST:
            self._last = {("all", ""): max(self._last.values())}
        known = self._last.get((purge.by, purge.name), 0.0)
        self._last[purge.by, purge.name] = at = max(known, purge.at + _CLOCKS_S)
        self.latest = max(self.latest, at)

    def last(self) -> Iterator[Purge]:
        return (Purge(at - _CLOCKS_S, by, name) for (by, name), at in self._last.items())

    def forbids(self, entry: Entry) -> bool:
        """Whether it is older than a purge that meant it, or than the end of its session."""
        return self.gone.means(entry) or self.forbids_to(entry.owner, entry)

    def forbids_to(self, asker: Owner, entry: Entry) -> bool:
        """Whether it is older than a purge that meant whoever asks: what another had filled is no newer for that."""
        made_at = entry.made_at
        if made_at > self.latest:
            return False
        return any(self._last.get(mark, 0.0) >= made_at for mark in _marks(*asker, entry.target))


def _marks(key: str, agent: str, user: str, model: str, target: str) -> Iterable[tuple[PurgeBy, str]]:
    return (("all", ""), ("key", key), ("agent", agent), ("user", user), ("model", model), ("model", target))
