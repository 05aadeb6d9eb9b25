"""A session deleted for good: in sessions, traces, kept answers and the journal, whatever is still on its way.

The calls of an agent's run are a session of their own, named like the run, and hold what was said all the same: what
was asked of agents in a session goes with it, and what these asked of others.

Each step may be taken again. Until the last one the session is still listed, so that a deletion which fails can be
asked for again.
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from gossamer.control.kept_answers import KeptAnswers
from gossamer.core.house import house_of, session_digest
from gossamer.core.record import ID_PREFIX_CHARS
from gossamer.core.runs import RUN_PREFIX
from gossamer.journal.aside import aside_of
from gossamer.journal.blanking import blank_aside, blank_lines
from gossamer.projections.sessions.search import Sessions
from gossamer.projections.sessions.session import Session, marks_of, opening_of, session_of
from gossamer.projections.traces.query import MOST_A_PAGE, Place, Query
from gossamer.projections.traces.reader import TraceReader
from gossamer.projections.traces.trace import US_PER_S

_OF_A_RUN: Final = b'"session":"%b' % RUN_PREFIX.encode()
"""In the journal's line of each call of any run."""
_ROUNDS: Final = 2
"""A batch that was on its way into the traces when the tombstone came is there by the second."""


def family_of(session: Session, sessions: Sessions) -> list[Session]:
    """The runs of agents in it, those below them too, and itself as the last. Raises sqlite3.Error."""
    family, known, unseen = [session], {session.id}, [session]
    while unseen:
        runs = [each for each in _runs_of(unseen.pop(), sessions) if each.id not in known]
        known |= {each.id for each in runs}
        family = [*runs, *family]
        unseen += runs
    return family


def _runs_of(session: Session, sessions: Sessions) -> list[Session]:
    """A run is named like the request that began it, and its calls are a session of that name."""
    house, first = house_of(session.user, session.key), opening_of(session.name)
    asked = {*sessions.ids(session.id), *([first] if first is not None else [])}
    return sessions.several(session_digest(house, RUN_PREFIX + each[ID_PREFIX_CHARS:]) for each in asked)


async def delete_for_good(
    family: Sequence[Session],
    sessions: Sessions,
    traces: TraceReader,
    answers: KeptAnswers,
    data_dir: Path,
    now_us: int,
) -> None:
    """All of a family (family_of). Raises sqlite3.Error, TracesAway and OSError."""
    ids = [each.id for each in family]
    *runs, session = ids
    await asyncio.to_thread(sessions.bury, ids, now_us)
    for _ in range(_ROUNDS):
        await traces.erase(await asyncio.to_thread(sessions.ids, *ids))
        for each in family:
            await _erase_found(each, traces, now_us)
        await asyncio.to_thread(_blank, family, data_dir / "journal", now_us)
    await answers.erase(session, runs)  # last: by now all workers know, and keep nothing more
    await asyncio.to_thread(sessions.delete, ids)


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


def _blank(family: Sequence[Session], journal: Path, now_us: int) -> None:
    """One way through the journal, however many runs there were."""
    ids = {each.id for each in family}
    *runs, session = family
    marks = [*marks_of(session.name), *([_OF_A_RUN] if runs else [])]
    blank_lines(
        journal,
        marks,
        lambda record: round(record.at * US_PER_S) <= now_us and session_of(record) in ids,
    )
    blank_aside(aside_of(journal), [mark for each in family for mark in marks_of(each.name)])
