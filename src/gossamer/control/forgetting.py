"""A session deleted for good: in sessions, traces, kept answers and the journal, whatever is still on its way.

Each step may be taken again. Until the last one the session is still listed, so that a deletion which fails can be
asked for again.
"""

import asyncio
from pathlib import Path
from typing import Final

from gossamer.control.kept_answers import KeptAnswers
from gossamer.journal.aside import aside_of
from gossamer.journal.blanking import blank_aside, blank_lines
from gossamer.projections.sessions.search import Sessions
from gossamer.projections.sessions.session import Session, marks_of, opening_of, session_of
from gossamer.projections.traces.query import MOST_A_PAGE, Place, Query
from gossamer.projections.traces.reader import TraceReader
from gossamer.projections.traces.trace import US_PER_S

_ROUNDS: Final = 2
"""A batch that was on its way into the traces when the tombstone came is there by the second."""


async def delete_for_good(
    session: Session, sessions: Sessions, traces: TraceReader, answers: KeptAnswers, data_dir: Path, now_us: int
) -> None:
    """Raises sqlite3.Error, TracesAway and OSError."""
    await asyncio.to_thread(sessions.bury, session.id, now_us)
    for _ in range(_ROUNDS):
        await traces.erase(await asyncio.to_thread(sessions.ids, session.id))
        await _erase_found(session, traces, now_us)
        await asyncio.to_thread(_blank, session, data_dir / "journal", now_us)
    await answers.erase(session.id)  # last: by now all workers know, and keep nothing more
    await asyncio.to_thread(sessions.delete, session.id)


async def _erase_found(session: Session, traces: TraceReader, now_us: int) -> None:
    """Traces that it has no turn of: that came before theirs, or began what only its second turn made a session."""
    first = opening_of(session.name)
    opening = await traces.trace(first) if first is not None else None
    if opening is not None and session_of(opening.record) == session.id:
        await traces.erase([opening.record.id])
    after = None
    while True:
        found = await traces.find(Query(session=session.name, user=session.user, limit=MOST_A_PAGE, after=after))
        ids = [each.record.id for each in found if each.at_us <= now_us and session_of(each.record) == session.id]
        if ids:
            await traces.erase(ids)
        if len(found) < MOST_A_PAGE:
            return
        after = Place(found[-1].at_us, found[-1].record.id)


def _blank(session: Session, journal: Path, now_us: int) -> None:
    marks = marks_of(session.name)
    blank_lines(
        journal,
        marks,
        lambda record: round(record.at * US_PER_S) <= now_us and session_of(record) == session.id,
    )
    blank_aside(aside_of(journal), marks)
