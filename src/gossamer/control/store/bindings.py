"""Which keys speak as which agents. A key without bindings may speak as any agent of its user."""

from typing import Any

import sqlalchemy as sa

from gossamer.control.store.errors import Missing
from gossamer.control.store.tables import AGENTS, BINDINGS
from gossamer.control.store.transaction import Change


def bound_agents(key_id: "sa.Column[Any]") -> "sa.Label[str]":
    """A column `agents`: the ids, joined by commas; NULL where there are none."""
    ids = sa.select(sa.func.aggregate_strings(BINDINGS.c.agent_id, ",")).where(BINDINGS.c.key_id == key_id)
    return ids.scalar_subquery().label("agents")


async def check_agents(change: Change, wanted: frozenset[str], user_id: str | None, owner: str | None) -> None:
    """Whether a key of this user may be bound to these, for this owner. Raises Missing."""
    if not wanted:
        return
    query = sa.select(AGENTS.c.id).where(AGENTS.c.id.in_(sorted(wanted)))
    if owner is not None:
        query = query.where(AGENTS.c.user_id == owner)
    elif user_id is not None:
        query = query.where(sa.or_(AGENTS.c.user_id == user_id, AGENTS.c.user_id.is_(None)))
    found = {row.id for row in await change.rows(query)}
    for agent_id in sorted(wanted - found):
        raise Missing("agent", agent_id)


async def bind(change: Change, key_id: str, before: frozenset[str], after: frozenset[str]) -> None:
    if gone := before - after:
        here = BINDINGS.c.key_id == key_id
        await change.run(sa.delete(BINDINGS).where(here, BINDINGS.c.agent_id.in_(sorted(gone))))
    if new := after - before:
        await change.run(sa.insert(BINDINGS), [{"key_id": key_id, "agent_id": each} for each in sorted(new)])
