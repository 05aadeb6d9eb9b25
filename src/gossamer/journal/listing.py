"""The names of the segments in a directory, listed anew only when the directory has changed.

A look at a journal of 64 files costs as much as reading a hundred records; files come and go every few seconds at most.
"""

from pathlib import Path
from typing import Final

from gossamer.core.clock import wall_time
from gossamer.journal.marks import SegmentName
from gossamer.journal.shelf import segment_names

SETTLED_S: Final = 2.0
"""Two changes within one tick of the file system's clock have one date. None of them ticks so slowly."""
_NS_PER_S: Final = 1e9


class Listing:
    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._names: list[SegmentName] = []
        self._settled_ns = -1
        """The directory's date when it was listed, if that was long ago by then."""

    def names(self) -> list[SegmentName]:
        """In the order of their names; none where there is no directory yet."""
        try:
            changed_ns = self._directory.stat().st_mtime_ns
        except FileNotFoundError:
            return []
        if changed_ns != self._settled_ns:
            is_settled = wall_time() - changed_ns / _NS_PER_S > SETTLED_S
            self._names = segment_names(self._directory)
            self._settled_ns = changed_ns if is_settled else -1
        return self._names
