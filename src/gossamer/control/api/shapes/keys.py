"""Keys. The token is in the answer that made it, and nowhere else."""

from typing import Annotated, Any, Literal

from pydantic import Field

from gossamer.control.api.shapes.limits import LimitsIn, LimitsOut
from gossamer.control.api.shapes.pages import PageAsk
from gossamer.control.api.shapes.values import (
    Ask,
    Change,
    Id,
    Models,
    Moment,
    Name,
    Search,
    Shape,
    Unsaid,
    Version,
)
from gossamer.control.nouns import Key, Scope
from gossamer.control.store.page import KeyFilter

Scopes = Annotated[
    frozenset[Scope],
    Field(min_length=1, description="`inference`: the paths below /v1. `admin`: these here, as its user."),
]
Agents = Annotated[
    frozenset[Id], Field(max_length=100, description="It may speak as these only. Empty: as all agents of its user.")
]
AnyModels = Annotated[Models | None, Field(description="What it may ask for. null: everything.")]
Expiry = Annotated[Moment | None, Field(description="From then on it is refused. null: never.")]


class KeyOut(Shape):
    """A key without its secret, of which only a digest is kept."""

    id: str
    user_id: Annotated[str | None, Field(description="null: nobody's; only admins see it.")]
    name: str
    scopes: list[Scope]
    models: list[str] | None
    agents: list[str]
    limits: LimitsOut
    expires_at: Moment | None
    revoked_at: Moment | None
    last_used_at: Annotated[Moment | None, Field(description="To within some ten seconds.")]
    created_at: Moment
    updated_at: Moment
    version: Version

    @classmethod
    def of(cls, key: Key) -> "KeyOut":
        return cls(**_members(key))


class KeyMade(KeyOut):
    """The only answer that has the token."""

    token: Annotated[str, Field(description="Shown this once. Whoever loses it makes another key.")]

    @classmethod
    def with_token(cls, key: Key, token: str) -> "KeyMade":
        return cls(**_members(key), token=token)


def _members(key: Key) -> dict[str, Any]:
    return {
        "id": key.id,
        "user_id": key.user_id,
        "name": key.name,
        "scopes": sorted(key.scopes),
        "models": None if key.models is None else sorted(key.models),
        "agents": sorted(key.agents),
        "limits": LimitsOut.of(key.limits),
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
        "last_used_at": key.last_used_at,
        "created_at": key.created_at,
        "updated_at": key.updated_at,
        "version": key.version,
    }


class KeyNew(Ask):
    """What is left out has its default."""

    name: Name
    user_id: Annotated[
        Id | None, Field(description="Whose it is. Left out: whoever asks; an admin may name others, or null: nobody.")
    ] = None
    scopes: Scopes = frozenset({"inference"})
    models: AnyModels = None
    agents: Agents = frozenset()
    limits: LimitsIn = LimitsIn()
    expires_at: Expiry = None


class KeyChange(Change):
    """What is left out stays. Seen by all workers within a second."""

    clearable = frozenset({"models", "expires_at"})

    name: Name | Unsaid = None
    scopes: Scopes | Unsaid = None
    models: AnyModels = None
    agents: Agents | Unsaid = None
    limits: LimitsIn | Unsaid = None
    expires_at: Expiry = None


class KeyAsk(PageAsk):
    """All that is given must hold."""

    search: Annotated[Search | None, Field(description="A part of the name.")] = None
    user_id: Id | None = None
    agent_id: Annotated[Id | None, Field(description="Bound to this agent.")] = None
    state: Literal["valid", "expired", "revoked"] | None = None

    @property
    def filters(self) -> KeyFilter:
        return KeyFilter(search=self.search, user_id=self.user_id, agent_id=self.agent_id, state=self.state)
