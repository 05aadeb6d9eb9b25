"""How far one segment was read. Its file stays open until its end was seen, so a removal takes nothing away."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from gossamer.journal.lines import Piece, hole_at, piece_at
from gossamer.journal.marks import FOOTER_MARK
from gossamer.journal.reader import Garbled, Line, Position, entry_of

BROKEN = "a hole in the file, or a line without an end"


class Reading:
    """Whoever takes what `piece` and `hole` give says so by `move_to`; what was not taken comes again."""

    __slots__ = ("_fd", "_path", "is_complete", "is_done", "offset")

    def __init__(self, path: Path, offset: int) -> None:
        self._path = path
        self._fd = -1
        self.offset = offset
        self.is_complete = False
        """Nobody writes to it any more."""
        self.is_done = False
        """Nothing of it is left to read."""

    @property
    def segment(self) -> str:
        return self._path.name

    @property
    def is_open(self) -> bool:
        return self._fd >= 0

    def has_begun(self) -> bool:
        return self.offset > 0 or self.is_done or self.has_news()

    def has_news(self) -> bool:
        """Looks at the next byte: NUL is not yet written, none at all is the end of a file that has begun."""
        byte = os.pread(self._fd, 1, self.offset) if self._open() else b"\0"
        if not byte and self.offset:
            self._finish()
        return byte not in (b"", b"\0")

    def piece(self) -> Piece:
        """The next whole lines. Nothing where the file is gone: the next look finds that out."""
        if self.is_done or not self._open():
            return Piece([], self.offset)
        return piece_at(self._fd, self.offset)

    def hole(self) -> Garbled | None:
        """Behind the last whole line of a segment that nobody writes to: what is there all the same."""
        if not self.is_complete or self.is_done or not self._open():
            return None
        lines, end, _ = hole_at(self._fd, self.offset)
        if not lines:
            self._finish()
            return None
        if b"\n" in lines[0]:  # its last line has come since
            return None
        return Garbled(Position(self.segment, end), lines[0], BROKEN)

    def move_to(self, offset: int, last: bytes = b"") -> None:
        """`last`: the line that ends there."""
        self.offset = offset
        if last.startswith(FOOTER_MARK):
            self._finish()

    def read(self) -> Iterator[Line | Garbled]:
        """What was written since the last time, line by line."""
        while True:
            while lines := self.piece().lines:
                for data in lines:
                    self.move_to(self.offset + len(data) + 1, data)
                    if entry := entry_of(Position(self.segment, self.offset), data):
                        yield entry
                    if self.is_done:
                        return
            if (garbled := self.hole()) is None:
                return
            self.move_to(garbled.position.offset)
            yield garbled

    def close(self) -> None:
        if self.is_open:
            os.close(self._fd)
            self._fd = -1

    def _finish(self) -> None:
        self.is_done = True
        self.close()

    def _open(self) -> bool:
        if not self.is_open:
            with suppress(FileNotFoundError):
                self._fd = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        return self.is_open
