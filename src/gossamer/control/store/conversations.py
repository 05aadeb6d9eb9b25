"""Conversations: items in their order, whoever added them. Turns that name one add what they asked and were told.

Items are counted, and have places that are not given twice, so that a turn knows what stood before it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Row

from gossamer.control.nouns import Actor
from gossamer.control.store.errors import Missing, Oversized
from gossamer.control.store.part import Part
from gossamer.control.store.response_tables import CONVERSATION_ITEMS, CONVERSATIONS, RESPONSES
from gossamer.control.store.tables import EPOCH
from gossamer.dialects.responses.kept import id_of
from gossamer.feed.responses import Recalled

ITEMS: Final = CONVERSATION_ITEMS


class Conversation(msgspec.Struct, frozen=True):
    """As a client asks for it again."""

    id: str
    metadata: bytes
    created_at: datetime


_COLUMNS: Final = tuple(CONVERSATIONS.c[name] for name in Conversation.__struct_fields__)


class Conversations(Part):
    """The conversations of the store. Whatever is not of the house does not exist."""

    async def add_conversation(
        self, house: str, session: str, conversation: Conversation, items: Sequence[bytes]
    ) -> None:
        values = {
            "id": conversation.id, "house": house, "session": session, "metadata": conversation.metadata,
            "next": 0, "length": 0, "size": 0, "created_at": conversation.created_at,
            "last_at": conversation.created_at,
        }  # fmt: skip

        def add(line: sa.Connection) -> None:
            line.execute(sa.insert(CONVERSATIONS), values)
            held = held_conversation(line, house, conversation.id)
            assert held is not None, "it was put there"
            add_items(line, held, session, items, conversation.created_at)

        await self._database.at_once(add)

    async def conversation(self, house: str, conversation_id: str) -> Conversation:
        """Raises Missing."""
        row = await self._database.row(sa.select(*_COLUMNS).where(*theirs(house, conversation_id)))
        if row is None:
            raise Missing("conversation", conversation_id)
        return Conversation(**row._asdict())

    async def edit_conversation(self, house: str, conversation_id: str, metadata: bytes) -> Conversation:
        """Raises Missing."""
        edit = sa.update(CONVERSATIONS).where(*theirs(house, conversation_id)).values(metadata=metadata)
        await self._database.at_once(lambda line: line.execute(edit))
        return await self.conversation(house, conversation_id)

    async def recall_conversation(self, house: str, conversation_id: str, most_items: int, most_bytes: int) -> Recalled:
        """All that is in it. `count` is the place of the next item. Raises Missing and Oversized."""
        row = await self._database.row(
            sa.select(CONVERSATIONS.c.next, CONVERSATIONS.c.length, CONVERSATIONS.c.size).where(
                *theirs(house, conversation_id)
            )
        )
        if row is None:
            raise Missing("conversation", conversation_id)
        if row.length > most_items or row.size > most_bytes:
            raise Oversized(int(row.length), int(row.size))
        rows = await self._database.rows(items_before(house, conversation_id, int(row.next)))
        return Recalled(b",".join(bytes(each.item) for each in rows), int(row.next))

    async def conversation_items(self, house: str, conversation_id: str) -> list[bytes]:
        """The oldest first. Raises Missing."""
        await self.conversation(house, conversation_id)
        query = sa.select(ITEMS.c.item).where(ITEMS.c.conversation_id == conversation_id).order_by(ITEMS.c.place)
        return [bytes(row.item) for row in await self._database.rows(query)]

    async def add_conversation_items(
        self,
        house: str,
        session: str,
        conversation_id: str,
        items: Sequence[bytes],
        most_items: int,
        most_bytes: int = 32 * 1024 * 1024,
    ) -> None:
        """Raises Missing and Oversized."""

        def add(line: sa.Connection) -> None:
            line.execute(sa.select(EPOCH.c.value).with_for_update(read=True))
            held = held_conversation(line, house, conversation_id)
            if held is None:
                raise Missing("conversation", conversation_id)
            length, size = int(held.length) + len(items), int(held.size) + sum(map(len, map(bytes, items)))
            if length > most_items or size > most_bytes:  # a page of it is read with all of it
                raise Oversized(length, size)
            add_items(line, held, session, items, self._database.now())

        await self._database.at_once(add)

    async def delete_conversation_item(self, actor: Actor, house: str, conversation_id: str, item_id: str) -> None:
        """Raises Missing."""
        async with self._database.change(actor) as change:
            held = await change.connection.run_sync(held_conversation, house, conversation_id)
            if held is None:
                raise Missing("conversation", conversation_id)
            mine = (ITEMS.c.conversation_id == conversation_id, ITEMS.c.id == item_id)
            sizes = [len(row.item) for row in await change.rows(sa.select(ITEMS.c.item).where(*mine))]
            if not sizes:
                raise Missing("item", item_id)
            await change.run(sa.delete(ITEMS).where(*mine))
            left = {"length": held.length - len(sizes), "size": held.size - sum(sizes)}
            await change.run(sa.update(CONVERSATIONS).where(CONVERSATIONS.c.id == conversation_id).values(left))
            change.touch("response", conversation_id)
        await self._database.scrub()

    async def delete_conversation(self, actor: Actor, house: str, conversation_id: str) -> None:
        """With all that was said in it: its items, and the responses that were made in it. Raises Missing."""
        async with self._database.change(actor) as change:
            if not await change.run(sa.delete(CONVERSATIONS).where(*theirs(house, conversation_id))):
                raise Missing("conversation", conversation_id)
            await change.run(sa.delete(ITEMS).where(ITEMS.c.conversation_id == conversation_id))
            await change.run(
                sa.delete(RESPONSES).where(RESPONSES.c.conversation_id == conversation_id, RESPONSES.c.house == house)
            )
            change.touch("response", conversation_id)
        await self._database.scrub()


def theirs(house: str, conversation_id: str) -> tuple[sa.ColumnElement[bool], ...]:
    return CONVERSATIONS.c.id == conversation_id, CONVERSATIONS.c.house == house


def items_before(house: str, conversation_id: str, place: int) -> "sa.Select[Any]":
    """Those that stand before this place, the oldest first."""
    return (
        sa.select(ITEMS.c.item)
        .where(ITEMS.c.conversation_id == conversation_id, ITEMS.c.house == house, ITEMS.c.place < place)
        .order_by(ITEMS.c.place)
    )


def held_conversation(line: sa.Connection, house: str, conversation_id: str) -> Row[Any] | None:
    """Held against others who add to it, until the end of the transaction."""
    query = sa.select(CONVERSATIONS).where(*theirs(house, conversation_id)).with_for_update()
    return line.execute(query).first()


def add_items(
    line: sa.Connection, held: Row[Any], session: str, items: Sequence[bytes | msgspec.Raw], now: datetime
) -> None:
    """Behind those that are there."""
    raws = [bytes(item) for item in items]
    rows = [
        {"conversation_id": held.id, "place": held.next + number, "id": id_of(raw), "house": held.house,
         "session": session, "item": raw}
        for number, raw in enumerate(raws)
    ]  # fmt: skip
    if rows:
        line.execute(sa.insert(ITEMS), rows)
    grown = {
        "next": held.next + len(rows),
        "length": held.length + len(rows),
        "size": held.size + sum(map(len, raws)),
        "last_at": now,
    }
    line.execute(sa.update(CONVERSATIONS).where(CONVERSATIONS.c.id == held.id).values(grown))
