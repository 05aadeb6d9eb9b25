"""Sessions that were deleted while this worker lives: what was asked in them before is kept no more."""

from typing import Final

from gossamer.cache.entry import Entry
from gossamer.core.tombstone import Tombstone

_CLOCKS_S: Final = 0.1
"""By so much the clocks of two nodes may differ: what was asked hardly later goes with the session."""
_MOST: Final = 10_000
"""Some 2 MB. Only calls that were under way when their session went need them: the oldest may go."""


class Gone:
    """By their digests."""

    def __init__(self) -> None:
        self._last: dict[str, float] = {}

    def add(self, stone: Tombstone) -> None:
        known = self._last.pop(stone.session, 0.0)
        self._last[stone.session] = max(known, stone.at + _CLOCKS_S)
        if len(self._last) > _MOST:
            del self._last[next(iter(self._last))]

    def has(self, session: str, asked_at: float) -> bool:
        """Whether that was asked before its session was deleted."""
        return self._last.get(session, 0.0) >= asked_at

    def means(self, entry: Entry) -> bool:
        return bool(self._last) and self._last.get(entry.session_id(), 0.0) >= entry.made_at
