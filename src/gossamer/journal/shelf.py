"""The segments of one worker slot in the journal's directory: what the dead left is sealed, what is too much goes.

A segment's lock tells whether its writer lives, since a process's death frees it. Two processes may hold one slot
for a while, the old one draining and the new one serving; neither touches what the other writes.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from gossamer.core.clock import wall_time
from gossamer.journal.lines import is_written, unfinished_line, whole_lines
from gossamer.journal.marks import (
    ANY_MARK,
    FOOTER_MARK,
    FOOTER_ROOM_BYTES,
    FORMAT,
    Footer,
    SegmentName,
    parse_footer,
    parse_name,
    render_mark,
)
from gossamer.journal.segment import cut_with_footer, hold
from gossamer.journal.taken import is_taken


class Removed(NamedTuple):
    """What went. `untaken`: so many of the records some projection had not taken. `excess_bytes`: still too much."""

    segments: int = 0
    records: int = 0
    untaken: int = 0
    excess_bytes: int = 0


def segment_names(directory: Path) -> list[SegmentName]:
    """Every segment in a directory, in the order of their names; none where there is no directory yet."""
    try:
        with os.scandir(directory) as entries:
            return sorted(name for entry in entries if (name := parse_name(entry.name)))
    except FileNotFoundError:
        return []


def next_life(directory: Path) -> int:
    """Later than all that went before in any slot, even where the clock was put back; Unix time in microseconds."""
    return max(int(wall_time() * 1_000_000), *(name.life + 1 for name in segment_names(directory)), 0)


class Shelf:
    """What one worker slot has in the directory. The first has what slots beyond `workers` left, too.

    Nobody starts in those any more: a node with fewer workers than before would never complete nor remove it.
    """

    def __init__(self, directory: Path, worker: int, workers: int | None = None) -> None:
        self._directory = directory
        self._worker = worker
        self._workers = workers

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other starters out between the making of a segment and its lock."""
        fd = os.open(self._directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
            yield
        finally:
            os.close(fd)

    def next_life(self) -> int:
        """A life later than all that went before."""
        return next_life(self._directory)

    def seal_leftovers(self) -> list[str]:
        """Complete what dead processes of this slot left; says what had to be cut off."""
        return [cut for name in self._names() if (cut := _seal_leftover(self._directory / str(name)))]

    def make_room(self, room_bytes: int, bound_bytes: int, *, only_taken: bool = False) -> Removed:
        """Remove the oldest complete segments until `room_bytes` more keep within the bound; with `only_taken` none
        that some projection has not taken.
        """
        paths = [self._directory / str(name) for name in self._names()]
        sizes = [_size_of(path) for path in paths]
        excess = sum(sizes) + room_bytes - bound_bytes
        segments = records = untaken = 0
        for path, size in zip(paths, sizes, strict=True):
            if excess <= 0:
                break
            taken = is_taken(path)
            removed = _remove(path) if taken or not only_taken else None
            if removed is not None:
                excess -= size
                segments += 1
                records += removed
                untaken += 0 if taken else removed
        return Removed(segments, records, untaken, max(0, excess))

    def drop_one_taken(self) -> Removed:
        """The oldest segment that every projection has; nothing where there is none."""
        for path in (self._directory / str(name) for name in self._names()):
            if is_taken(path) and (removed := _remove(path)) is not None:
                return Removed(1, removed)
        return Removed()

    def _names(self) -> list[SegmentName]:
        """The oldest first."""
        names = [name for name in segment_names(self._directory) if self._has(name.worker)]
        return sorted(names, key=lambda name: (name.life, name.number))

    def _has(self, worker: int) -> bool:
        is_orphaned = self._workers is not None and worker >= self._workers
        return worker == self._worker or (is_orphaned and self._worker == 0)


def _size_of(path: Path) -> int:
    """0 where it has just gone: a process that ends takes away what it made ready."""
    with suppress(FileNotFoundError):
        return path.stat().st_size
    return 0


def _seal_leftover(path: Path) -> str | None:
    if is_taken(path):
        return None
    try:
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        if not hold(fd) or _footer_of(fd):
            return None
        if not is_written(fd, 0):
            path.unlink()
            return None
        end, records, is_sealed = _count(fd)
        torn = b"" if is_sealed else unfinished_line(fd, end)
        cut_with_footer(fd, end, render_mark(Footer(FORMAT, wall_time(), records)))
    finally:
        os.close(fd)
    return f"{path.name}: cut off {len(torn)} bytes of a record that a dying worker did not finish" if torn else None


def _remove(path: Path) -> int | None:
    """Remove a segment that nobody writes; how many records went with it, or None where it has to stay."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        if not hold(fd):
            return None
        footer = _footer_of(fd)
        path.unlink()
        return footer.records if footer else _count(fd)[1]
    finally:
        os.close(fd)


def _footer_of(fd: int) -> Footer | None:
    size = os.fstat(fd).st_size
    tail = os.pread(fd, FOOTER_ROOM_BYTES, max(0, size - FOOTER_ROOM_BYTES))
    lines = tail.split(b"\n")
    return parse_footer(lines[-2]) if len(lines) > 1 and not lines[-1] else None


def _count(fd: int) -> tuple[int, int, bool]:
    """Where the last record ends, how many there are, and whether a footer follows: then its writer died at cutting."""
    end = records = 0
    for offset, line in whole_lines(fd, 0):
        if line.startswith(FOOTER_MARK):
            return end, records, True
        end = offset
        records += not line.startswith(ANY_MARK)
    return end, records, False
