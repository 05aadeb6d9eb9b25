"""What was deleted stays away from the traces, too: also what was on its way when it was deleted, and on a replay."""

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from gossamer.core.record import Record
from gossamer.projections.file import reading
from gossamer.projections.sessions.session import session_of
from gossamer.projections.traces.search import TraceSearch
from gossamer.projections.traces.trace import Trace
from gossamer.projections.traces.writer import TraceFile

Stored = TypeVar("Stored", bound=Trace)


class Tombstones:
    """Of sessions. They are few, and mostly none."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def living(self, traces: list[Stored]) -> list[Stored]:
        """Without those of sessions that were deleted after they came. sqlite3.Error where nobody can say."""
        gone = self._all()
        return [trace for trace in traces if not _is_gone(trace, gone)] if gone else traces

    def _all(self) -> Mapping[str, int]:
        with reading(self._path) as file:
            if file is None or not file.execute("SELECT 1 FROM sqlite_master WHERE name = 'gone'").fetchone():
                return {}
            return dict(file.execute("SELECT session, at_us FROM gone"))


class LivingTraces(TraceFile):
    """Stores none that has a tombstone."""

    def __init__(self, path: Path, tombstones: Tombstones) -> None:
        super().__init__(path)
        self._tombstones = tombstones

    def store(self, traces: Sequence[Trace], moved: Mapping[str, int], gone: Collection[str]) -> None:
        super().store(self._tombstones.living(list(traces)), moved, gone)


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
