"""Directives: system prompts with a name, and which of their versions is in force.

A version is in force only while every agent that is given it can fill it: whatever would change that is refused here.
"""

from typing import Any, Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Row

from gossamer.control.nouns import Actor, Directive, DirectiveVersion
from gossamer.control.store.edits import DirectiveEdit
from gossamer.control.store.errors import InUse, Missing, NothingEarlier, Taken
from gossamer.control.store.filling import check_agents_fill
from gossamer.control.store.page import ANY_DIRECTIVE, FIRST_PAGE, DirectiveFilter, Listing, Page
from gossamer.control.store.part import Part, check_version, difference, edited, plain
from gossamer.control.store.tables import AGENTS, DIRECTIVE_VERSIONS, DIRECTIVES, USERS
from gossamer.control.store.transaction import Change

COLUMNS: Final = tuple(DIRECTIVES.c[name] for name in Directive.__struct_fields__)
VERSION_COLUMNS: Final = tuple(DIRECTIVE_VERSIONS.c[name] for name in DirectiveVersion.__struct_fields__)
EARLIER_MOST: Final = 100
"""Steps back that are remembered."""
VERSIONS_LISTED: Final = 1000
"""The newest; nobody scrolls further, and any can be asked for by its number."""


class Directives(Part):
    """The directives of the store. `activates`: the version is in force with the very change that saves it."""

    async def add_directive(
        self,
        actor: Actor,
        directive: Directive,
        first: DirectiveVersion,
        *,
        activates: bool = True,
        owner: str | None = None,
    ) -> Directive:
        """Kept as given, with its version 1. Raises Missing("user"), Taken("name")."""
        if owner is not None and directive.user_id != owner:
            raise Missing("user", str(directive.user_id))
        async with self._database.change(actor) as change:
            await _check_user(change, directive.user_id)
            await _check_name(change, directive)
            directive = msgspec.structs.replace(directive, version=1, latest=1, active=1 if activates else None)
            await change.run(sa.insert(DIRECTIVES).values(**_values(directive)))
            await _save(change, directive, first)
            await change.note("directive.create", directive.id, owner=directive.user_id, after=plain(directive))
            return directive

    async def directive(self, directive_id: str, *, owner: str | None = None) -> Directive:
        """Raises Missing."""
        row = await self._database.row(_theirs(sa.select(*COLUMNS).where(DIRECTIVES.c.id == directive_id), owner))
        if row is None:
            raise Missing("directive", directive_id)
        return directive_of(row)

    async def directives(
        self, page: Page = FIRST_PAGE, filters: DirectiveFilter = ANY_DIRECTIVE, *, owner: str | None = None
    ) -> Listing[Directive]:
        query = _theirs(sa.select(*COLUMNS), owner)
        if filters.name is not None:
            query = query.where(DIRECTIVES.c.name == filters.name)
        if filters.search is not None:
            query = query.where(DIRECTIVES.c.name.icontains(filters.search, autoescape=True))
        if filters.user_id is not None:
            query = query.where(DIRECTIVES.c.user_id == filters.user_id)
        return await self._listing(query, DIRECTIVES.c.id, page, directive_of)

    async def directive_version(self, directive_id: str, number: int, *, owner: str | None = None) -> DirectiveVersion:
        """Raises Missing."""
        await self.directive(directive_id, owner=owner)
        row = await self._database.row(_version(directive_id, number))
        if row is None:
            raise Missing("directive version", f"{directive_id}/{number}")
        return DirectiveVersion(**row._asdict())

    async def directive_versions(self, directive_id: str, *, owner: str | None = None) -> tuple[DirectiveVersion, ...]:
        """The newest first. Raises Missing."""
        await self.directive(directive_id, owner=owner)
        query = sa.select(*VERSION_COLUMNS).where(DIRECTIVE_VERSIONS.c.directive_id == directive_id)
        rows = await self._database.rows(query.order_by(DIRECTIVE_VERSIONS.c.number.desc()).limit(VERSIONS_LISTED))
        return tuple(DirectiveVersion(**row._asdict()) for row in rows)

    async def add_directive_version(
        self,
        actor: Actor,
        added: DirectiveVersion,
        version: int | None = None,
        *,
        activates: bool = True,
        owner: str | None = None,
    ) -> Directive:
        """With the next number. Raises Missing, Conflict, Unfilled."""
        async with self._database.change(actor) as change:
            before = await _held(change, added.directive_id, owner)
            check_version(before, version)
            number = before.latest + 1
            after = msgspec.structs.replace(before, latest=number)
            await _save(change, after, added)
            if activates:
                await check_agents_fill(change, after.id, added.variables)
                after = _activated(after, number)
            return await _edit(change, "directive.version", before, after, is_felt=activates)

    async def activate_directive(
        self, actor: Actor, directive_id: str, number: int, version: int | None = None, *, owner: str | None = None
    ) -> Directive:
        """Raises Missing, Conflict, Unfilled."""
        async with self._database.change(actor) as change:
            before = await _held(change, directive_id, owner)
            check_version(before, version)
            if before.active == number:
                return before
            await _check_fills(change, directive_id, number)
            return await _edit(change, "directive.activate", before, _activated(before, number))

    async def roll_back_directive(
        self, actor: Actor, directive_id: str, version: int | None = None, *, owner: str | None = None
    ) -> Directive:
        """To the version that was in force before. Raises Missing, Conflict, NothingEarlier, Unfilled."""
        async with self._database.change(actor) as change:
            before = await _held(change, directive_id, owner)
            check_version(before, version)
            if not before.earlier:
                raise NothingEarlier("no version was in force before this one")
            *earlier, number = before.earlier
            await _check_fills(change, directive_id, number)
            after = msgspec.structs.replace(before, active=number, earlier=tuple(earlier))
            return await _edit(change, "directive.rollback", before, after)

    async def change_directive(
        self,
        actor: Actor,
        directive_id: str,
        edit: DirectiveEdit,
        version: int | None = None,
        *,
        owner: str | None = None,
    ) -> Directive:
        """Raises Missing, Conflict, Taken("name")."""
        async with self._database.change(actor) as change:
            before = await _held(change, directive_id, owner)
            check_version(before, version)
            after = edited(before, edit)
            if after == before:
                return before
            await _check_name(change, after)
            return await _edit(change, "directive.update", before, after, is_felt=False)

    async def remove_directive(
        self, actor: Actor, directive_id: str, version: int | None = None, *, owner: str | None = None
    ) -> None:
        """With all its versions; not while an agent is given it. Raises Missing, Conflict, InUse."""
        async with self._database.change(actor) as change:
            before = await _held(change, directive_id, owner)
            check_version(before, version)
            user = await change.row(sa.select(AGENTS.c.id).where(AGENTS.c.directive_id == directive_id).limit(1))
            if user is not None:
                raise InUse("agent", user.id)
            here = DIRECTIVE_VERSIONS.c.directive_id == directive_id
            await change.run(sa.delete(DIRECTIVE_VERSIONS).where(here))
            await change.run(sa.delete(DIRECTIVES).where(DIRECTIVES.c.id == directive_id))
            await change.note("directive.remove", directive_id, owner=before.user_id, before=plain(before))


