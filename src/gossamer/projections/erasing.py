"""Changes to a projection's file by others than the recorder: what goes by them leaves no bytes behind."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import sleep
from typing import Final

from gossamer.projections.file import BUSY_S

_TRIES: Final = 20
_PAUSE_S: Final = 0.1
"""A reader is done within a page's time."""


@contextmanager
def erasing(path: Path) -> Iterator[sqlite3.Connection]:
    """One transaction beside the recorder's, of which no bytes are left in the file or its log."""
    file = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)
    try:
        file.execute("PRAGMA secure_delete=ON")
        file.execute("BEGIN IMMEDIATE")
        yield file
        file.execute("COMMIT")
        _empty_log(file)
    finally:
        file.close()


def _empty_log(file: sqlite3.Connection) -> None:
    """Old pages stand in it until nobody reads them any more."""
    for _ in range(_TRIES):
        (is_busy, _, _) = file.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if not is_busy:
            return
        sleep(_PAUSE_S)
    raise sqlite3.OperationalError("it is deleted, but others read the file, and its log still has it: delete it again")
