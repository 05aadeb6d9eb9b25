"""Writes `traces.db`. A trace that is there already stays as it is."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Final

from gossamer.projections.file import DELETED_A_TIME, ProjectionFile
from gossamer.projections.traces import blocks
from gossamer.projections.traces.schema import STEPS
from gossamer.projections.traces.trace import NS_PER_US, US_PER_S, Trace

COLUMNS: Final = (
    "n",
    "id",
    "at_us",
    "status",
    "outcome",
    "key",
    "user",
    "agent",
    "model",
    "target",
    "session",
    "total_us",
    "cost_nanos",
    "request_id",
    "path",
    "error",
    "stages",
    "record",
)
_INSERT: Final = f"INSERT OR IGNORE INTO traces VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608 - question marks
_FORGET: Final = "DELETE FROM traces WHERE n IN (SELECT n FROM traces WHERE at_us < ? ORDER BY at_us, id LIMIT ?)"

_INSERT_CONTENT: Final = "INSERT OR IGNORE INTO contents VALUES (?, ?)"

Row = tuple[str | int | bytes | None, ...]


class TraceFile(ProjectionFile):
    def __init__(self, path: Path) -> None:
        super().__init__(path, STEPS)
        self._stages: dict[tuple[str, ...], int] = {}
        self._mark_old()

    def store(self, traces: Sequence[Trace], moved: Mapping[str, int], gone: Collection[str]) -> None:
        """All of it, or nothing."""
        try:
            with self.moving(moved, gone) as run:
                stages = {names: self._number_of(names) for names in {trace.stages for trace in traces}}
                (last,) = run.execute("SELECT ifnull(max(n), 0) FROM traces").fetchone()
                begin = max(last + 1, blocks.first_unmarked(run))
                run.executemany(_INSERT, [_row(n, each, stages[each.stages]) for n, each in enumerate(traces, begin)])
                for block in blocks.full_blocks(run):
                    blocks.mark(run, block)
                if contents := [_content_row(trace) for trace in traces if trace.record.content is not None]:
                    run.executemany(_INSERT_CONTENT, contents)
        except BaseException:
            self._stages.clear()  # some may have been made in what was undone
            raise

    def forget_before(self, at: float) -> int:
        """The oldest first, as many as go at once; how many that were."""
        before_us = round(at * US_PER_S)
        with self.moving({}, ()) as run:
            count = run.execute(_FORGET, (before_us, DELETED_A_TIME)).rowcount
            if 0 < count < DELETED_A_TIME:
                blocks.forget(run, before_us)
        return count

    def _mark_old(self) -> None:
        """What the release before has left unmarked, or marked too early. Whoever dies over it goes on here."""
        with self.moving({}, ()) as run:
            blocks.unmark_open(run)
        for block in blocks.full_blocks(self.run):
            with self.moving({}, ()) as run:
                blocks.mark(run, block)

    def _number_of(self, names: tuple[str, ...]) -> int:
        number = self._stages.get(names)
        if number is None:
            text = " ".join(names)
            self.run.execute("INSERT OR IGNORE INTO stages (names) VALUES (?)", (text,))
            (number,) = self.run.execute("SELECT n FROM stages WHERE names = ?", (text,)).fetchone()
            self._stages[names] = number
        return int(number)


def _row(n: int, trace: Trace, stages: int) -> Row:
    """In the order of COLUMNS."""
    record = trace.record
    return (
        n,
        record.id,
        round(record.at * US_PER_S),
        record.status,
        record.outcome,
        record.key,
        record.user,
        record.agent,
        record.model,
        record.target,
        record.session,
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
