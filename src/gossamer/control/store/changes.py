"""What has changed, revision by revision, and waiting for more.

What a bell says is never believed further than that there may be something: the changes themselves are read again
from the last one known, so an outage, a lost notification or a slow reader leaves nothing out.
"""

import asyncio
import random
from collections.abc import AsyncGenerator, Sequence
from itertools import groupby
from typing import Any, Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Row

from gossamer.control.store.errors import StoreUnavailable
from gossamer.control.store.part import Part
from gossamer.control.store.tables import CHANGES, EPOCH
from gossamer.feed.messages import Changed

PAUSE_S: Final = (0.05, 1.0)
"""Between two tries to read while the store is away: at first, and at most."""


_NOW: Final = sa.select(EPOCH.c.value)
_AFTER: Final = (
    sa.select(EPOCH.c.value, CHANGES.c.revision, CHANGES.c.kind, CHANGES.c.thing_id)
    .select_from(EPOCH.outerjoin(CHANGES, CHANGES.c.revision > sa.bindparam("since", type_=sa.BigInteger)))
    .order_by(CHANGES.c.revision)
)


class Lost(msgspec.Struct, frozen=True):
    """Changes were missed that nobody can name any more: whoever remembers anything must forget it."""

    revision: int


class Changes(Part):
    """The changes of the store."""

    async def revision(self) -> int:
        """Of the last change that is committed; 0 where there was none. Cheap: also says that the store answers."""
        row = await self._database.row(_NOW)
        assert row is not None, "the migrations put it there"
        return int(row.value)

    async def changes_since(self, revision: int) -> list[Changed] | None:
        """In their order, one for each revision after this one. None: not all can be named, forget everything."""
        _, changes = await self._read(revision)
        return changes

    async def watch(self, since: int) -> AsyncGenerator[Changed | Lost, None]:
        """All changes of all processes on this store after `since`, in order, none left out and none twice.

        Goes on through outages, which it never raises; ends when the store is closed.
        """
        bell = self._database.bell
        with bell.listening() as heard:
            while not bell.is_closed:
                heard.clear()
                now, changes = await self._read_at_last(since)
                for change in [Lost(now)] if changes is None else changes:
                    yield change
                    since = change.revision
                await heard.wait()

    async def _read_at_last(self, since: int) -> tuple[int, list[Changed] | None]:
        pause_s = PAUSE_S[0]
        while True:
            try:
                return await self._read(since)
            except StoreUnavailable:
                if self._database.bell.is_closed:
                    return since, []
                await asyncio.sleep(pause_s * random.uniform(0.5, 1.0))  # noqa: S311 - so that nodes do not come as one
                pause_s = min(2 * pause_s, PAUSE_S[1])

    async def _read(self, since: int) -> tuple[int, list[Changed] | None]:
        """The revision, and what came after `since`, of one moment."""
        rows = await self._database.rows(_AFTER, {"since": since})
        now = int(rows[0].value)
        if now == since:
            return now, []
        # Beyond `now`: of a store that was put back to an earlier state. A gap: what came before was dropped.
        is_whole = now > since and rows[0].revision == since + 1
        return now, changes_of(rows) if is_whole else None


def changes_of(rows: Sequence[Row[Any]]) -> list[Changed]:
    """One for each revision."""
    found = []
    for revision, of_one in groupby(rows, lambda row: int(row.revision)):
        things = [(row.kind, row.thing_id) for row in of_one]
        keys, agents, users, routes, directives, purged, responses, sessions = (
            tuple(thing_id for kind, thing_id in things if kind == wanted)
            for wanted in ("key", "agent", "user", "route", "directive", "purge", "response", "session")
        )
        found.append(Changed(revision, keys, agents, users, routes, directives, purged, responses, sessions))
    return found
