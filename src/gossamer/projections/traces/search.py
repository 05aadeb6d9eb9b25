"""Searches `traces.db` without ever writing to it, beside the recorder that does."""

import sqlite3
from collections.abc import Sequence
from math import inf
from pathlib import Path
from time import monotonic
from typing import Final

import msgspec

from gossamer.core.record import Record
from gossamer.projections.file import reading
from gossamer.projections.traces.blocks import BLOCK_BITS, IN_BLOCK, bits_of, first_unmarked, numbers_of
from gossamer.projections.traces.query import MOST_A_PAGE, Place, Query
from gossamer.projections.traces.terms import marks_of, terms_of_blocks, terms_of_place, terms_of_traces
from gossamer.projections.traces.trace import Trace, TracePage

NEAREST: Final = 2_000
"""Traces that are simply read, a few milliseconds: what is not rare is found among them."""
_RECORD: Final = msgspec.json.Decoder(Record)
_SELECT: Final = "SELECT record, names FROM traces LEFT JOIN stages ON stages.n = traces.stages"
_BITS: Final = "SELECT bits FROM marks WHERE block = ? AND kind = ? AND value BETWEEN ? AND ?"

Found = tuple[int, str, int]
"""Arrival, id and number of a trace: they sort as pages do."""


class TraceSearch:
    def __init__(self, path: Path) -> None:
        self._path = path

    def find(self, query: Query) -> list[Trace]:
        """In the order asked for. sqlite3.Error where the file cannot be read."""
        return self.page(query, None).traces

    def page(self, query: Query, within_s: float | None) -> TracePage:
        """What is found within that time, and from where on there may be more. sqlite3.Error as above."""
        with reading(self._path) as file:
            if file is None:
                return TracePage([], None)
            file.execute("BEGIN")  # all that follows sees one state of the file
            found, rest = _Walk(file, query, within_s).found()
            return TracePage([_trace(file, "traces.n = ?", n) for _, _, n in found], rest)

    def several(self, ids: Sequence[str]) -> list[Trace]:
        """Those of them that are there."""
        with reading(self._path) as file:
            if file is None:
                return []
            found = [file.execute("SELECT n FROM traces WHERE id = ?", (one,)).fetchone() for one in ids]
            return [_trace(file, "traces.n = ?", row[0]) for row in found if row is not None]

    def trace(self, trace_id: str) -> Trace | None:
        with reading(self._path) as file:
            is_there = file and file.execute("SELECT 1 FROM traces WHERE id = ?", (trace_id,)).fetchone()
            return _trace(file, "id = ?", trace_id) if file and is_there else None


class _Walk:
    """First through what is nearest in time; then through what is not marked yet, and through the blocks that have what
    is wanted, the nearest first.
    """

    def __init__(self, file: sqlite3.Connection, query: Query, within_s: float | None = None) -> None:
        self._file = file
        self._query = query
        self._until = inf if within_s is None else monotonic() + within_s
        self._is_newest = query.order == "newest"
        self._limit = min(query.limit, MOST_A_PAGE)
        self._place = terms_of_place(query)
        self._wanted = terms_of_traces(query)
        self._marks = marks_of(query)

    def found(self) -> tuple[list[Found], Place | None]:
        """And from where on there may be more."""
        found, reached = self._nearest()
        if reached is not None and len(found) < self._limit and not self._is_late():
            found, reached = self._in_blocks(found, reached)
        return found, Place(*found[-1][:2]) if len(found) == self._limit else reached

    def _nearest(self) -> tuple[list[Found], Place | None]:
        """And where those end that were looked at; None where there are no more."""
        most = NEAREST if self._wanted else self._limit
        direction = "DESC" if self._is_newest else "ASC"
        words = (
            f"SELECT at_us, id, n, {self._wanted.words} FROM traces INDEXED BY traces_at WHERE {self._place.words} "  # noqa: S608
            f"ORDER BY at_us {direction}, id {direction} LIMIT {most}"
        )
        found: list[Found] = []
        rows = self._file.execute(words, [*self._wanted.values, *self._place.values])
        for seen, (at_us, trace_id, n, is_wanted) in enumerate(rows, 1):
            if is_wanted:
                found.append((at_us, trace_id, n))
            if seen == most or len(found) == self._limit or self._is_late():
                return found, Place(at_us, trace_id)
        return found, None

    def _in_blocks(self, nearest: list[Found], reached: Place) -> tuple[list[Found], Place | None]:
        found = self._first(nearest, self._read(f"n >= {first_unmarked(self._file)}"))
        for block, edge_us in self._blocks():
            if len(found) == self._limit and (found[-1][0] > edge_us if self._is_newest else found[-1][0] < edge_us):
                break  # no other block has any that comes before these
            if self._is_late():
                return self._up_to(edge_us, found, reached)
            found = self._first(found, self._in_block(block))
        return found, None

    def _first(self, found: list[Found], more: list[Found]) -> list[Found]:
        return sorted({*found, *more}, reverse=self._is_newest)[: self._limit] if more else found

    def _up_to(self, edge_us: int, found: list[Found], reached: Place) -> tuple[list[Found], Place]:
        """`edge_us`: where the first block begins that was not read. What comes before it was seen, and all that was
        looked at one by one; what was found behind both may have others before it, and is found again.
        """
        if self._is_newest:
            rest = min((edge_us + 1, ""), (reached.at_us, reached.id))
            return [each for each in found if each[:2] >= rest], Place(*rest)
        rest = max((edge_us, ""), (reached.at_us, reached.id))
        return [each for each in found if each[:2] <= rest], Place(*rest)

    def _is_late(self) -> bool:
        return monotonic() > self._until

    def _in_block(self, block: int) -> list[Found]:
        """Marks say which may be wanted; the traces themselves, whether they are."""
        begin = block << BLOCK_BITS
        place = f"n BETWEEN {begin} AND {begin + IN_BLOCK}"
        if self._marks:
            numbers = numbers_of(block, self._marked(block))
            if not numbers:
                return []
            place = f"n IN ({', '.join(map(str, numbers))})"
        return self._read(place)

    def _read(self, place: str) -> list[Found]:
        """By numbers: all that is wanted of them."""
        terms = self._place + self._wanted
        words = f"SELECT at_us, id, n FROM traces NOT INDEXED WHERE {place} AND {terms.words}"  # noqa: S608
        return self._file.execute(words, terms.values).fetchall()

    def _marked(self, block: int) -> int:
        """The bits that all marks have in common."""
        common = -1
        for kind, least, most in self._marks:
            found = 0
            for (data,) in self._file.execute(_BITS, (block, kind, least, most)):
                found |= bits_of(data)
            common &= found
            if not common:
                break
        return common

    def _blocks(self) -> list[tuple[int, int]]:
        """Those that may have what is wanted, and where in time they begin, seen from where the search begins."""
        edge, direction = ("last_us", "DESC") if self._is_newest else ("first_us", "ASC")
        terms = terms_of_blocks(self._query)
        words = f"SELECT n, {edge} FROM blocks WHERE {terms.words} ORDER BY {edge} {direction}"  # noqa: S608
        return self._file.execute(words, terms.values).fetchall()


def _trace(file: sqlite3.Connection, term: str, value: int | str) -> Trace:
    data, names = file.execute(f"{_SELECT} WHERE {term}", (value,)).fetchone()
    return Trace(_RECORD.decode(data), data, tuple(names.split()))