def directive_of(row: Row[Any]) -> Directive:
    return Directive(**row._asdict())


def _values(directive: Directive) -> dict[str, Any]:
    return msgspec.structs.asdict(directive)


def _theirs(query: "sa.Select[Any]", owner: str | None) -> "sa.Select[Any]":
    return query if owner is None else query.where(DIRECTIVES.c.user_id == owner)


def _version(directive_id: str, number: int) -> "sa.Select[Any]":
    return sa.select(*VERSION_COLUMNS).where(
        DIRECTIVE_VERSIONS.c.directive_id == directive_id, DIRECTIVE_VERSIONS.c.number == number
    )


def _activated(directive: Directive, number: int) -> Directive:
    active = directive.active
    earlier = directive.earlier if active is None else (*directive.earlier, active)[-EARLIER_MOST:]
    return msgspec.structs.replace(directive, active=number, earlier=earlier)


async def _held(change: Change, directive_id: str, owner: str | None) -> Directive:
    row = await change.row(_theirs(sa.select(*COLUMNS).where(DIRECTIVES.c.id == directive_id), owner))
    if row is None:
        raise Missing("directive", directive_id)
    return directive_of(row)


async def _check_user(change: Change, user_id: str | None) -> None:
    if user_id is not None and not await change.row(sa.select(USERS.c.id).where(USERS.c.id == user_id)):
        raise Missing("user", user_id)


async def _check_name(change: Change, directive: Directive) -> None:
    """One of each name in one house: files are pushed by it."""
    query = sa.select(DIRECTIVES.c.id).where(
        DIRECTIVES.c.name == directive.name,
        DIRECTIVES.c.user_id.is_not_distinct_from(directive.user_id),
        DIRECTIVES.c.id != directive.id,
    )
    if await change.row(query):
        raise Taken("name")


async def _check_fills(change: Change, directive_id: str, number: int) -> None:
    row = await change.row(_version(directive_id, number))
    if row is None:
        raise Missing("directive version", f"{directive_id}/{number}")
    await check_agents_fill(change, directive_id, row.variables)


async def _save(change: Change, directive: Directive, version: DirectiveVersion) -> None:
    saved = msgspec.structs.replace(version, directive_id=directive.id, number=directive.latest)
    await change.run(sa.insert(DIRECTIVE_VERSIONS).values(**msgspec.structs.asdict(saved)))


async def _edit(change: Change, action: str, before: Directive, after: Directive, *, is_felt: bool = True) -> Directive:
    after = msgspec.structs.replace(after, updated_at=change.now, version=before.version + 1)
    await change.run(sa.update(DIRECTIVES).where(DIRECTIVES.c.id == after.id).values(**_values(after)))
    if is_felt:
        change.touch("directive", after.id)
    old, new = difference(before, after)
    await change.note(action, after.id, owner=after.user_id, before=old, after=new)
    return after
