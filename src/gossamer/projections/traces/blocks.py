"""Which traces have a value, noted for 1,024 of them at a time: a mark names those of a block by bits.

It does for searches what an index for each column would, at a tenth of the cost, and several marks of a block are
quickly laid over each other. A trace that a mark names may be gone by now; one that has a value is named. A block is
marked once, when it is full; what stands behind the last one is few, and simply read.
"""

import sqlite3
from collections.abc import Iterable, Mapping
from typing import Final

BLOCK_BITS: Final = 10
IN_BLOCK: Final = (1 << BLOCK_BITS) - 1
MARKED: Final = ("status", "outcome", "key", "user", "agent", "model", "target", "session")
"""Columns that searches ask for by value."""
SLOW: Final = "slow"
DEAR: Final = "dear"
"""By powers of two: the length in bits of the microseconds that it took, and of the nano-dollars that it cost."""

Value = str | int | None
Mark = tuple[str, Value]
"""Kind and value."""
_BITS: Final = [1 << place for place in range(IN_BLOCK + 1)]

_ROWS: Final = f"SELECT n, at_us, total_us, cost_nanos, {', '.join(MARKED)} FROM traces WHERE n BETWEEN ? AND ?"  # noqa: S608 - our own names
_ENDS: Final = "SELECT (SELECT min(n) FROM traces), (SELECT max(n) FROM traces)"
"""Each by itself: asked for together, SQLite reads the whole table."""
_SPAN: Final = "INSERT INTO blocks VALUES (?, ?, ?, ?, ?)"
_MARK: Final = "INSERT INTO marks VALUES (?, ?, ?, ?)"


def forget_session(run: sqlite3.Connection, session: str) -> None:
    """Its marks where no trace has it any more: another user's may have the same name."""
    blocks = run.execute("SELECT block FROM marks WHERE kind = 'session' AND value = ?", (session,)).fetchall()
    for (block,) in blocks:
        begin = block << BLOCK_BITS
        bounds = begin, begin + IN_BLOCK, session
        if run.execute("SELECT 1 FROM traces WHERE n BETWEEN ? AND ? AND session = ?", bounds).fetchone() is None:
            run.execute("DELETE FROM marks WHERE kind = 'session' AND value = ? AND block = ?", (session, block))


def first_unmarked(run: sqlite3.Connection) -> int:
    """The number from which on traces are in no block that is marked. None before it is ever given again."""
    (last,) = run.execute("SELECT ifnull(max(n), -1) FROM blocks").fetchone()
    return (int(last) + 1) << BLOCK_BITS


def full_blocks(run: sqlite3.Connection) -> range:
    """Those that are full, and not marked yet."""
    first, last = run.execute(_ENDS).fetchone()
    if first is None:
        return range(0)
    return range(max(first_unmarked(run), first) >> BLOCK_BITS, (last + 1) >> BLOCK_BITS)


def mark(run: sqlite3.Connection, block: int) -> None:
    """In a transaction. Nothing can come into it afterwards."""
    begin = block << BLOCK_BITS
    rows = run.execute(_ROWS, (begin, begin + IN_BLOCK)).fetchall()
    if not rows:
        return
    numbers, at, total, cost, *marked = zip(*rows, strict=True)
    run.execute(_SPAN, (block, min(at), max(at), max(total), max(filter(None, cost), default=0)))
    columns: dict[str, Iterable[Value]] = dict(zip(MARKED, marked, strict=True))
    columns[SLOW] = [each.bit_length() for each in total]
    columns[DEAR] = [each.bit_length() if each else None for each in cost]
    marks = _marks(numbers, columns).items()
    run.executemany(
        _MARK, [(block, *kind, bits.to_bytes((bits.bit_length() + 7) // 8, "little")) for kind, bits in marks]
    )


def unmark_open(run: sqlite3.Connection) -> None:
    """The release before marked a block while it was filled."""
    (last,) = run.execute("SELECT ifnull(max(n), -1) FROM traces").fetchone()
    for table, column in (("marks", "block"), ("blocks", "n")):
        run.execute(f"DELETE FROM {table} WHERE {column} >= ?", ((last + 1) >> BLOCK_BITS,))  # noqa: S608 - our own names


def forget(run: sqlite3.Connection, before_us: int) -> None:
    """Blocks in which nothing is left, since all of it was before that."""
    run.execute("DELETE FROM marks WHERE block IN (SELECT n FROM blocks WHERE last_us < ?)", (before_us,))
    run.execute("DELETE FROM blocks WHERE last_us < ?", (before_us,))


def _marks(numbers: Iterable[int], columns: Mapping[str, Iterable[Value]]) -> dict[Mark, int]:
    """By the columns: most rows have most in common with others."""
    bits = [_BITS[number & IN_BLOCK] for number in numbers]
    found: dict[Mark, int] = {}
    for kind, values in columns.items():
        of_values: dict[Value, int] = {}
        for value, bit in zip(values, bits, strict=True):
            of_values[value] = of_values.get(value, 0) | bit
        of_values.pop(None, None)
        found.update(((kind, value), together) for value, together in of_values.items())
    return found


def bits_of(data: bytes) -> int:
    return int.from_bytes(data, "little")


def numbers_of(block: int, bits: int) -> list[int]:
    """Of the traces that the bits stand for."""
    begin = block << BLOCK_BITS
    return [begin + place for place in range(bits.bit_length()) if bits >> place & 1]
