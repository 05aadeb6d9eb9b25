"""Stores traces in `traces.db`, with the position of the journal up to which they came, in one transaction.

Asked by one thread. A trace that is there already stays as it is.
"""

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Final

from gossamer.traces.sqlite_schema import bring_up
from gossamer.traces.trace import NS_PER_US, Trace

BUSY_S: Final = 5.0
"""How long somebody else may hold the lock, such as a shell that somebody left open over the file."""
_INSERT: Final = "INSERT OR IGNORE INTO traces VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_DELETED_A_TIME: Final = 5_000
"""Some 20 ms: what is to be stored does not wait longer for what is to go."""


class SqliteTraces:
    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
        path.chmod(0o600)
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL"):  # what a power cut takes, the journal brings again
            self._connection.execute(f"PRAGMA {pragma}")
        bring_up(self._connection)
        self._stages: dict[tuple[str, ...], int] = {}

    def positions(self) -> dict[str, int]:
        return dict(self._connection.execute("SELECT segment, offset FROM positions"))

    def store(self, traces: Sequence[Trace], moved: Mapping[str, int], gone: Collection[str]) -> None:
        """All of it, or nothing."""
        run = self._connection
        run.execute("BEGIN IMMEDIATE")
        try:
            numbers = {names: self._number_of(names) for names in {trace.stages for trace in traces}}
            run.executemany(_INSERT, [_row(trace, numbers[trace.stages]) for trace in traces])
            run.executemany("INSERT OR REPLACE INTO positions VALUES (?, ?)", list(moved.items()))
            run.executemany("DELETE FROM positions WHERE segment = ?", [(name,) for name in gone])
            run.execute("COMMIT")
        except BaseException:
            run.execute("ROLLBACK")
            self._stages.clear()
            raise

    def forget_before(self, at_us: int) -> int:
        """Delete the oldest, as many as go at once; how many that were."""
        found = self._connection.execute(
            "DELETE FROM traces WHERE rowid IN (SELECT rowid FROM traces WHERE at_us < ? ORDER BY at_us, id LIMIT ?)",
            (at_us, _DELETED_A_TIME),
        )
        return found.rowcount

    def close(self) -> None:
        self._connection.close()

    def _number_of(self, names: tuple[str, ...]) -> int:
        number = self._stages.get(names)
        if number is None:
            text = " ".join(names)
            self._connection.execute("INSERT OR IGNORE INTO stages (names) VALUES (?)", (text,))
            (number,) = self._connection.execute("SELECT n FROM stages WHERE names = ?", (text,)).fetchone()
            self._stages[names] = number
        return int(number)


def _row(trace: Trace, stages: int) -> tuple[object, ...]:
    record = trace.record
    return (
        record.id,
        trace.at_us,
        record.status,
        record.outcome,
        record.key,
        record.user,
        record.agent,
        record.model,
        record.target,
        record.total_ns // NS_PER_US,
        record.cost_nanos,
        record.request_id,
        record.path,
        record.error,
        stages,
        trace.data,
    )
