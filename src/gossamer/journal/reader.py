"""Reads the journal back: one segment once, or a whole directory as it grows.

Every record comes with the position that follows it; whoever stores the position and hands it in again goes on with
the next record: nothing is lost, and only what was not stored comes twice. Nothing here raises for what a file holds.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

from gossamer.core.record import Record
from gossamer.journal.lines import unfinished_line, whole_lines
from gossamer.journal.marks import ANY_MARK, FOOTER_MARK, MARK, Header
from gossamer.journal.segment import hold

LONGEST_HEADER_BYTES = 64 * 1024
"""Far more than the names of all stages; a file that has not begun is one long line of NULs."""
UNFINISHED = "a record that a dying worker did not finish"
_RECORD = msgspec.json.Decoder(Record)
_HEADER = msgspec.json.Decoder(Header)


class Position(msgspec.Struct, frozen=True, gc=False):
    """Where to go on."""

    segment: str
    offset: int
    """Bytes from the segment's beginning."""


class Line(msgspec.Struct, frozen=True, gc=False):
    """One record as it was written, without its newline."""

    position: Position
    data: bytes


class Garbled(msgspec.Struct, frozen=True, gc=False):
    """Bytes that are no record. Reading goes on behind them; before an unfinished line the position stays."""

    position: Position
    data: bytes
    reason: str


def read_segment(path: Path, offset: int = 0) -> Iterator[Line | Garbled]:
    """What stands in a segment from `offset` on, up to what is written by now."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        is_left = False
        while True:
            for offset, data in whole_lines(fd, offset):  # noqa: B020 - the position moves on with each line
                if data.startswith(FOOTER_MARK):
                    return
                if entry := entry_of(Position(path.name, offset), data):
                    yield entry
            torn = unfinished_line(fd, offset)
            if is_left and torn:
                yield Garbled(Position(path.name, offset), torn, UNFINISHED)
            if is_left or not torn or not hold(fd):
                return
            is_left = True  # nobody writes now; but until now somebody may have, so look once more
    finally:
        os.close(fd)


def read_header(path: Path) -> Header | None:
    """Who wrote a segment, and what its records' durations belong to; None where it has not begun or cannot be read."""
    with path.open("rb") as file, suppress(msgspec.MsgspecError, UnicodeDecodeError):
        return _HEADER.decode(file.readline(LONGEST_HEADER_BYTES))
    return None


def entry_of(position: Position, data: bytes) -> Line | Garbled | None:
    """What a whole line is; None for a segment's own first and last line."""
    if data.startswith(ANY_MARK):
        if data.startswith(MARK):
            return None
        return Garbled(position, data, "a segment in another format: read it with the release that wrote it")
    if data.startswith(b"{") and data.endswith(b"}"):
        return Line(position, data)
    return Garbled(position, data, "not a JSON object")


def record_of(line: Line) -> Record | Garbled:
    """The record that a line spells."""
    try:
        return _RECORD.decode(line.data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return Garbled(line.position, line.data, str(error))
