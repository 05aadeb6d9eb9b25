"""Which traces have a value, noted for 1,024 of them at a time: a mark names those of a block by bits.

It does for searches what an index for each column would, at a tenth of the cost, and several marks of a block are
quickly laid over each other. A trace that a mark names may be gone or another by now; one that has a value is named.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Final

BLOCK_BITS: Final = 10
IN_BLOCK: Final = (1 << BLOCK_BITS) - 1
MARKED: Final = ("status", "outcome", "key", "user", "agent", "model", "target", "session")
"""Columns that searches ask for by value."""
SLOW: Final = "slow"
DEAR: Final = "dear"
"""By powers of two: the length in bits of the microseconds that it took, and of the nano-dollars that it cost."""

Row = tuple[str | int | bytes | None, ...]
Mark = tuple[str, object]
"""Kind and value."""

_SPAN: Final = """
    INSERT INTO blocks VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
        first_us = min(first_us, excluded.first_us), last_us = max(last_us, excluded.last_us),
        slowest_us = max(slowest_us, excluded.slowest_us), dearest_nanos = max(dearest_nanos, excluded.dearest_nanos)
"""
_MARK: Final = "INSERT INTO marks VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET bits = excluded.bits"
_MARKS: Final = "SELECT kind, value, bits FROM marks WHERE block = ?"


def forget_session(run: sqlite3.Connection, session: str) -> None:
    """Its marks where no trace has it any more: another user's may have the same name."""
    blocks = run.execute("SELECT block FROM marks WHERE kind = 'session' AND value = ?", (session,)).fetchall()
    for (block,) in blocks:
        begin = block << BLOCK_BITS
        bounds = begin, begin + IN_BLOCK, session
        if run.execute("SELECT 1 FROM traces WHERE n BETWEEN ? AND ? AND session = ?", bounds).fetchone() is None:
            run.execute("DELETE FROM marks WHERE kind = 'session' AND value = ? AND block = ?", (session, block))


class Blocks:
    """Of the one who writes. `columns`: what rows consist of, the number of the trace first."""

    def __init__(self, columns: Sequence[str]) -> None:
        self._at, self._total, self._cost = map(columns.index, ("at_us", "total_us", "cost_nanos"))
        begin = columns.index(MARKED[0])
        self._marked = slice(begin, begin + len(MARKED))
        assert tuple(columns[self._marked]) == MARKED
        self._block = -1
        self._bits: dict[Mark, int] = {}
        """The marks of the block that was written last. Some may name what was undone or has gone."""

    def note(self, run: sqlite3.Connection, rows: Sequence[Row]) -> None:
        """In the transaction that stores the rows, which follow each other by number."""
        for block, found in groupby(rows, _block_of):
            self._note_one(run, block, list(found))

    def forget(self, run: sqlite3.Connection, before_us: int) -> None:
        """Blocks in which nothing is left, since all of it was before that."""
        run.execute("DELETE FROM marks WHERE block IN (SELECT n FROM blocks WHERE last_us < ?)", (before_us,))
        run.execute("DELETE FROM blocks WHERE last_us < ?", (before_us,))

    def _note_one(self, run: sqlite3.Connection, block: int, rows: list[Row]) -> None:
        if block != self._block:
            self._block = block
            self._bits = {(kind, value): bits_of(data) for kind, value, data in run.execute(_MARKS, (block,))}
        columns = list(zip(*rows, strict=True))
        at, total, cost = columns[self._at], columns[self._total], columns[self._cost]
        run.execute(_SPAN, (block, min(at), max(at), max(total), max(filter(None, cost), default=0)))
        changed: list[tuple[int, str, object, bytes]] = []
        for mark, bits in self._marks(rows).items():
            self._bits[mark] = now = self._bits.get(mark, 0) | bits
            changed.append((block, *mark, now.to_bytes((now.bit_length() + 7) // 8, "little")))
        run.executemany(_MARK, changed)

    def _marks(self, rows: Iterable[Row]) -> dict[Mark, int]:
        """Most rows have most in common with others: so these are put together first."""
        alike: defaultdict[Row, int] = defaultdict(int)
        found: defaultdict[Mark, int] = defaultdict(int)
        marked, total, cost = self._marked, self._total, self._cost
        for row in rows:
            bit = 1 << (row[0] & IN_BLOCK)  # type: ignore[operator]  # a number
            alike[row[marked]] |= bit
            found[SLOW, row[total].bit_length()] |= bit  # type: ignore[union-attr]  # so is this
            if row[cost]:
                found[DEAR, row[cost].bit_length()] |= bit  # type: ignore[union-attr]  # and this
        for values, bits in alike.items():
            for kind, value in zip(MARKED, values, strict=True):
                if value is not None:
                    found[kind, value] |= bits
        return found


def bits_of(data: bytes) -> int:
    return int.from_bytes(data, "little")


def numbers_of(block: int, bits: int) -> list[int]:
    """Of the traces that the bits stand for."""
    begin = block << BLOCK_BITS
    return [begin + place for place in range(bits.bit_length()) if bits >> place & 1]


def _block_of(row: Row) -> int:
    number = row[0]
    assert isinstance(number, int)
    return number >> BLOCK_BITS
