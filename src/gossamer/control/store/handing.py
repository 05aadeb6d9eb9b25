"""Audit events, handed on to where they are kept for good, by one node at a time and each once.

An event gets its number here, not when it is written: what two nodes write at once is in one order all the same, and
numbers have no gap. A node that asks holds the right for a while; the next one takes it over when that is heard of no
more, and goes on behind what was put away.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from gossamer.control.store.audit import COLUMNS
from gossamer.control.store.part import Part
from gossamer.control.store.tables import EVENTS, HANDED
from gossamer.feed.messages import Told

HELD_S: Final = 60.0
"""Longer than a sink may take over one batch: two nodes that hand on at once do so twice."""
MOST_HANDED: Final = 200
"""Events in one answer: each may have all that a user or a route is, on both sides."""
PRUNED_A_TIME: Final = 1000
"""Rows, some 10 ms: no change waits longer."""

_UNNUMBERED: Final = sa.exists().where(EVENTS.c.number.is_(None)).label("has_new")
_STATE: Final = sa.select(HANDED.c.given, HANDED.c.taken, HANDED.c.holder, HANDED.c.until)
_NEWS: Final = sa.select(HANDED.c.given, HANDED.c.taken, HANDED.c.holder, HANDED.c.until, _UNNUMBERED)
_EVENTS: Final = sa.select(*COLUMNS, EVENTS.c.number).limit(MOST_HANDED)
_NUMBER: Final = (
    sa.update(EVENTS).where(EVENTS.c.id == sa.bindparam("event_id")).values(number=sa.bindparam("event_number"))
)


class Handing(Part):
    """Handing on, and the removal of what was."""

    async def hand_on(self, holder: str, taken: int) -> Sequence[Told]:
        """The next events for `holder`, who has put away those up to `taken`. None while another node hands on."""
        state = await self._database.row(_NEWS)
        assert state is not None, "the migrations put it there"
        now = self._database.now()
        if _is_held(state, holder, now) or not (state.has_new or state.given > state.taken):
            return ()
        async with self._database.beside() as connection:
            found = (await connection.execute(_STATE.with_for_update())).one()
            if _is_held(found, holder, now):
                return ()
            done = _done(found, holder, taken)
            rows, given = await _next_rows(connection, done, found.given)
            await connection.execute(
                sa.update(HANDED).values(given=given, taken=done, holder=holder, until=now + timedelta(seconds=HELD_S))
            )
        return [_told(row, number) for number, row in rows]

    async def prune_events(self, before: datetime, *, only_handed: bool) -> int:
        """Some of those from before then, the oldest first; how many. With `only_handed` none that is still to go."""
        old = sa.select(EVENTS.c.id).where(EVENTS.c.at < before)
        if only_handed:
            old = old.where(EVENTS.c.number <= sa.select(HANDED.c.taken).scalar_subquery())
        some = old.order_by(EVENTS.c.id).limit(PRUNED_A_TIME)
        async with self._database.beside() as connection:
            return (await connection.execute(sa.delete(EVENTS).where(EVENTS.c.id.in_(some)))).rowcount


def _is_held(state: Any, holder: str, now: datetime) -> bool:
    """By another node."""
    return state.holder not in (None, holder) and state.until is not None and state.until > now


def _done(state: Any, holder: str, taken: int) -> int:
    """What is put away by now. Only who was handed something can have put it away: a number may be of another store."""
    is_known = state.holder == holder and taken <= state.given
    return max(int(state.taken), taken) if is_known else int(state.taken)


async def _next_rows(connection: AsyncConnection, done: int, given: int) -> tuple[list[tuple[int, Any]], int]:
    """With their numbers: those that have one and were not put away, else new ones; and the last number given."""
    pending = (await connection.execute(_EVENTS.where(EVENTS.c.number > done).order_by(EVENTS.c.number))).all()
    if pending:
        return [(row.number, row) for row in pending], given
    new = (await connection.execute(_EVENTS.where(EVENTS.c.number.is_(None)).order_by(EVENTS.c.id))).all()
    rows = list(enumerate(new, given + 1))
    if rows:
        await connection.execute(_NUMBER, [{"event_id": row.id, "event_number": number} for number, row in rows])
    return rows, given + len(rows)


def _told(row: Any, number: int) -> Told:
    actor = row.actor
    return Told(
        number=number,
        id=row.id,
        at=row.at.timestamp(),
        by=actor.kind,
        action=row.action,
        actor_id=actor.id,
        user_id=actor.user_id,
        address=actor.address,
        subject=row.subject,
        before=row.before,
        after=row.after,
    )
