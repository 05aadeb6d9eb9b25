"""Kept responses that go together: all of a session, and those in which nobody went on for long enough."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from gossamer.control.nouns import Actor
from gossamer.control.store.part import Part
from gossamer.control.store.response_tables import CONVERSATION_ITEMS, CONVERSATIONS, ERASED_SESSIONS, RESPONSES
from gossamer.control.store.transaction import Change
from gossamer.core.house import session_digest
from gossamer.core.tombstone import Tombstone

AT_ONCE: Final = 200
"""Threads or conversations in one transaction, each with all its responses: others wait meanwhile. And sessions in one
statement."""
_GATEWAY: Final = Actor("gateway")


class Erasing(Part):
    """What is erased leaves no bytes behind: not in SQLite's file, nor in its log."""

    async def erase_responses_of(self, actor: Actor, house: str, *sessions: str) -> int:
        """All that was kept of sessions: responses, conversations, and items that they added to conversations of
        others. What is under way in them is not kept any more. How many rows that were.
        """
        gone = 0
        async with self._database.change(actor) as change:
            for some in (sessions[at : at + AT_ONCE] for at in range(0, len(sessions), AT_ONCE)):
                gone += await _erase(change, house, some)
        await self._database.scrub()
        return gone

    async def prune_responses(self, before: datetime) -> int:
        """Some of those in which nobody went on since; how many threads and conversations that were."""
        later = RESPONSES.alias("later")
        is_over = ~sa.exists().where(later.c.thread == RESPONSES.c.thread, later.c.created_at >= before)
        has_conversation = sa.exists().where(CONVERSATIONS.c.id == RESPONSES.c.thread)
        old = sa.select(RESPONSES.c.thread).where(RESPONSES.c.created_at < before, is_over, ~has_conversation)
        async with self._database.change(_GATEWAY) as change:
            threads = [row.thread for row in await change.rows(old.distinct().limit(AT_ONCE))]
            query = sa.select(CONVERSATIONS.c.id).where(CONVERSATIONS.c.last_at < before).limit(AT_ONCE)
            conversations = [row.id for row in await change.rows(query)]
            gone = [*threads, *conversations]
            if gone:
                await change.run(sa.delete(RESPONSES).where(RESPONSES.c.thread.in_(gone)))
            if conversations:
                items = CONVERSATION_ITEMS.c.conversation_id.in_(conversations)
                await change.run(sa.delete(CONVERSATION_ITEMS).where(items))
                await change.run(sa.delete(CONVERSATIONS).where(CONVERSATIONS.c.id.in_(conversations)))
            await change.run(sa.delete(ERASED_SESSIONS).where(ERASED_SESSIONS.c.at < before))
        return len(gone)


def _of(table: sa.Table, house: str, sessions: Sequence[str]) -> tuple[sa.ColumnElement[bool], ...]:
    return table.c.house == house, table.c.session.in_(sessions)


async def _erase(change: Change, house: str, sessions: Sequence[str]) -> int:
    await _note_erased(change, house, sessions)
    conversations = sa.select(CONVERSATIONS.c.id).where(*_of(CONVERSATIONS, house, sessions))
    gone = await change.run(
        sa.delete(CONVERSATION_ITEMS).where(CONVERSATION_ITEMS.c.conversation_id.in_(conversations))
    )
    gone += await change.run(sa.delete(RESPONSES).where(RESPONSES.c.conversation_id.in_(conversations)))
    for table in (CONVERSATION_ITEMS, RESPONSES, CONVERSATIONS):
        gone += await change.run(sa.delete(table).where(*_of(table, house, sessions)))
    for session in sessions:
        change.touch("response", session)
        change.touch("session", Tombstone(change.now.timestamp(), session_digest(house, session)).text)
    return gone


async def _note_erased(change: Change, house: str, sessions: Sequence[str]) -> None:
    values: list[dict[str, Any]] = [{"house": house, "session": each, "at": change.now} for each in sessions]
    await change.run(sa.delete(ERASED_SESSIONS).where(*_of(ERASED_SESSIONS, house, sessions)))
    await change.run(sa.insert(ERASED_SESSIONS).values(values))
