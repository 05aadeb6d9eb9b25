"""What a sink takes in one go: records as they stand in the journal, and where the next batch begins.

A batch is bounded by lines; what one look at the journal finds beyond that waits for the next batch.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Final

import msgspec

from gossamer.journal.follower import Entry, Follower, Missed
from gossamer.journal.marks import parse_name
from gossamer.journal.reader import Garbled, Line, read_header, record_of
from gossamer.projections.traces.trace import Trace

MOST_ENTRIES: Final = 2000
"""About a megabyte: one transaction, and little to do again where that fails."""


class Kept(Trace, frozen=True, gc=False):
    """A record as projections store it, and who wrote it."""

    life: str
    """Which start of which worker."""


class Batch(msgspec.Struct, frozen=True):
    """In the order of the journal. `moved` and `gone` are the change of the positions with which it is stored."""

    kept: list[Kept]
    garbled: list[Garbled]
    missed: list[Missed]
    moved: Mapping[str, int]
    """Segment names to the offset behind what of them is in this batch or was before."""
    gone: frozenset[str]
    """Segments that are not there any more."""

    def __bool__(self) -> bool:
        return bool(self.kept or self.garbled or self.missed or self.moved or self.gone)

    def __len__(self) -> int:
        return len(self.kept)


class Source:
    """The journal from where a sink stands."""

    def __init__(self, directory: Path, positions: Mapping[str, int]) -> None:
        self._directory = directory
        self._follower = Follower(directory, positions)
        self._stored = dict(self._follower.positions)
        self._origins: dict[str, tuple[tuple[str, ...], str]] = {}
        """Of each segment: the names of its stages, and which life wrote it."""

    def next(self, most: int = MOST_ENTRIES) -> Batch:
        """What is new by now, and false where that is nothing. Taken as stored: after a failure make another Source."""
        return self._batch(islice(self._follower.poll(), most))

    def close(self) -> None:
        self._follower.close()

    def _batch(self, entries: Iterator[Entry]) -> Batch:
        kept: list[Kept] = []
        garbled: list[Garbled] = []
        missed: list[Missed] = []
        for entry in entries:
            if isinstance(entry, Missed):
                missed.append(entry)
                continue
            record = record_of(entry) if isinstance(entry, Line) else entry
            if isinstance(record, Garbled):
                garbled.append(record)
            else:
                kept.append(Kept(record, entry.data, *self._origin(entry.position.segment)))
        return self._with_positions(kept, garbled, missed)

    def _origin(self, segment: str) -> tuple[tuple[str, ...], str]:
        found = self._origins.get(segment)
        if found is None:
            found = self._origins[segment] = self._stages(segment), life_of(segment)
        return found

    def _stages(self, segment: str) -> tuple[str, ...]:
        with suppress(OSError):  # gone since it was read: its records are whole but for these names
            header = read_header(self._directory / segment)
            return header.stages if header is not None else ()
        return ()

    def _with_positions(self, kept: list[Kept], garbled: list[Garbled], missed: list[Missed]) -> Batch:
        before, now = self._stored, self._follower.positions
        self._stored = now
        for name in before.keys() - now.keys():
            self._origins.pop(name, None)
        moved = {name: offset for name, offset in now.items() if before.get(name, -1) != offset}
        return Batch(kept, garbled, missed, moved, frozenset(before.keys() - now.keys()))


def life_of(segment: str) -> str:
    """What all segments of one start of one worker share."""
    name = parse_name(segment)
    return f"{name.worker}-{name.life:x}" if name is not None else ""
