"""Writes `sessions.db`: each turn once, in the order of arrival, whichever worker it came through.

A session whose name the gateway made has a first turn that knew nothing of it. It is looked for among the traces when
the second one comes, and again while the traces may still be behind.
"""

import sqlite3
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from gossamer.core.clock import wall_time
from gossamer.core.record import Record
from gossamer.projections.file import DELETED_A_TIME, ProjectionFile
from gossamer.projections.sessions.schema import FORGET_CONTENTS, STEPS
from gossamer.projections.sessions.session import FAILED, Session, Turn, opening_of, session_id, session_of, turn_of
from gossamer.projections.traces.trace import US_PER_S, Trace

SOUGHT_US: Final = 3600 * US_PER_S
"""For so long a first turn is looked for: a trace store that was away that long has lost more."""

_encode: Final = msgspec.json.Encoder().encode
_PLACES: Final = ", ".join("?" * len(Session.__struct_fields__))
_START: Final = f"""
    INSERT INTO sessions VALUES ({_PLACES}) ON CONFLICT DO UPDATE SET
        agent = CASE WHEN excluded.last_us >= last_us THEN excluded.agent ELSE agent END,
        began_us = min(began_us, excluded.began_us), last_us = max(last_us, excluded.last_us),
        turns = turns + 1, failed = failed + excluded.failed, input = input + excluded.input,
        output = output + excluded.output, cost_nanos = cost_nanos + excluded.cost_nanos
"""  # noqa: S608 - question marks alone
_TURN: Final = "INSERT OR IGNORE INTO turns VALUES (?, ?, ?, ?)"


class SessionFile(ProjectionFile):
    """`find_trace` gives a request by its id, where the traces have it; `most` says how many sessions are kept.

    `forget` is told of what comes too late, of a session that was deleted meanwhile. With `keeps_content` turns hold
    what was said, since no trace does.
    """

    def __init__(
        self,
        path: Path,
        find_trace: Callable[[str], Record | None],
        most: Callable[[], int],
        clock: Callable[[], float] = wall_time,
        *,
        forget: Callable[[Sequence[Record]], None] = lambda _: None,
        keeps_content: bool = False,
    ) -> None:
        super().__init__(path, STEPS)
        self.run.execute("PRAGMA secure_delete=ON")  # what is deleted for good leaves no bytes behind
        self._find_trace = find_trace
        self._most = most
        self._clock = clock
        self._forget = forget
        self._keeps_content = keeps_content

    def store(self, traces: Sequence[Trace], moved: Mapping[str, int], gone: Collection[str]) -> None:
        """All of it, or nothing."""
        late: list[Record] = []
        with self.moving(moved, gone) as run:
            buried = run.execute("SELECT 1 FROM gone LIMIT 1").fetchone() is not None
            for trace in traces:
                record = trace.record
                if buried and _is_late(run, record):
                    late.append(record)
                    _note_late_run(run, record)
                elif record.session is not None:
                    self._add(run, record, record.session)
            self._seek_openings(run)
            if late:
                self._forget(late)

    def forget_before(self, at: float) -> int:
        """The oldest first, as many as go at once: those that nobody spoke in since, and those beyond the most."""
        with self.moving({}, ()) as run:
            self._seek_openings(run)
            (count,) = run.execute("SELECT count(*) FROM sessions").fetchone()
            beyond = min(max(0, count - self._most()), DELETED_A_TIME)
            old = run.execute(
                "SELECT id FROM sessions WHERE last_us < ? ORDER BY last_us, id LIMIT ?",
                (round(at * US_PER_S), DELETED_A_TIME),
            ).fetchall()
            if len(old) < beyond:
                old = run.execute("SELECT id FROM sessions ORDER BY last_us, id LIMIT ?", (beyond,)).fetchall()
            run.executemany(FORGET_CONTENTS, old)
            run.executemany("DELETE FROM turns WHERE session = ?", old)
            run.executemany("DELETE FROM openings WHERE session = ?", old)
            run.executemany("DELETE FROM sessions WHERE id = ?", old)
        return len(old)

    def forget_all(self) -> None:
        """But for what was deleted for good: that stays out."""
        with self.moving({}, ()) as run:
            for table in ("contents", "turns", "openings", "sessions"):
                run.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names

    # --- inside ---

    def _add(self, run: sqlite3.Connection, record: Record, name: str) -> None:
        session = session_id(record, name)
        if session is None:
            return
        turn = turn_of(record)
        if _is_gone(run, session, turn.at_us):
            return  # its opening may be, as it is sought
        if run.execute(_TURN, (session, turn.at_us, turn.id, _encode(turn))).rowcount != 1:
            return  # it is there already
        run.execute(_START, _row(session, name, record, turn))
        if self._keeps_content and record.content is not None:
            run.execute("INSERT OR IGNORE INTO contents VALUES (?, ?)", (turn.id, _encode(record.content)))
        first = opening_of(name)
        if first is not None and first != record.id:
            run.execute("INSERT OR IGNORE INTO openings VALUES (?, ?, ?)", (session, first, self._now_us() + SOUGHT_US))

    def _seek_openings(self, run: sqlite3.Connection) -> None:
        rows = run.execute(
            "SELECT session, first, name FROM openings JOIN sessions ON sessions.id = session WHERE until_us > ?",
            (self._now_us(),),
        ).fetchall()
        for session, first, name in rows:
            record = self._find_trace(first)
            if record is not None:
                if session_id(record, name) == session:
                    self._add(run, record, name)
                run.execute("UPDATE openings SET until_us = 0 WHERE session = ?", (session,))

    def _now_us(self) -> int:
        return round(self._clock() * US_PER_S)


def _is_gone(run: sqlite3.Connection, session: str, at_us: int) -> bool:
    found = run.execute("SELECT at_us FROM gone WHERE session = ?", (session,)).fetchone()
    return found is not None and at_us <= found[0]


def _note_late_run(run: sqlite3.Connection, record: Record) -> None:
    """What it asked is of the deleted session as well, and has come already, as a session of its own."""
    name = record.run
    session = session_id(record, name) if name is not None and name != record.session else None
    if session is not None and not _is_gone(run, session, round(record.at * US_PER_S)):
        row = (session, name, record.user, record.key)
        run.execute("INSERT OR IGNORE INTO late_runs VALUES (?, ?, ?, ?)", row)


def _is_late(run: sqlite3.Connection, record: Record) -> bool:
    session = session_of(record)
    return session is not None and _is_gone(run, session, round(record.at * US_PER_S))


def _row(session: str, name: str, record: Record, turn: Turn) -> tuple[object, ...]:
    usage = record.usage
    return (
        session,
        name,
        record.user,
        record.key,
        record.agent,
        turn.at_us,
        turn.at_us,
        1,
        record.status >= FAILED,
        usage.input if usage is not None else 0,
        usage.output if usage is not None else 0,
        record.cost_nanos or 0,
        None,
    )
