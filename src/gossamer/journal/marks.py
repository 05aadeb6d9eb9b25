"""What a journal's files are called, and the two lines in them that are no records. Values in, values out.

A segment is `w00-0006441b2c3d4e5f-00000003.ndjson`: the worker's slot, the life (one start of one process,
named by its time in microseconds, in hex), and a number that counts up from 0 within the life.
So the names of one worker sort by time. The first line of a segment says who writes it, the last that it is complete.
"""

import re
from typing import NamedTuple

import msgspec

FORMAT = 1
"""Goes up when an older reader would misread what a newer writer writes."""
SUFFIX = ".ndjson"
FOOTER_ROOM_BYTES = 128
"""Kept free at the end of every segment for the footer, which takes about 60 with the largest numbers."""

ANY_MARK = b'{"journal":'
MARK = b'{"journal":%d,' % FORMAT
FOOTER_MARK = MARK + b'"sealed":'

_NAME = re.compile(r"w(\d{2,})-([0-9a-f]{16})-(\d{8,})\.ndjson")


class SegmentName(NamedTuple):
    """Sorts by worker, then by time."""

    worker: int
    life: int
    """Unix time in microseconds at which the writing process began; greater than every earlier life of the slot."""
    number: int

    def __str__(self) -> str:
        return f"w{self.worker:02d}-{self.life:016x}-{self.number:08d}{SUFFIX}"

    @property
    def next(self) -> "SegmentName":
        return self._replace(number=self.number + 1)


def parse_name(text: str) -> SegmentName | None:
    """The name that a file name spells; None where the file is no segment."""
    found = _NAME.fullmatch(text)
    return SegmentName(int(found[1]), int(found[2], 16), int(found[3])) if found else None


class Header(msgspec.Struct, frozen=True):
    """The first line of a segment."""

    journal: int
    worker: int
    pid: int
    started: float
    """Unix time."""
    version: str
    stages: tuple[str, ...] = ()
    """What the durations in `stages_ns` of the records below belong to."""


class Footer(msgspec.Struct, frozen=True):
    """The last line of a complete segment."""

    journal: int
    sealed: float
    """Unix time."""
    records: int


def render_mark(mark: Header | Footer) -> bytes:
    return msgspec.json.encode(mark) + b"\n"


def parse_footer(line: bytes) -> Footer | None:
    """The footer that a line is; None where it is another line."""
    return msgspec.json.decode(line, type=Footer) if line.startswith(FOOTER_MARK) else None
