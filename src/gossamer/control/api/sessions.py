"""/admin/v1/sessions: conversations. The recorder writes them; here they are read, closed and deleted for good."""

import asyncio
import sqlite3
from collections.abc import Callable
from typing import Annotated, Final, TypeVar

from fastapi import APIRouter, Query

from gossamer.control.api.caller import Asking, Caller
from gossamer.control.api.desk import AtDesk, Desk
from gossamer.control.api.openapi import refused
from gossamer.control.api.shapes.pages import PageOut
from gossamer.control.api.shapes.sessions import SessionAsk, SessionOut, TurnAsk, TurnOut, place_of
from gossamer.control.api.shapes.values import Id
from gossamer.control.forgetting import delete_for_good, family_of
from gossamer.core.errors import NotFound, Unavailable
from gossamer.core.house import house_of
from gossamer.core.record import Content
from gossamer.projections.paths import sessions_path
from gossamer.projections.sessions.search import Sessions
from gossamer.projections.sessions.session import Session
from gossamer.projections.traces.reader import TracesAway
from gossamer.projections.traces.trace import US_PER_S

Found = TypeVar("Found")

MOST_WITH_CONTENT: Final = 20
"""Turns a page: some megabytes, where much was said."""

routes = APIRouter(prefix="/admin/v1/sessions", tags=["sessions"])


@routes.get("", operation_id="list_sessions", summary="List sessions", responses=refused(400, 401, 403, 503))
async def list_sessions(caller: Asking, desk: AtDesk, ask: Annotated[SessionAsk, Query()]) -> PageOut[SessionOut]:
    """Those that were spoken in last come first. A member finds those of its own keys."""
    now_us = _now_us(desk)
    query = ask.query(caller.owner, now_us, desk.spans)
    found = await _asked(lambda: _sessions(desk).find(query))
    more = f"{found[-1].last_us}.{found[-1].id}" if len(found) == query.limit else None
    return PageOut(data=[SessionOut.of(session, now_us, desk.spans) for session in found], next=more)


@routes.get(
    "/{session_id}", operation_id="get_session", summary="Show a session", responses=refused(400, 401, 403, 404, 503)
)
async def get_session(caller: Asking, desk: AtDesk, session_id: Id) -> SessionOut:
    """Without its turns."""
    return SessionOut.of(await _held(caller, desk, session_id), _now_us(desk), desk.spans)


@routes.get(
    "/{session_id}/turns",
    operation_id="list_turns",
    summary="List the turns of a session",
    responses=refused(400, 401, 403, 404, 503),
)
async def list_turns(
    caller: Asking, desk: AtDesk, session_id: Id, ask: Annotated[TurnAsk, Query()]
) -> PageOut[TurnOut]:
    """In their order, the first one first."""
    session = await _held(caller, desk, session_id)
    most = min(ask.limit, MOST_WITH_CONTENT) if ask.content else ask.limit
    found = await _asked(lambda: _sessions(desk).turns(session.id, most, place_of(ask.after)))
    more = f"{found[-1].at_us}.{found[-1].id}" if len(found) == most else None
    contents = await _contents(desk, [turn.id for turn in found]) if ask.content else {}
    return PageOut(data=[TurnOut.of(turn, contents.get(turn.id)) for turn in found], next=more)


@routes.post(
    "/{session_id}/close",
    operation_id="close_session",
    summary="Close a session",
    responses=refused(400, 401, 403, 404, 503),
)
async def close_session(caller: Asking, desk: AtDesk, session_id: Id) -> SessionOut:
    """It is over, for whoever lists them. Whoever speaks in it opens it again."""
    session = await _held(caller, desk, session_id)
    await desk.store.note_event(caller.actor, "session.close", session.id, owner=session.user)
    await _asked(lambda: _sessions(desk).close(session.id, _now_us(desk)))
    return SessionOut.of(await _held(caller, desk, session_id), _now_us(desk), desk.spans)


@routes.delete(
    "/{session_id}",
    operation_id="delete_session",
    summary="Delete a session",
    status_code=204,
    responses=refused(400, 401, 403, 404, 503),
)
async def delete_session(caller: Asking, desk: AtDesk, session_id: Id) -> None:
    """For good, with its turns, traces, kept responses, and answers that are kept to be given again, and what the
    journal has of what was said; no replay brings it back.
    """
    session = await _held(caller, desk, session_id)
    await desk.store.note_event(caller.actor, "session.delete", session.id, owner=session.user)
    now_us = _now_us(desk)  # before the workers are told of it: what they keep from then on is a new session's
    family = await _asked(lambda: family_of(session, _sessions(desk)))
    names = [each.name for each in family]
    await desk.store.erase_responses_of(caller.actor, house_of(session.user, session.key), *names)
    try:
        await delete_for_good(family, _sessions(desk), desk.traces, desk.answers, desk.data_dir, now_us)
    except (TracesAway, OSError, sqlite3.Error) as error:
        raise Unavailable(f"Not all of it could be deleted ({error}). Try again.", retry_after_s=1.0) from error


async def _contents(desk: Desk, ids: list[str]) -> dict[str, Content]:
    """With the session itself, or else with its traces."""
    found = await _asked(lambda: _sessions(desk).contents(ids))
    try:
        traces = await desk.traces.several([one for one in ids if one not in found])
    except TracesAway as error:
        raise Unavailable(f"The traces cannot be read ({error}). Try again.", retry_after_s=1.0) from error
    return found | {each.record.id: each.record.content for each in traces if each.record.content is not None}


def _sessions(desk: Desk) -> Sessions:
    return Sessions(sessions_path(desk.data_dir))


async def _held(caller: Caller, desk: Desk, session_id: str) -> Session:
    found = await _asked(lambda: _sessions(desk).session(session_id))
    if found is None or (caller.owner is not None and found.user != caller.owner):
        raise NotFound("There is no such session that you may see. GET /admin/v1/sessions lists those that there are.")
    return found


def _now_us(desk: Desk) -> int:
    return round(desk.wall_time() * US_PER_S)


async def _asked(work: Callable[[], Found]) -> Found:
    """In a thread: the file may be large, and the loop has others to serve."""
    try:
        return await asyncio.to_thread(work)
    except sqlite3.Error as error:
        raise Unavailable(f"The sessions cannot be read ({error}). Try again.", retry_after_s=1.0) from error
