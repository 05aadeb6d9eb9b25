"""From the bytes of a segment to its whole lines, whether it is complete, being written or left by a dead process.

Every byte of a segment is NUL until it is written, and final from then on, but for what is blanked (blanking.py). JSON
never holds a NUL. So whatever lies before the first NUL is good, and a line without its newline is one that is being
written, or never was to the end.
"""

import os
from collections.abc import Iterator
from typing import NamedTuple

BLOCK_BYTES = 64 * 1024
"""Read at a time: about 100 lines, and the block stays in the processor's cache."""


class Piece(NamedTuple):
    """Lines that follow each other, and where they end. None at all where nothing new is whole."""

    lines: list[bytes]
    """Without their newlines."""
    end: int
    is_newest: bool = False
    """Nothing was written behind them."""


def piece_at(fd: int, offset: int) -> Piece:
    """The whole lines from `offset` to the end of its block, or the one that is longer than that.

    Blocks lie at fixed places of a file: readers that began at different lines get the same pieces from the next
    block on.
    """
    found = os.pread(fd, BLOCK_BYTES - offset % BLOCK_BYTES, offset)
    while True:
        nul = found.find(b"\0")
        length = found.rfind(b"\n", 0, len(found) if nul < 0 else nul) + 1
        if length:
            return Piece(found[: length - 1].split(b"\n"), offset + length, is_newest=nul >= 0)
        if nul >= 0 or not (more := os.pread(fd, BLOCK_BYTES, offset + len(found))):
            return Piece([], offset)
        found += more


def hole_at(fd: int, offset: int) -> Piece:
    """What no whole line begins with, at a place that nobody writes to any more: the bytes up to the first NUL, or to
    the end of the file, and where something stands again behind the NULs.
    """
    torn = unfinished_line(fd, offset)
    end = offset + len(torn)
    while block := os.pread(fd, BLOCK_BYTES, end):
        if written := block.lstrip(b"\0"):
            return Piece([torn], end + len(block) - len(written))
        end += len(block)
    return Piece([torn] if torn else [], end)


def whole_lines(fd: int, offset: int) -> Iterator[tuple[int, bytes]]:
    """Every whole line from `offset` on, without its newline, each with the offset that follows it."""
    read_to = offset
    rest = b""
    while block := os.pread(fd, BLOCK_BYTES, read_to):
        read_to += len(block)
        written, nul, _ = block.partition(b"\0")
        *lines, rest = (rest + written).split(b"\n")
        for line in lines:
            offset += len(line) + 1
            yield offset, line
        if nul:
            return


def unfinished_line(fd: int, offset: int) -> bytes:
    """What is written from `offset` on and has no newline, given that no whole line begins there."""
    found = bytearray()
    while block := os.pread(fd, BLOCK_BYTES, offset + len(found)):
        written, nul, _ = block.partition(b"\0")
        found += written
        if nul:
            break
    return bytes(found)


def end_of_lines(fd: int) -> int:
    """Where the last whole line ends."""
    size = os.fstat(fd).st_size
    if size and os.pread(fd, 1, size - 1) == b"\n":
        return size
    return max((offset for offset, _ in whole_lines(fd, 0)), default=0)


def is_written(fd: int, offset: int) -> bool:
    """Whether a byte stands at `offset`: the cheapest look for something new."""
    return os.pread(fd, 1, offset) not in (b"", b"\0")
