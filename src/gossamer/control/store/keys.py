"""Keys: what they may do, whose they are, and as which agents they may speak."""

from typing import Any, Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Row

from gossamer.control.nouns import Actor, Key
from gossamer.control.store.bindings import bind, bound_agents, check_agents
from gossamer.control.store.edits import KeyEdit
from gossamer.control.store.errors import Missing, Taken
from gossamer.control.store.page import ANY_KEY, FIRST_PAGE, KeyFilter, Listing, Page
from gossamer.control.store.part import Part, check_version, difference, edited, plain
from gossamer.control.store.tables import BINDINGS, KEYS, USERS
from gossamer.control.store.transaction import Change

_OWN: Final = tuple(name for name in Key.__struct_fields__ if name != "agents")
COLUMNS: Final = (*(KEYS.c[name] for name in _OWN), bound_agents(KEYS.c.id))


class Keys(Part):
    """The keys of the store."""

    async def add_key(self, actor: Actor, key: Key, digest: bytes, *, owner: str | None = None) -> Key:
        """Kept as given, at version 1. Its user must exist, and its agents must be its user's, or nobody's.

        With an owner, key and agents must be that user's; the key of nobody, which only an admin adds, takes any.
        Raises Missing("user" | "agent"), Taken("digest" | "id").
        """
        async with self._database.change(actor) as change:
            return await _add(change, key, digest, owner)

    async def add_first_key(self, actor: Actor, key: Key, digest: bytes) -> Key | None:
        """None, and nothing added, where the store has a key. Of two at once, one gets it."""
        async with self._database.change(actor) as change:
            if await change.row(sa.select(KEYS.c.id).limit(1)):
                return None
            return await _add(change, key, digest, None)

    async def has_keys(self) -> bool:
        """Whether there is any, good or not."""
        return await self._database.row(sa.select(KEYS.c.id).limit(1)) is not None

    async def key(self, key_id: str, *, owner: str | None = None) -> Key:
        """Raises Missing."""
        row = await self._database.row(_theirs(sa.select(*COLUMNS).where(KEYS.c.id == key_id), owner))
        if row is None:
            raise Missing("key", key_id)
        return key_of(row)

    async def keys(
        self, page: Page = FIRST_PAGE, filters: KeyFilter = ANY_KEY, *, owner: str | None = None
    ) -> Listing[Key]:
        query = _theirs(sa.select(*COLUMNS), owner)
        if filters.search is not None:
            query = query.where(KEYS.c.name.icontains(filters.search, autoescape=True))
        if filters.user_id is not None:
            query = query.where(KEYS.c.user_id == filters.user_id)
        if filters.agent_id is not None:
            bound = sa.select(BINDINGS.c.key_id).where(BINDINGS.c.agent_id == filters.agent_id)
            query = query.where(KEYS.c.id.in_(bound))
        if filters.state is not None:
            query = query.where(*self._in_state(filters.state))
        return await self._listing(query, KEYS.c.id, page, key_of)

    async def change_key(
        self, actor: Actor, key_id: str, edit: KeyEdit, version: int | None = None, *, owner: str | None = None
    ) -> Key:
        """Raises Missing, also for an agent that may not be bound, and Conflict."""
        async with self._database.change(actor) as change:
            before = await _held(change, key_id, owner)
            check_version(before, version)
            after = edited(before, edit)
            if after == before:
                return before
            await check_agents(change, after.agents - before.agents, after.user_id, owner)
            return await _edit(change, before, after, "key.update")

    async def revoke_key(
        self, actor: Actor, key_id: str, version: int | None = None, *, owner: str | None = None
    ) -> Key:
        """For good. Revoking twice changes nothing and is no error. Raises Missing, Conflict."""
        async with self._database.change(actor) as change:
            before = await _held(change, key_id, owner)
            if before.revoked_at is not None:
                return before
            check_version(before, version)
            return await _edit(change, before, msgspec.structs.replace(before, revoked_at=change.now), "key.revoke")

    async def remove_key(self, actor: Actor, key_id: str) -> None:
        """Without a trace but its audit events: for a key that nobody was told the token of. Raises Missing."""
        async with self._database.change(actor) as change:
            before = await _held(change, key_id, None)
            await change.run(sa.delete(KEYS).where(KEYS.c.id == key_id))
            change.touch("key", key_id)
            await change.note("key.remove", key_id, owner=before.user_id, before=plain(before))

    def _in_state(self, state: str) -> tuple[sa.ColumnElement[bool], ...]:
        now = self._database.now()
        if state == "revoked":
            return (KEYS.c.revoked_at.is_not(None),)
        if state == "expired":
            return (KEYS.c.revoked_at.is_(None), KEYS.c.expires_at <= now)
        return (KEYS.c.revoked_at.is_(None), sa.or_(KEYS.c.expires_at.is_(None), KEYS.c.expires_at > now))


def key_of(row: Row[Any]) -> Key:
    """From a row that has COLUMNS."""
    values = row._asdict()
    values["agents"] = frozenset(row.agents.split(",")) if row.agents else frozenset()
    return Key(**values)


def _theirs(query: "sa.Select[Any]", owner: str | None) -> "sa.Select[Any]":
    return query if owner is None else query.where(KEYS.c.user_id == owner)


async def _held(change: Change, key_id: str, owner: str | None) -> Key:
    row = await change.row(_theirs(sa.select(*COLUMNS).where(KEYS.c.id == key_id), owner))
    if row is None:
        raise Missing("key", key_id)
    return key_of(row)


async def _add(change: Change, key: Key, digest: bytes, owner: str | None) -> Key:
    if owner is not None and key.user_id != owner:
        raise Missing("user", str(key.user_id))
    if key.user_id is not None and not await change.row(sa.select(USERS.c.id).where(USERS.c.id == key.user_id)):
        raise Missing("user", key.user_id)
    await check_agents(change, key.agents, key.user_id, owner)
    same = await change.row(sa.select(KEYS.c.id).where(sa.or_(KEYS.c.id == key.id, KEYS.c.digest == digest)))
    if same is not None:
        raise Taken("id" if same.id == key.id else "digest")
    key = msgspec.structs.replace(key, version=1)
    await change.run(sa.insert(KEYS).values(**_values(key), digest=digest))
    await bind(change, key.id, frozenset(), key.agents)
    change.touch("key", key.id)
    await change.note("key.create", key.id, owner=key.user_id, after=plain(key))
    return key


async def _edit(change: Change, before: Key, after: Key, action: str) -> Key:
    after = msgspec.structs.replace(after, updated_at=change.now, version=before.version + 1)
    # When it was last used is noted beside the order of changes.
    values = {name: value for name, value in _values(after).items() if name != "last_used_at"}
    await change.run(sa.update(KEYS).where(KEYS.c.id == after.id).values(**values))
    await bind(change, after.id, before.agents, after.agents)
    change.touch("key", after.id)
    old, new = difference(before, after)
    await change.note(action, after.id, owner=after.user_id, before=old, after=new)
    return after


def _values(key: Key) -> dict[str, Any]:
    return {name: getattr(key, name) for name in _OWN}
