"""One change under way: what it does, whom it touches and what the audit says of it, all of it or nothing.

The row of the epoch is held from the beginning, so changes come one after the other, on all nodes: what is read
in a change is still true when it is written, and revisions have no gaps.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from gossamer.control.nouns import Actor
from gossamer.control.store.tables import CHANGES, EPOCH, EVENTS
from gossamer.control.tokens import new_id

Kind = Literal["key", "agent", "user", "route", "directive", "purge", "response", "session"]

CHANGES_KEPT: Final = 10_000
"""Revisions that can still be named. Whoever has missed more forgets everything, which costs it one look-up a key."""


class Change:
    """Made by Database.change."""

    def __init__(self, connection: AsyncConnection, actor: Actor, now: datetime) -> None:
        self.connection = connection
        self.actor = actor
        self.now = now
        self._touched: dict[tuple[Kind, str], None] = {}

    @property
    def is_felt(self) -> bool:
        """Whether anybody else has to know."""
        return bool(self._touched)

    async def rows(self, query: sa.Executable) -> Sequence[Row[Any]]:
        return (await self.connection.execute(query)).all()

    async def row(self, query: sa.Executable) -> Row[Any] | None:
        """The first, or none."""
        return (await self.connection.execute(query)).first()

    async def run(self, statement: sa.Executable, values: Sequence[Mapping[str, Any]] | None = None) -> int:
        """How many rows it was about."""
        return int((await self.connection.execute(statement, values)).rowcount)

    def touch(self, kind: Kind, thing_id: str) -> None:
        """What others must not believe any more."""
        self._touched[kind, thing_id] = None

    async def note(
        self,
        action: str,
        subject: str | None,
        *,
        owner: str | None,
        before: dict[str, Any] | None = None,
        after: dict[str, Any] | None = None,
    ) -> None:
        """The audit event. No secret may be in either side."""
        await self.run(
            sa.insert(EVENTS).values(
                id=new_id(),
                at=self.now,
                actor=self.actor,
                actor_id=self.actor.id,
                action=action,
                subject=subject,
                owner_id=owner,
                before=before,
                after=after,
            )
        )

    async def begin(self) -> None:
        """Wait for the changes of others."""
        row = await self.row(sa.select(EPOCH.c.value).with_for_update())
        assert row is not None, "the migrations put it there"
        self.revision = int(row.value) + 1

    async def end(self) -> None:
        """Count it, where anybody was touched."""
        if not self.is_felt:
            return
        rows = [{"revision": self.revision, "kind": kind, "thing_id": thing_id} for kind, thing_id in self._touched]
        await self.run(sa.insert(CHANGES), rows)
        await self.run(sa.delete(CHANGES).where(CHANGES.c.revision <= self.revision - CHANGES_KEPT))
        await self.run(sa.update(EPOCH).values(value=self.revision))
