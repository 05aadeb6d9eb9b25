"""Writes `traces.db`. A trace that is there already stays as it is."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Final

from gossamer.projections.file import DELETED_A_TIME, ProjectionFile
from gossamer.projections.traces.schema import STEPS
from gossamer.projections.traces.trace import NS_PER_US, US_PER_S, Trace

_INSERT: Final = "INSERT OR IGNORE INTO traces VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"

_INSERT_CONTENT: Final = "INSERT OR IGNORE INTO contents VALUES (?, ?)"


class TraceFile(ProjectionFile):
    def __init__(self, path: Path) -> None:
        super().__init__(path, STEPS)
        self._stages: dict[tuple[str, ...], int] = {}

    def store(self, traces: Sequence[Trace], moved: Mapping[str, int], gone: Collection[str]) -> None:
        """All of it, or nothing."""
        try:
            with self.moving(moved, gone) as run:
                numbers = {names: self._number_of(names) for names in {trace.stages for trace in traces}}
                run.executemany(_INSERT, [_row(trace, numbers[trace.stages]) for trace in traces])
                if contents := [_content_row(trace) for trace in traces if trace.record.content is not None]:
                    run.executemany(_INSERT_CONTENT, contents)
        except BaseException:
            self._stages.clear()  # some may have been made in what was undone
            raise

    def forget_before(self, at: float) -> int:
        """The oldest first, as many as go at once; how many that were."""
        found = self.run.execute(
            "DELETE FROM traces WHERE rowid IN (SELECT rowid FROM traces WHERE at_us < ? ORDER BY at_us, id LIMIT ?)",
            (round(at * US_PER_S), DELETED_A_TIME),
        )
        return found.rowcount

    def _number_of(self, names: tuple[str, ...]) -> int:
        number = self._stages.get(names)
        if number is None:
            text = " ".join(names)
            self.run.execute("INSERT OR IGNORE INTO stages (names) VALUES (?)", (text,))
            (number,) = self.run.execute("SELECT n FROM stages WHERE names = ?", (text,)).fetchone()
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


def _content_row(trace: Trace) -> tuple[str, str]:
    """What a search for text goes through."""
    content = trace.record.content
    assert content is not None
    return trace.record.id, f"{content.request}\n{content.answer}"
