"""Searches `traces.db` without ever writing to it, beside the recorder that does."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from gossamer.core.record import Record
from gossamer.projections.file import reading
from gossamer.projections.traces.blocks import BLOCK_BITS, IN_BLOCK, bits_of, first_unmarked, numbers_of
from gossamer.projections.traces.query import MOST_A_PAGE, Query
from gossamer.projections.traces.terms import marks_of, terms_of_blocks, terms_of_place, terms_of_traces
from gossamer.projections.traces.trace import Trace

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
        with reading(self._path) as file:
            if file is None:
                return []
            file.execute("BEGIN")  # all that follows sees one state of the file
            return [_trace(file, "traces.n = ?", n) for _, _, n in _Walk(file, query).found()]

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

    def __init__(self, file: sqlite3.Connection, query: Query) -> None:
        self._file = file
        self._query = query
        self._is_newest = query.order == "newest"
        self._limit = min(query.limit, MOST_A_PAGE)
        self._place = terms_of_place(query)
        self._wanted = terms_of_traces(query)
        self._marks = marks_of(query)

    def found(self) -> list[Found]:
        found = self._nearest()
        return found if found is not None else self._in_blocks()

    def _nearest(self) -> list[Found] | None:
        """None where there may be more further away."""
        most = NEAREST if self._wanted else self._limit
        direction = "DESC" if self._is_newest else "ASC"
        words = (
            f"SELECT at_us, id, n, {self._wanted.words} FROM traces INDEXED BY traces_at WHERE {self._place.words} "  # noqa: S608
            f"ORDER BY at_us {direction}, id {direction} LIMIT {most}"
        )
        found: list[Found] = []
        seen = 0
        for seen, (at_us, trace_id, n, is_wanted) in enumerate(  # noqa: B007 - how many there were
            self._file.execute(words, [*self._wanted.values, *self._place.values]), 1
        ):
            if is_wanted:
                found.append((at_us, trace_id, n))
                if len(found) == self._limit:
                    return found
        return found if seen < most else None

    def _in_blocks(self) -> list[Found]:
        found = sorted(self._read(f"n >= {first_unmarked(self._file)}"), reverse=self._is_newest)[: self._limit]
        for block, edge_us in self._blocks():
            if len(found) == self._limit and (found[-1][0] > edge_us if self._is_newest else found[-1][0] < edge_us):
                break  # no other block has any that comes before these
            if more := self._in_block(block):
                found = sorted(found + more, reverse=self._is_newest)[: self._limit]
        return found

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
