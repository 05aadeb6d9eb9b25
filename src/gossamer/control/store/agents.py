"""Agents: on whose behalf requests are made."""

from typing import Any, Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Row

from gossamer.control.nouns import Actor, Agent
from gossamer.control.store.edits import AgentEdit
from gossamer.control.store.errors import Missing, Taken
from gossamer.control.store.filling import check_directive, check_metadata
from gossamer.control.store.page import ANY_AGENT, FIRST_PAGE, AgentFilter, Listing, Page
from gossamer.control.store.part import Part, check_version, difference, edited, plain
from gossamer.control.store.tables import AGENTS, USERS
from gossamer.control.store.transaction import Change

COLUMNS: Final = tuple(AGENTS.c[name] for name in Agent.__struct_fields__)


class Agents(Part):
    """The agents of the store."""

    async def add_agent(self, actor: Actor, agent: Agent, *, owner: str | None = None) -> Agent:
        """Kept as given, at version 1. Raises Missing("user"), Missing("directive"), Unfilled, Taken("id")."""
        if owner is not None and agent.user_id != owner:
            raise Missing("user", str(agent.user_id))
        async with self._database.change(actor) as change:
            agent = msgspec.structs.replace(agent, version=1)
            await _check_addable(change, agent)
            await check_directive(change, agent, owner)
            await change.run(sa.insert(AGENTS).values(**msgspec.structs.asdict(agent)))
            change.touch("agent", agent.id)
            await change.note("agent.create", agent.id, owner=agent.user_id, after=plain(agent))
            return agent

    async def agent(self, agent_id: str, *, owner: str | None = None) -> Agent:
        """Raises Missing."""
        row = await self._database.row(_theirs(sa.select(*COLUMNS).where(AGENTS.c.id == agent_id), owner))
        if row is None:
            raise Missing("agent", agent_id)
        return agent_of(row)

    async def agents(
        self, page: Page = FIRST_PAGE, filters: AgentFilter = ANY_AGENT, *, owner: str | None = None
    ) -> Listing[Agent]:
        query = _theirs(sa.select(*COLUMNS), owner)
        if filters.search is not None:
            query = query.where(AGENTS.c.name.icontains(filters.search, autoescape=True))
        if filters.user_id is not None:
            query = query.where(AGENTS.c.user_id == filters.user_id)
        if filters.is_active is not None:
            query = query.where(AGENTS.c.is_active.is_(filters.is_active))
        return await self._listing(query, AGENTS.c.id, page, agent_of)

    async def change_agent(
        self, actor: Actor, agent_id: str, edit: AgentEdit, version: int | None = None, *, owner: str | None = None
    ) -> Agent:
        """Raises Missing, Conflict, Unfilled."""
        async with self._database.change(actor) as change:
            before = await _held(change, agent_id, owner)
            check_version(before, version)
            after = edited(before, edit)
            if after == before:
                return before
            if after.directive_id != before.directive_id:
                await check_directive(change, after, owner)
            elif after.metadata != before.metadata:
                await check_metadata(change, after)
            return await _edit(change, before, after)

    async def remove_agent(
        self, actor: Actor, agent_id: str, version: int | None = None, *, owner: str | None = None
    ) -> None:
        """Keys bound to it stay bound to its id, so that none may do more than before. Raises Missing, Conflict."""
        async with self._database.change(actor) as change:
            before = await _held(change, agent_id, owner)
            check_version(before, version)
            await change.run(sa.delete(AGENTS).where(AGENTS.c.id == agent_id))
            change.touch("agent", agent_id)
            await change.note("agent.remove", agent_id, owner=before.user_id, before=plain(before))


def agent_of(row: Row[Any]) -> Agent:
    return Agent(**row._asdict())


def _theirs(query: "sa.Select[Any]", owner: str | None) -> "sa.Select[Any]":
    return query if owner is None else query.where(AGENTS.c.user_id == owner)


async def _held(change: Change, agent_id: str, owner: str | None) -> Agent:
    row = await change.row(_theirs(sa.select(*COLUMNS).where(AGENTS.c.id == agent_id), owner))
    if row is None:
        raise Missing("agent", agent_id)
    return agent_of(row)


async def _check_addable(change: Change, agent: Agent) -> None:
    if agent.user_id is not None and not await change.row(sa.select(USERS.c.id).where(USERS.c.id == agent.user_id)):
        raise Missing("user", agent.user_id)
    if await change.row(sa.select(AGENTS.c.id).where(AGENTS.c.id == agent.id)):
        raise Taken("id")


async def _edit(change: Change, before: Agent, after: Agent) -> Agent:
    after = msgspec.structs.replace(after, updated_at=change.now, version=before.version + 1)
    await change.run(sa.update(AGENTS).where(AGENTS.c.id == after.id).values(**msgspec.structs.asdict(after)))
    change.touch("agent", after.id)
    old, new = difference(before, after)
    await change.note("agent.update", after.id, owner=after.user_id, before=old, after=new)
    return after
