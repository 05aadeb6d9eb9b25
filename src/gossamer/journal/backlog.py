"""What a journal's directory holds at one moment, over all workers and in the order in which the requests ended.

Reads each worker's segments from the front, or from the back and only as many as are needed.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from heapq import merge
from itertools import groupby
from operator import attrgetter
from pathlib import Path

import msgspec

from gossamer.core.record import Record
from gossamer.journal.lines import end_of_lines
from gossamer.journal.marks import SegmentName
from gossamer.journal.reader import Garbled, Line, read_segment, record_of
from gossamer.journal.selection import Selection
from gossamer.journal.shelf import segment_names

NS_PER_S = 1_000_000_000


class Found(msgspec.Struct, frozen=True, gc=False):
    """A record, and the line that it was read from."""

    record: Record
    data: bytes


class Backlog:
    """What is there now. A follower that begins at `positions` afterwards misses nothing and repeats nothing."""

    def __init__(self, directory: Path, selection: Selection, on_garbled: Callable[[Garbled], None]) -> None:
        self._directory = directory
        self._selection = selection
        self._on_garbled = on_garbled
        self.positions: dict[str, int] = {}

    def all(self) -> Iterator[Found]:
        """Every record that is wanted, the oldest first."""
        return merge(*(self._forwards(names) for names in self._by_worker()), key=_ended_at)

    def newest(self, count: int) -> list[Found]:
        """The last `count` of them, the oldest first."""
        found = merge(*(self._backwards(names, count) for names in self._by_worker()), key=_ended_at)
        return list(found)[-count:] if count else []

    def _by_worker(self) -> list[list[SegmentName]]:
        names = segment_names(self._directory)
        return [self._late_enough(list(of_worker)) for _, of_worker in groupby(names, attrgetter("worker"))]

    def _late_enough(self, names: list[SegmentName]) -> list[SegmentName]:
        """Without the leading segments that ended before the time asked for: when the next one began, at the latest."""
        since = self._selection.since
        while since is not None and len(names) > 1 and self._began_before(names[1], since):
            self._skip(names.pop(0))
        return names

    def _began_before(self, name: SegmentName, since: float) -> bool:
        with suppress(FileNotFoundError):
            for entry in read_segment(self._directory / str(name)):
                if isinstance(entry, Line) and isinstance(record := record_of(entry), Record):
                    return _ended_at(Found(record, entry.data)) < since
        return False

    def _forwards(self, names: list[SegmentName]) -> Iterator[Found]:
        for name in names:
            yield from self._read(name)

    def _backwards(self, names: list[SegmentName], count: int) -> list[Found]:
        newest: list[Found] = []
        for name in reversed(names):
            if len(newest) < count:
                newest = [*self._read(name), *newest]
            else:
                self._skip(name)
        return newest

    def _read(self, name: SegmentName) -> Iterator[Found]:
        with suppress(FileNotFoundError):  # removed since we looked
            for entry in read_segment(self._directory / str(name)):
                self.positions[str(name)] = entry.position.offset
                record = record_of(entry) if isinstance(entry, Line) else entry
                if isinstance(record, Garbled):
                    self._on_garbled(record)
                elif self._selection.takes(record):
                    yield Found(record, entry.data)

    def _skip(self, name: SegmentName) -> None:
        with suppress(FileNotFoundError):
            fd = os.open(self._directory / str(name), os.O_RDONLY | os.O_CLOEXEC)
            try:
                self.positions[str(name)] = end_of_lines(fd)
            finally:
                os.close(fd)


def _ended_at(found: Found) -> float:
    return found.record.at + found.record.total_ns / NS_PER_S
