"""Searches `sessions.db`, and takes sessions out of it, beside the recorder that fills it."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import msgspec

from gossamer.core.record import Content
from gossamer.projections.erasing import erasing
from gossamer.projections.file import reading
from gossamer.projections.sessions.schema import FORGET_CONTENTS
from gossamer.projections.sessions.session import Session, Turn
from gossamer.projections.sessions.states import SPANS, Spans, State

MOST_A_PAGE: Final = 200
_COLUMNS: Final = ", ".join(Session.__struct_fields__)
_TURN: Final = msgspec.json.Decoder(Turn)
_CONTENT: Final = msgspec.json.Decoder(Content)
_EQUAL: Final = ("name", "user", "key", "agent")
_TABLES: Final = (("turns", "session"), ("openings", "session"), ("late_runs", "session"), ("sessions", "id"))
_HAS_LATE_RUNS: Final = "SELECT 1 FROM sqlite_master WHERE name = 'late_runs'"
"""A recorder of this release has opened the file."""
_CLOSED: Final = "closed_us IS NOT NULL AND closed_us >= last_us"


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """All that is given must hold."""

    name: str | None = None
    user: str | None = None
    key: str | None = None
    agent: str | None = None
    state: State | None = None
    since_us: int | None = None
    """Spoken in then or later."""
    until_us: int | None = None
    turns_least: int | None = None
    now_us: int
    spans: Spans = SPANS
    limit: int = 50
    after: tuple[int, str] | None = None


class Sessions:
    def __init__(self, path: Path) -> None:
        self._path = path

    def find(self, query: Query) -> list[Session]:
        """Those that were spoken in last come first. sqlite3.Error where the file cannot be read."""
        terms, values = _terms(query)
        where = f" WHERE {' AND '.join(terms)}" if terms else ""
        words = f"SELECT {_COLUMNS} FROM sessions{where} ORDER BY last_us DESC, id DESC LIMIT ?"  # noqa: S608 - our own names
        return self._read(words, [*values, min(query.limit, MOST_A_PAGE)])

    def session(self, session: str) -> Session | None:
        found = self._read(f"SELECT {_COLUMNS} FROM sessions WHERE id = ?", [session])  # noqa: S608 - our own names
        return found[0] if found else None

    def several(self, ids: Iterable[str]) -> list[Session]:
        """Those of them that are there."""
        words = f"SELECT {_COLUMNS} FROM sessions WHERE id = ?"  # noqa: S608 - our own names
        with reading(self._path) as file:
            rows = [] if file is None else [file.execute(words, (one,)).fetchone() for one in ids]
            return [Session(*row) for row in rows if row is not None]

    def turns(self, session: str, limit: int, after: tuple[int, str] | None = None) -> list[Turn]:
        """In their order."""
        at_us, turn_id = after or (-1, "")
        with reading(self._path) as file:
            if file is None:
                return []
            rows = file.execute(
                "SELECT record FROM turns WHERE session = ? AND (at_us, id) > (?, ?) ORDER BY at_us, id LIMIT ?",
                (session, at_us, turn_id, limit),
            )
            return [_TURN.decode(data) for (data,) in rows]

    def ids(self, *sessions: str) -> list[str]:
        """Of their turns, which are those of their traces."""
        with reading(self._path) as file:
            if file is None:
                return []
            words = "SELECT id FROM turns WHERE session = ?"
            return [turn_id for session in sessions for (turn_id,) in file.execute(words, (session,))]

    def contents(self, ids: Sequence[str]) -> dict[str, Content]:
        """Of these turns, where they are kept here."""
        with reading(self._path) as file:
            if file is None:
                return {}
            found = (
                file.execute("SELECT turn, content FROM contents WHERE turn = ?", (one,)).fetchone() for one in ids
            )
            return {row[0]: _CONTENT.decode(row[1]) for row in found if row is not None}

    def late_runs(self) -> list[Session]:
        """Of sessions that were deleted while they were under way. Of each, what a deletion needs to know."""
        with reading(self._path) as file:
            if file is None or file.execute(_HAS_LATE_RUNS).fetchone() is None:
                return []
            rows = file.execute("SELECT session, name, user, key FROM late_runs").fetchall()
            return [Session(session, name, user, key, None, 0, 0, 0, 0, 0, 0, 0) for session, name, user, key in rows]

    def close(self, session: str, now_us: int) -> None:
        with erasing(self._path) as file:
            file.execute("UPDATE sessions SET closed_us = ? WHERE id = ?", (now_us, session))

    def bury(self, sessions: Sequence[str], now_us: int) -> None:
        """Nothing that was asked in them until now comes in any more, from wherever it is on its way."""
        with erasing(self._path) as file:
            file.executemany("INSERT OR REPLACE INTO gone VALUES (?, ?)", [(each, now_us) for each in sessions])

    def delete(self, sessions: Sequence[str]) -> None:
        """What is there of those that are buried."""
        chosen = [(each,) for each in sessions]
        with erasing(self._path) as file:
            file.executemany(FORGET_CONTENTS, chosen)
            for table, column in _TABLES:
                file.executemany(f"DELETE FROM {table} WHERE {column} = ?", chosen)  # noqa: S608 - our own names

    def _read(self, words: str, values: list[object]) -> list[Session]:
        with reading(self._path) as file:
            return [] if file is None else [Session(*row) for row in file.execute(words, values)]


def _terms(query: Query) -> tuple[list[str], list[object]]:
    terms: list[str] = []
    values: list[object] = []
    given: list[tuple[str, object]] = [(f"{name} = ?", getattr(query, name)) for name in _EQUAL]
    given += [("last_us >= ?", query.since_us), ("last_us < ?", query.until_us), ("turns >= ?", query.turns_least)]
    for term, value in given:
        if value is not None:
            terms.append(term)
            values.append(value)
    if query.state is not None:
        words, bounds = _state_terms(query.state, query.now_us, query.spans)
        terms.append(words)
        values += bounds
    if query.after is not None:
        terms.append("(last_us, id) < (?, ?)")
        values += query.after
    return terms, values


def _state_terms(state: State, now_us: int, spans: Spans) -> tuple[str, list[int]]:
    """As `state_at` has it, in the words of the database."""
    idle_us, expired_us = now_us - spans.idle_us, now_us - spans.expired_us
    match state:
        case "open":
            return f"last_us > ? AND NOT ({_CLOSED})", [idle_us]
        case "idle":
            return f"last_us <= ? AND last_us > ? AND NOT ({_CLOSED})", [idle_us, expired_us]
        case "closed":
            return f"{_CLOSED} AND (last_us > ? OR closed_us >= last_us + ?)", [expired_us, spans.expired_us]
        case "expired":
            return f"last_us <= ? AND NOT ({_CLOSED} AND closed_us >= last_us + ?)", [expired_us, spans.expired_us]
