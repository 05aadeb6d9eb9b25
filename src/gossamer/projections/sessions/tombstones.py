"""What was deleted stays away from the traces, too: also what was on its way when it was deleted, and on a replay."""

import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from gossamer.core.record import Record
from gossamer.projections.file import open_to_read
from gossamer.projections.sessions.session import session_of
from gossamer.projections.traces.search import TraceSearch
from gossamer.projections.traces.trace import Trace

Stored = TypeVar("Stored", bound=Trace)


class Tombstones:
    """Of sessions. They are few, and mostly none. Asked by one thread, which keeps the file open in between."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: sqlite3.Connection | None = None
        self._inode = 0
        """Of the file that is open: another may have come in its place."""

    def living(self, traces: list[Stored]) -> list[Stored]:
        """Without those of sessions that were deleted after they came. sqlite3.Error where nobody can say."""
        gone = self._all()
        return [trace for trace in traces if not _is_gone(trace, gone)] if gone else traces

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    # --- inside ---

    def _all(self) -> Mapping[str, int]:
        file = self._opened()
        if file is None:
            return {}
        try:
            return dict(file.execute("SELECT session, at_us FROM gone"))
        except sqlite3.Error:
            self.close()
            raise

    def _opened(self) -> sqlite3.Connection | None:
        """None where there are no sessions yet."""
        try:
            inode = self._path.stat().st_ino
        except FileNotFoundError:
            self.close()
            return None
        if self._file is None or inode != self._inode:
            self.close()
            file = open_to_read(self._path)
            if not file.execute("SELECT 1 FROM sqlite_master WHERE name = 'gone'").fetchone():
                file.close()
                return None
            self._file, self._inode = file, inode
        return self._file


def found_trace(search: TraceSearch, trace_id: str) -> Record | None:
    """None where the traces do not have it, or cannot say now: they are asked again."""
    try:
        found = search.trace(trace_id)
    except sqlite3.Error:
        return None
    return found.record if found is not None else None


def _is_gone(trace: Trace, gone: Mapping[str, int]) -> bool:
    record = trace.record
    session = session_of(record)
    return session is not None and trace.at_us <= gone.get(session, -1)
