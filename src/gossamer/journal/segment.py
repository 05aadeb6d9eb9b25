"""One preallocated file, written through a shared mapping: what is written outlives the process without a syscall.

The whole file is allocated when it is made, so a full disk shows here as an OSError and never later as a SIGBUS.
Only a window of it is mapped at a time, since mapped pages count as the worker's memory.
Nothing here knows of records or of other segments.
"""

import fcntl
import mmap
import os
import sys
from collections.abc import Callable
from pathlib import Path

from gossamer.journal.marks import FOOTER_ROOM_BYTES

WINDOW_BYTES = 256 * 1024
"""Mapped at a time: about 500 records, so that moving it (70 µs) is 0.14 µs a record and no pause to notice."""
_PAGE_BYTES = mmap.ALLOCATIONGRANULARITY
_ZEROS = memoryview(bytes(WINDOW_BYTES))


class Segment:
    """A segment that this process writes, and nobody else while it lives: it holds the file's lock."""

    __slots__ = ("_base", "_fd", "_limit", "_window", "path", "write")

    write: Callable[[bytes], int]
    """Appends to the window, one copy in memory; another function each time the window moves.
    A ValueError says that the window is too small, and nothing is written."""

    def __init__(self, path: Path, fd: int, size_bytes: int) -> None:
        self.path = path
        self._fd = fd
        self._limit = size_bytes - FOOTER_ROOM_BYTES
        self._open_window(0, 0)

    @classmethod
    def create(cls, path: Path, size_bytes: int) -> "Segment":
        """Make, lock and allocate the file. OSError where the disk has no room; then no file stays behind."""
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _allocate(fd, 0, size_bytes)
            return cls(path, fd, size_bytes)
        except BaseException:
            os.close(fd)
            path.unlink()
            raise

    @property
    def position(self) -> int:
        """Bytes written so far."""
        return self._base + self._window.tell()

    def make_room(self, length: int) -> bool:
        """See to it that `write` takes a line of `length`; False where the segment has no room left for it."""
        start = self.position
        if start + length <= self._base + len(self._window):
            return True
        if start + length > self._limit:
            return False
        left = self._window
        self._open_window(start, length)
        left.close()
        return True

    def extend(self, length: int) -> None:
        """Make the file larger than planned, for a line that no segment of the planned size could hold."""
        limit = self.position + length
        _allocate(self._fd, self._limit, limit + FOOTER_ROOM_BYTES)
        self._limit = limit

    def seal(self, footer: bytes) -> None:
        """Write the last line and give back what was not needed."""
        end = self.position
        self._window.close()
        try:
            cut_with_footer(self._fd, end, footer)
        finally:
            os.close(self._fd)

    def discard(self) -> None:
        """Take away a segment in which nothing was written."""
        self._window.close()
        self.path.unlink(missing_ok=True)
        os.close(self._fd)

    def _open_window(self, start: int, length: int) -> None:
        base = start - start % _PAGE_BYTES
        end = min(max(base + WINDOW_BYTES, start + length), self._limit)
        # A first write through a mapping costs a fault a page, 3 µs each on ext4. Zeros written by one call come into
        # the cache as a few large dirty pages, and with them one fault each: 0.15 µs a line where it was 0.52.
        _write_zeros(self._fd, start, end)
        window = mmap.mmap(self._fd, end - base, offset=base)
        window.seek(start - base)
        self._window = window
        self._base = base
        self.write = window.write


def cut_with_footer(fd: int, end: int, footer: bytes) -> None:
    """Complete a segment whose last whole line ends at `end`. Dying between the two calls leaves it whole, too."""
    os.pwrite(fd, footer, end)
    os.ftruncate(fd, end + len(footer))


def hold(fd: int) -> bool:
    """Take a segment's lock for as long as `fd` is open; False where its writer lives."""
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _allocate(fd: int, start: int, end: int) -> None:
    if sys.platform == "darwin":  # no posix_fallocate there; written bytes are allocated, too
        _write_zeros(fd, start, end)
    else:
        os.posix_fallocate(fd, start, end - start)


def _write_zeros(fd: int, start: int, end: int) -> None:
    while start < end:
        start += os.pwrite(fd, _ZEROS[: end - start], start)
