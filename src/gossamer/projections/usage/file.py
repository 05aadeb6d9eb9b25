"""Writes `usage.db`: sums by minute, for a while, and by day, for good. Both move with the position of the journal."""

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Final

import msgspec

from gossamer.projections.file import DELETED_A_TIME, ProjectionFile
from gossamer.projections.traces.trace import Trace
from gossamer.projections.usage.sums import MINUTES_PER_DAY, S_PER_MINUTE, Sums, Who, summed

_TABLE: Final = """
    CREATE TABLE {name} (
        at INTEGER NOT NULL, key TEXT NOT NULL, user TEXT NOT NULL, agent TEXT NOT NULL, target TEXT NOT NULL,
        requests INTEGER NOT NULL, failed INTEGER NOT NULL, input INTEGER NOT NULL, output INTEGER NOT NULL,
        cached INTEGER NOT NULL, reasoning INTEGER NOT NULL, cost_nanos INTEGER NOT NULL, unpriced INTEGER NOT NULL,
        PRIMARY KEY (at, key, user, agent, target)
    ) WITHOUT ROWID;
"""
STEPS: Final = (_TABLE.format(name="minutes") + _TABLE.format(name="days"),)
_ADD: Final = """
    INSERT INTO {name} VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET
        requests = requests + excluded.requests, failed = failed + excluded.failed,
        input = input + excluded.input, output = output + excluded.output,
        cached = cached + excluded.cached, reasoning = reasoning + excluded.reasoning,
        cost_nanos = cost_nanos + excluded.cost_nanos, unpriced = unpriced + excluded.unpriced
"""
_ADD_MINUTES: Final = _ADD.format(name="minutes")
_ADD_DAYS: Final = _ADD.format(name="days")


class UsageFile(ProjectionFile):
    def __init__(self, path: Path) -> None:
        super().__init__(path, STEPS)

    def store(self, traces: Iterable[Trace], moved: Mapping[str, int], gone: Collection[str]) -> None:
        """Each once: with the position, or not at all."""
        found = summed(trace.record for trace in traces).items()
        with self.moving(moved, gone) as run:
            run.executemany(_ADD_MINUTES, [_row(minute, who, sums) for (minute, who), sums in found])
            run.executemany(_ADD_DAYS, [_row(minute // MINUTES_PER_DAY, who, sums) for (minute, who), sums in found])

    def forget_before(self, at: float) -> int:
        """Minutes, as many as go at once; how many that were. Days stay."""
        found = self.run.execute(
            "DELETE FROM minutes WHERE (at, key, user, agent, target) IN "
            "(SELECT at, key, user, agent, target FROM minutes WHERE at < ? ORDER BY at LIMIT ?)",
            (int(at) // S_PER_MINUTE, DELETED_A_TIME),
        )
        return found.rowcount


def _row(at: int, who: Who, sums: Sums) -> tuple[int | str, ...]:
    return (at, *who, *msgspec.structs.astuple(sums))
