"""Kept responses: each has what it added, and names the one before it. What went before is never copied.

So what is deleted is gone, from all that followed it as well: those can be read, and not gone on from.
"""

from typing import Any, Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Row

from gossamer.control.nouns import Actor
from gossamer.control.store.conversations import items_before
from gossamer.control.store.database import Database
from gossamer.control.store.errors import Broken, Missing, Oversized
from gossamer.control.store.keeping import Keeping
from gossamer.control.store.part import Part
from gossamer.control.store.passwords import Passwords
from gossamer.control.store.response_tables import RESPONSES
from gossamer.feed.responses import Keep, Kept, Recalled

_COMMA: Final = b","
_split: Final = msgspec.json.Decoder(list[msgspec.Raw]).decode


class KeptResponse(msgspec.Struct, frozen=True):
    """As a client asks for it again."""

    body: bytes
    input: bytes
    previous_id: str | None
    conversation_id: str | None
    start: int
    house: str


_COLUMNS: Final = tuple(RESPONSES.c[name] for name in KeptResponse.__struct_fields__)


class Responses(Part):
    """The kept responses of the store. Whatever is not of the house does not exist."""

    def __init__(self, database: Database, passwords: Passwords) -> None:
        super().__init__(database, passwords)
        self._keeping = Keeping(database)

    async def keep_response(self, keep: Keep) -> Kept:
        """Once, however often it is said (keeping.py)."""
        return await self._keeping.keep(keep)

    async def recall_response(self, house: str, response_id: str, most_items: int, most_bytes: int) -> Recalled:
        """All up to this response. Raises Missing, Broken where something before it is gone, and Oversized."""
        last = await self._database.row(
            sa.select(RESPONSES.c.length, RESPONSES.c.size, RESPONSES.c.created_at).where(*_theirs(house, response_id))
        )
        if last is None:
            raise Missing("response", response_id)
        if last.length > most_items or last.size > most_bytes:
            raise Oversized(last.length, last.size)
        pieces = [piece for row in await self._chain(house, response_id) for piece in (row.input, row.output)]
        first = await self._before(house, response_id)
        items = _COMMA.join(filter(None, [*first, *(bytes(piece).strip()[1:-1].strip() for piece in pieces)]))
        return Recalled(items, int(last.length), last.created_at.timestamp())

    async def response(self, house: str, response_id: str) -> KeptResponse:
        """Raises Missing."""
        row = await self._database.row(sa.select(*_COLUMNS).where(*_theirs(house, response_id)))
        if row is None:
            raise Missing("response", response_id)
        return KeptResponse(**row._asdict())

    async def input_items(self, house: str, response_id: str) -> list[bytes]:
        """All that it answered, the oldest first. Raises Missing and Broken."""
        asked = await self.response(house, response_id)
        rows = await self._chain(house, response_id)
        first = await self._before(house, response_id)
        earlier = [item for row in rows[:-1] for piece in (row.input, row.output) for item in _split(piece)]
        return [*first, *map(bytes, earlier), *map(bytes, _split(asked.input))]

    async def delete_response(self, actor: Actor, house: str, response_id: str) -> None:
        """For good; what followed it cannot be gone on from. Raises Missing."""
        async with self._database.change(actor) as change:
            if not await change.run(sa.delete(RESPONSES).where(*_theirs(house, response_id))):
                raise Missing("response", response_id)
            change.touch("response", response_id)
        await self._database.scrub()

    # --- inside ---

    async def _chain(self, house: str, response_id: str) -> list[Row[Any]]:
        """The responses that follow from each other up to this one, the oldest first."""
        rows = await self._database.rows(_CHAIN, {"house": house, "id": response_id})
        if not rows:
            raise Missing("response", response_id)
        if rows[0].previous_id is not None:
            raise Broken(rows[0].previous_id)
        return list(rows)

    async def _before(self, house: str, response_id: str) -> list[bytes]:
        """What the conversation had in it when the first of them was made."""
        row = await self._database.row(_BEGINNING.params(house=house, id=response_id))
        if row is None or row.conversation_id is None:
            return []
        rows = await self._database.rows(items_before(house, row.conversation_id, int(row.start)))
        return [bytes(each.item) for each in rows]


def _theirs(house: str, response_id: str) -> tuple[sa.ColumnElement[bool], ...]:
    return RESPONSES.c.id == response_id, RESPONSES.c.house == house


def _steps() -> sa.CTE:
    """Ids alone go through the recursion; what they hold is fetched afterwards."""
    house = sa.bindparam("house", type_=sa.Text)
    steps = (
        sa.select(RESPONSES.c.id, RESPONSES.c.previous_id, sa.literal(0).label("depth"))
        .where(RESPONSES.c.id == sa.bindparam("id", type_=sa.Text), RESPONSES.c.house == house)
        .cte("steps", recursive=True)
    )
    earlier = RESPONSES.alias("earlier")
    return steps.union_all(
        sa.select(earlier.c.id, earlier.c.previous_id, steps.c.depth + 1)
        .select_from(earlier.join(steps, earlier.c.id == steps.c.previous_id))
        .where(earlier.c.house == house)
    )


_STEPS: Final = _steps()
_CHAIN: Final = (
    sa.select(RESPONSES.c.previous_id, RESPONSES.c.input, RESPONSES.c.output)
    .select_from(_STEPS.join(RESPONSES, RESPONSES.c.id == _STEPS.c.id))
    .order_by(_STEPS.c.depth.desc())
)
_BEGINNING: Final = (
    sa.select(RESPONSES.c.conversation_id, RESPONSES.c.start)
    .select_from(_STEPS.join(RESPONSES, RESPONSES.c.id == _STEPS.c.id))
    .order_by(_STEPS.c.depth.desc())
    .limit(1)
)
