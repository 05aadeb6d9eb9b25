"""The journal, decoded piece by piece, once for all sinks that stand at the same place; and redacted once, too.

A piece that one sink has read is kept for the others until all have had it, or until there are too many; whoever comes
later reads it again. A sink that lags behind falls into step where the next block of the file begins. Nothing here
decides what a sink gets: a piece is what stands in the file, whoever reads it.
"""

import threading
from contextlib import suppress
from itertools import accumulate
from pathlib import Path
from time import monotonic, sleep
from typing import Final

import msgspec
from msgspec.structs import replace

from gossamer.core.record import Record
from gossamer.journal.lines import Piece
from gossamer.journal.marks import MARK
from gossamer.journal.reader import Garbled, Line, Position, entry_of, read_header, record_of
from gossamer.journal.reading import Reading
from gossamer.recorder.batch import Kept, life_of
from gossamer.recorder.veil import Veil, bare

MOST_BYTES: Final = 2 * 1024 * 1024
"""Of lines; decoded they take about four times that. Two looks of a sink at 10,000 requests a second."""
JUST_NOW_S: Final = 0.1
"""Sinks that look at the same moment read within it; the look before was longer ago."""
MOST_SEGMENTS: Final = 256
"""Whose stages are known without another look at their first line."""
_HALF_DONE_S: Final = 0.005
"""What is no record may be one of which somebody is just taking out what was said (journal/blanking.py)."""
_DECODE: Final = msgspec.json.Decoder(Record).decode


class Chunk(msgspec.Struct, frozen=True):
    """Some whole lines of one segment."""

    lines: list[bytes]
    kept: list[Kept]
    garbled: list[Garbled]
    end: int
    """The offset behind them."""
    newest_at: float | None = None
    """On the monotonic clock, when it was read and nothing stood behind it."""

    def __len__(self) -> int:
        return len(self.kept) + len(self.garbled)

    def __bool__(self) -> bool:
        return bool(self.lines or self.garbled)

    def is_newest(self) -> bool:
        """Whether that was just now: what has come since can wait for the next look."""
        return self.newest_at is not None and monotonic() - self.newest_at < JUST_NOW_S

    @property
    def last(self) -> bytes:
        return self.lines[-1] if self.lines else b""


class Chunks:
    """Used by several threads. What it holds up is one piece's decoding: less than a millisecond, or a few where there
    is content to be redacted. `veil`: what of records anybody here may see.
    """

    def __init__(self, directory: Path, most_bytes: int = MOST_BYTES, *, veil: Veil = bare) -> None:
        self._directory = directory
        self._veil = veil
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._chunks: dict[tuple[str, int], Chunk] = {}
        self._taken: dict[tuple[str, int], int] = {}
        self._bytes = 0
        self._readers = 0
        self._origins: dict[str, tuple[tuple[str, ...], str]] = {}
        """Of each segment: the names of its stages, and which life wrote it."""

    def join(self) -> None:
        """One more reads along."""
        with self._lock:
            self._readers += 1

    def leave(self) -> None:
        with self._lock:
            self._readers -= 1

    def at(self, reading: Reading) -> Chunk:
        """What comes next there: nothing where nothing is new."""
        place = reading.segment, reading.offset
        with self._lock:
            chunk = self._chunks.get(place)
            if chunk is None:
                chunk = self._read(reading)
                if not chunk or self._readers < 2:
                    return chunk
                self._keep(place, chunk)
            self._taken[place] += 1
            if self._taken[place] >= self._readers:
                self._drop(place)
            return chunk

    def first(self, reading: Reading, chunk: Chunk, most: int) -> Chunk:
        """Of a chunk that begins there, so many lines that hold `most` entries."""
        found = 0
        for number, line in enumerate(chunk.lines, 1):
            found += not line.startswith(MARK)
            if found == most:
                return self._cut(reading, chunk, number)
        return chunk

    def before(self, reading: Reading, chunk: Chunk, offset: int) -> Chunk:
        """Of a chunk that begins there, what ends by `offset`."""
        if chunk.end <= offset:
            return chunk
        ends = accumulate((len(line) + 1 for line in chunk.lines), initial=reading.offset)
        return self._cut(reading, chunk, sum(end <= offset for end in ends) - 1)

    def _cut(self, reading: Reading, chunk: Chunk, lines: int) -> Chunk:
        with self._lock:
            return self._decoded(reading, chunk.lines[:lines])

    # --- inside: under the lock ---

    def _read(self, reading: Reading) -> Chunk:
        piece = reading.piece()
        if piece.lines:
            chunk = self._decoded(reading, piece.lines)
            while chunk.garbled and (again := _later(reading)).lines[: len(piece.lines)] != piece.lines:
                piece, chunk = again, self._decoded(reading, again.lines)
            newest_at = monotonic() if piece.is_newest and not reading.is_complete else None
            return replace(chunk, newest_at=newest_at)
        hole = reading.hole()
        if hole is None:
            return Chunk([], [], [], reading.offset)
        return Chunk([], [], [hole], hole.position.offset)

    def _decoded(self, reading: Reading, lines: list[bytes]) -> Chunk:
        stages, life = self._origin(reading.segment)
        end = reading.offset + sum(map(len, lines)) + len(lines)
        try:
            records = map(_DECODE, lines)
            kept = [Kept(*each, stages, life) for each in zip(records, lines, strict=True)]
        except (msgspec.DecodeError, UnicodeDecodeError):
            return self._sorted(reading, lines, end)
        return Chunk(lines, self._veil(kept), [], end)

    def _sorted(self, reading: Reading, lines: list[bytes], end: int) -> Chunk:
        """Line by line, where not all of them are records."""
        stages, life = self._origin(reading.segment)
        kept: list[Kept] = []
        garbled: list[Garbled] = []
        offset = reading.offset
        for data in lines:
            offset += len(data) + 1
            entry = entry_of(Position(reading.segment, offset), data)
            record = record_of(entry) if isinstance(entry, Line) else entry
            if isinstance(record, Record):
                kept.append(Kept(record, data, stages, life))
            elif record is not None:
                garbled.append(record)
        return Chunk(lines, self._veil(kept), garbled, end)

    def _keep(self, place: tuple[str, int], chunk: Chunk) -> None:
        self._chunks[place] = chunk
        self._taken[place] = 0
        self._bytes += chunk.end - place[1]
        while self._bytes > self._most_bytes and len(self._chunks) > 1:
            self._drop(next(iter(self._chunks)))

    def _drop(self, place: tuple[str, int]) -> None:
        self._bytes -= self._chunks.pop(place).end - place[1]
        del self._taken[place]

    def _origin(self, segment: str) -> tuple[tuple[str, ...], str]:
        found = self._origins.get(segment)
        if found is None:
            if len(self._origins) >= MOST_SEGMENTS:
                self._origins.clear()
            found = self._origins[segment] = self._stages(segment), life_of(segment)
        return found

    def _stages(self, segment: str) -> tuple[str, ...]:
        with suppress(OSError):  # gone since it was read: its records are whole but for these names
            header = read_header(self._directory / segment)
            return header.stages if header is not None else ()
        return ()


def _later(reading: Reading) -> Piece:
    sleep(_HALF_DONE_S)
    return reading.piece()
