"""Whether agents have what their directives need: looked at whenever either side changes, so that no request has to."""

from typing import Final

import sqlalchemy as sa

from gossamer.control.nouns import Agent
from gossamer.control.store.errors import Missing, Unfilled
from gossamer.control.store.tables import AGENTS, DIRECTIVE_VERSIONS, DIRECTIVES
from gossamer.control.store.transaction import Change
from gossamer.core.directives import Variables
from gossamer.policy.template import needed_of

_IN_FORCE: Final = sa.select(DIRECTIVES.c.user_id, DIRECTIVE_VERSIONS.c.variables).select_from(
    DIRECTIVES.outerjoin(
        DIRECTIVE_VERSIONS,
        sa.and_(
            DIRECTIVE_VERSIONS.c.directive_id == DIRECTIVES.c.id,
            DIRECTIVE_VERSIONS.c.number == DIRECTIVES.c.active,
        ),
    )
)


async def check_agents_fill(change: Change, directive_id: str, variables: Variables) -> None:
    """All that are given this directive. Raises Unfilled, for the first of them."""
    needed = needed_of(variables)
    if not needed:
        return
    here = AGENTS.c.directive_id == directive_id
    for row in await change.rows(sa.select(AGENTS.c.id, AGENTS.c.metadata).where(here).order_by(AGENTS.c.id)):
        _check(row.id, row.metadata, needed)


async def check_directive(change: Change, agent: Agent, owner: str | None) -> None:
    """The one that this agent is to be given: of its own house or nobody's, and all that it needs is there.

    Raises Missing, Unfilled. A member gives its agents none but its own.
    """
    if agent.directive_id is None:
        return
    row = await change.row(_IN_FORCE.where(DIRECTIVES.c.id == agent.directive_id))
    houses = {agent.user_id, None} if owner is None else {owner}
    if row is None or row.user_id not in houses:
        raise Missing("directive", agent.directive_id)
    _check(agent.id, agent.metadata, needed_of(row.variables or {}))


async def check_metadata(change: Change, agent: Agent) -> None:
    """For the directive that it has already, whoever gave it that. Raises Unfilled."""
    row = await change.row(_IN_FORCE.where(DIRECTIVES.c.id == agent.directive_id))
    if row is not None:
        _check(agent.id, agent.metadata, needed_of(row.variables or {}))


def _check(agent_id: str, metadata: dict[str, str], needed: frozenset[str]) -> None:
    lacking = sorted(needed - metadata.keys())
    if lacking:
        raise Unfilled(agent_id, tuple(lacking))
