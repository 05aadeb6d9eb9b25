"""A session and its turns, as they are stored and found again. Whose a session is, is a part of what it is."""

from typing import Final

import msgspec

from gossamer.core.house import house_of, session_digest
from gossamer.core.record import ID_PREFIX_CHARS, MINTED_SESSION, Directed, Finish, Outcome, Record, Usage
from gossamer.projections.traces.trace import US_PER_S

FAILED: Final = 400


class Turn(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One finished request of a session (a checkpoint). `id` is that of its trace."""

    id: str
    at_us: int
    path: str
    status: int
    outcome: Outcome
    total_ns: int
    model: str | None = None
    target: str | None = None
    agent: str | None = None
    directive: Directed | None = None
    usage: Usage | None = None
    cost_nanos: int | None = None
    error: str | None = None
    stream: bool = False
    finish: Finish | None = None


class Session(msgspec.Struct, frozen=True):
    """In the order of the columns."""

    id: str
    name: str
    """X-Session-ID."""
    user: str | None
    key: str
    agent: str | None
    """Of the last turn."""
    began_us: int
    last_us: int
    turns: int
    failed: int
    """Turns that were answered with 400 or above."""
    input: int
    output: int
    cost_nanos: int
    closed_us: int | None = None


def session_id(record: Record, name: str) -> str | None:
    """The same name of another user, or of another key of nobody, is another session. None: nobody asked."""
    if record.key is None:
        return None
    return session_digest(house_of(record.user, record.key), name)


def session_of(record: Record) -> str | None:
    """The same of any record, also of one that was told a name of the gateway's making."""
    return session_id(record, record.session or MINTED_SESSION + record.id[ID_PREFIX_CHARS:])


def marks_of(name: str) -> list[bytes]:
    """One of these is in the journal's line of each of its turns."""
    first = opening_of(name)
    marks = [b'"session":%b' % msgspec.json.encode(name)]
    return marks if first is None else [*marks, b'"id":%b' % msgspec.json.encode(first)]


def opening_of(name: str) -> str | None:
    """The id of the request that was told this name, where the gateway made it."""
    return f"req_{name[ID_PREFIX_CHARS:]}" if name.startswith(MINTED_SESSION) else None


def turn_of(record: Record) -> Turn:
    return Turn(
        record.id,
        round(record.at * US_PER_S),
        record.path,
        record.status,
        record.outcome,
        record.total_ns,
        record.model,
        record.target,
        record.agent,
        record.directive,
        record.usage,
        record.cost_nanos,
        record.error,
        record.stream,
        record.finish,
    )
