"""What workers ask: which of these keys are good, and what they may do. One statement, one moment, one revision.

A question costs a look into one index for each key, however many keys there are.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

import sqlalchemy as sa

from gossamer.control.store.bindings import bound_agents
from gossamer.control.store.part import Part
from gossamer.control.store.question import Question
from gossamer.control.store.tables import AGENTS, DIRECTIVE_VERSIONS, DIRECTIVES, EPOCH, KEYS, USERS
from gossamer.core.allowance import UNLIMITED
from gossamer.feed.messages import AgentGrant, DirectiveGrant, KeyGrant

USED_AT_ONCE: Final = 100
"""Keys in one transaction: some 4 ms in which no look-up is answered."""

Asked = TypeVar("Asked")

_USER: Final = (USERS.c.limits.label("user_limits"), USERS.c.is_active.label("has_active_user"))
_KEY: Final = (
    KEYS.c.id,
    KEYS.c.digest,
    KEYS.c.name,
    KEYS.c.user_id,
    KEYS.c.scopes,
    KEYS.c.models,
    KEYS.c.limits,
    KEYS.c.expires_at,
    bound_agents(KEYS.c.id),
)
_AGENT: Final = (
    AGENTS.c.id,
    AGENTS.c.name,
    AGENTS.c.user_id,
    AGENTS.c.models,
    AGENTS.c.default_model,
    AGENTS.c.limits,
    AGENTS.c.directive_id,
    AGENTS.c.metadata,
    DIRECTIVE_VERSIONS.c.number.label("directive_number"),
    DIRECTIVE_VERSIONS.c.text.label("directive_text"),
    DIRECTIVE_VERSIONS.c.variables.label("directive_variables"),
)
_MOMENT: Final = KEYS.c.expires_at.type

KEYS_ASKED: Final = sa.select(EPOCH.c.value.label("revision"), *_KEY, *_USER).select_from(
    EPOCH.outerjoin(
        KEYS,
        sa.and_(
            KEYS.c.digest.in_(sa.bindparam("digests", expanding=True)),
            KEYS.c.revoked_at.is_(None),
            sa.or_(KEYS.c.expires_at.is_(None), KEYS.c.expires_at > sa.bindparam("now", None, type_=_MOMENT)),
        ),
    ).outerjoin(USERS, USERS.c.id == KEYS.c.user_id)
)
"""At least one row, for the revision."""
AGENTS_ASKED: Final = sa.select(EPOCH.c.value.label("revision"), *_AGENT, *_USER).select_from(
    EPOCH.outerjoin(AGENTS, sa.and_(AGENTS.c.id.in_(sa.bindparam("agent_ids", expanding=True)), AGENTS.c.is_active))
    .outerjoin(USERS, USERS.c.id == AGENTS.c.user_id)
    .outerjoin(DIRECTIVES, DIRECTIVES.c.id == AGENTS.c.directive_id)
    .outerjoin(
        DIRECTIVE_VERSIONS,
        sa.and_(
            DIRECTIVE_VERSIONS.c.directive_id == DIRECTIVES.c.id, DIRECTIVE_VERSIONS.c.number == DIRECTIVES.c.active
        ),
    )
)
_KEYS_ASKED: Final = Question(KEYS_ASKED, "digests")
_AGENTS_ASKED: Final = Question(AGENTS_ASKED, "agent_ids")
_USED: Final = (
    sa.update(KEYS)
    .where(
        KEYS.c.id == sa.bindparam("key_id"),
        sa.or_(KEYS.c.last_used_at.is_(None), KEYS.c.last_used_at < sa.bindparam("at", type_=_MOMENT)),
    )
    .values(last_used_at=sa.bindparam("at", type_=_MOMENT))
)


class Grants(Part):
    """The grants of the store."""

    async def grants_of_keys(self, digests: Sequence[bytes]) -> tuple[int, dict[bytes, KeyGrant]]:
        """The revision and the grants of the good keys among these, in one snapshot. Not there: no good key."""
        rows = await self._database.answers(_KEYS_ASKED, padded(digests), now=self._database.now())
        return rows[0].revision, {row.digest: key_grant_of(row) for row in rows if is_good(row)}

    async def grants_of_agents(self, agent_ids: Sequence[str]) -> tuple[int, dict[str, AgentGrant]]:
        """As `grants_of_keys`, by the ids of agents."""
        rows = await self._database.answers(_AGENTS_ASKED, padded(agent_ids))
        return rows[0].revision, {row.id: agent_grant_of(row) for row in rows if is_good(row)}

    async def note_used(self, used: Mapping[str, float]) -> None:
        """Unix times of the last use, by key id. No revision: nobody decides by it. Never goes back."""
        # In one order everywhere, so that two nodes never wait for each other.
        rows = [{"key_id": key_id, "at": datetime.fromtimestamp(at, UTC)} for key_id, at in sorted(used.items())]
        for begin in range(0, len(rows), USED_AT_ONCE):
            await self._database.note(_USED, rows[begin : begin + USED_AT_ONCE])


def padded(values: Sequence[Asked]) -> list[Asked]:
    """With the last one repeated up to a power of two: so few statements that all of them stay prepared."""
    count = 1
    while count < len(values):
        count *= 2
    return [*values, *list(values[-1:]) * (count - len(values))]


def is_good(row: Any) -> bool:
    """Whether anything was found, and its user, if it has one, is active."""
    return row.id is not None and (row.user_id is None or bool(row.has_active_user))


def key_grant_of(row: Any) -> KeyGrant:
    return KeyGrant(
        key_id=row.id,
        name=row.name,
        user_id=row.user_id,
        scopes=row.scopes,
        models=row.models,
        agents=frozenset(row.agents.split(",")) if row.agents else frozenset(),
        limits=row.limits,
        user_limits=row.user_limits or UNLIMITED,
        expires_at=None if row.expires_at is None else row.expires_at.timestamp(),
    )


def agent_grant_of(row: Any) -> AgentGrant:
    return AgentGrant(
        agent_id=row.id,
        name=row.name,
        user_id=row.user_id,
        models=row.models,
        default_model=row.default_model,
        limits=row.limits,
        directive_id=row.directive_id,
        directive=directive_grant_of(row),
        metadata=row.metadata,
    )


def directive_grant_of(row: Any) -> DirectiveGrant | None:
    if row.directive_number is None:
        return None
    return DirectiveGrant(row.directive_number, row.directive_text, row.directive_variables)
