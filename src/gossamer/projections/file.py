"""A SQLite file with one projection in it: its tables, brought up to date, and how far of the journal it has.

Written by one thread of the recorder, read by anybody. What is written goes with the position that it stands for.
"""

import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import quote

BUSY_S: Final = 5.0
"""How long somebody else may hold the lock, such as a shell that somebody left open over the file."""
READ_BUSY_S: Final = 2.0
DELETED_A_TIME: Final = 5_000
"""Rows, some 20 ms: what is to be stored does not wait longer for what is to go."""
_POSITIONS: Final = "CREATE TABLE positions (segment TEXT PRIMARY KEY, offset INTEGER NOT NULL) WITHOUT ROWID;"


class NewerFile(Exception):
    """A later release has written it."""


class ProjectionFile:
    """`steps`: what makes the tables, one after the other; a newer release adds some at the end."""

    def __init__(self, path: Path, steps: Sequence[str]) -> None:
        self.run = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
        path.chmod(0o600)
        # Pages of 8 KiB are fewer to write and to find; a file that is there keeps its own.
        # What a power cut takes of the newest, the journal brings again.
        for pragma in ("page_size=8192", "journal_mode=WAL", "synchronous=NORMAL"):
            self.run.execute(f"PRAGMA {pragma}")
        self._bring_up((_POSITIONS, *steps))

    def positions(self) -> dict[str, int]:
        return dict(self.run.execute("SELECT segment, offset FROM positions"))

    @contextmanager
    def moving(self, moved: Mapping[str, int], gone: Collection[str]) -> Iterator[sqlite3.Connection]:
        """A transaction that ends with these positions; undone if it is left by an error."""
        run = self.run
        run.execute("BEGIN IMMEDIATE")
        try:
            yield run
            run.executemany("INSERT OR REPLACE INTO positions VALUES (?, ?)", list(moved.items()))
            run.executemany("DELETE FROM positions WHERE segment = ?", [(name,) for name in gone])
            run.execute("COMMIT")
        except BaseException:
            if run.in_transaction:  # else the database has undone it by itself
                run.execute("ROLLBACK")
            raise

    def close(self) -> None:
        self.run.close()

    def _bring_up(self, steps: Sequence[str]) -> None:
        """All steps that it has not had, each whole or not at all."""
        (done,) = self.run.execute("PRAGMA user_version").fetchone()
        if done > len(steps):
            raise NewerFile(f"it was written by a later release (schema {done}, known here: {len(steps)})")
        for number, step in enumerate(steps[done:], done + 1):
            self.run.executescript(f"BEGIN IMMEDIATE; {step} PRAGMA user_version = {number}; COMMIT;")


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection | None]:
    """Opened for one question: the file may not be there yet (None), or be another by the next one."""
    if not path.exists():
        yield None
        return
    connection = open_to_read(path)
    try:
        yield connection
    finally:
        connection.close()


def open_to_read(path: Path) -> sqlite3.Connection:
    """Nothing can be written by it. sqlite3.OperationalError where there is no such file."""
    return sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=READ_BUSY_S, isolation_level=None)
