"""Who did what. The changes themselves write their events; here they are read.

What changed nothing, and is to be known all the same, is added here as well.
"""

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Row

from gossamer.control.nouns import Actor, AuditEvent
from gossamer.control.store.page import ANY_EVENT, FIRST_PAGE, EventFilter, Listing, Page
from gossamer.control.store.part import Part
from gossamer.control.store.tables import EVENTS

COLUMNS: Final = tuple(EVENTS.c[name] for name in AuditEvent.__struct_fields__)


class Audit(Part):
    """The audit events of the store."""

    async def events(
        self, page: Page = FIRST_PAGE, filters: EventFilter = ANY_EVENT, *, owner: str | None = None
    ) -> Listing[AuditEvent]:
        """With an owner: what was done to that user, its keys and its agents, by whomever."""
        query = sa.select(*COLUMNS).where(*_conditions(filters))
        if owner is not None:
            query = query.where(EVENTS.c.owner_id == owner)
        return await self._listing(query, EVENTS.c.id, page, event_of)

    async def note_event(
        self,
        actor: Actor,
        action: str,
        subject: str | None = None,
        *,
        owner: str | None = None,
        after: dict[str, Any] | None = None,
    ) -> None:
        """Something that changed nothing and is to be known all the same: `login.fail`."""
        async with self._database.change(actor) as change:
            await change.note(action, subject, owner=owner, after=after)


def event_of(row: Row[Any]) -> AuditEvent:
    return AuditEvent(**row._asdict())


def _conditions(filters: EventFilter) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if filters.action is not None:
        is_whole = "." in filters.action
        action = EVENTS.c.action
        found.append(action == filters.action if is_whole else action.startswith(filters.action + ".", autoescape=True))
    if filters.subject is not None:
        found.append(EVENTS.c.subject == filters.subject)
    if filters.actor_id is not None:
        found.append(EVENTS.c.actor_id == filters.actor_id)
    if filters.since is not None:
        found.append(EVENTS.c.at >= filters.since)
    if filters.until is not None:
        found.append(EVENTS.c.at < filters.until)
    return found
