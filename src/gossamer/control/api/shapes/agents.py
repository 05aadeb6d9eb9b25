"""Agents: on whose behalf a key speaks."""

from typing import Annotated

from pydantic import Field, StrictBool

from gossamer.control.api.shapes.directives import Metadata
from gossamer.control.api.shapes.limits import LimitsIn, LimitsOut
from gossamer.control.api.shapes.pages import PageAsk
from gossamer.control.api.shapes.values import (
    Ask,
    Change,
    Id,
    Model,
    Models,
    Moment,
    Name,
    Search,
    Shape,
    Unsaid,
    Version,
)
from gossamer.control.nouns import Agent
from gossamer.control.store.page import AgentFilter

AnyModels = Annotated[Models | None, Field(description="What may be asked for in its name. null: everything.")]
DefaultModel = Annotated[Model | None, Field(description="Asked for where a request names no model.")]

DirectiveId = Annotated[Id | None, Field(description="A directive's id: its own user's, or nobody's. null: none.")]


class AgentOut(Shape):
    """Its models and limits hold beside those of the key that speaks as it."""

    id: Annotated[str, Field(description="What `X-Agent-ID` says.")]
    user_id: Annotated[str | None, Field(description="null: nobody's; only admins see it.")]
    name: str
    models: list[str] | None
    default_model: str | None
    limits: LimitsOut
    directive_id: Annotated[str | None, Field(description="What is put before all that is asked in its name.")]
    metadata: Annotated[dict[str, str], Field(description="What its directive's variables are filled with.")]
    is_active: bool
    created_at: Moment
    updated_at: Moment
    version: Version

    @classmethod
    def of(cls, agent: Agent) -> "AgentOut":
        return cls(
            id=agent.id,
            user_id=agent.user_id,
            name=agent.name,
            models=None if agent.models is None else sorted(agent.models),
            default_model=agent.default_model,
            limits=LimitsOut.of(agent.limits),
            directive_id=agent.directive_id,
            metadata=agent.metadata,
            is_active=agent.is_active,
            created_at=agent.created_at,
            updated_at=agent.updated_at,
            version=agent.version,
        )


class AgentNew(Ask):
    """What is left out has its default."""

    name: Name
    user_id: Annotated[
        Id | None, Field(description="Whose it is. Left out: whoever asks; an admin may name others, or null: nobody.")
    ] = None
    models: AnyModels = None
    default_model: DefaultModel = None
    limits: LimitsIn = LimitsIn()
    directive_id: DirectiveId = None
    metadata: Annotated[Metadata, Field(default_factory=dict)]


class AgentChange(Change):
    """What is left out stays. Seen by all workers within a second."""

    clearable = frozenset({"models", "default_model", "directive_id"})

    name: Name | Unsaid = None
    models: AnyModels = None
    default_model: DefaultModel = None
    limits: LimitsIn | Unsaid = None
    directive_id: DirectiveId = None
    metadata: Annotated[Metadata | Unsaid, Field(description="All of it: what is not named goes.")] = None
    is_active: Annotated[StrictBool | Unsaid, Field(description="false: whoever speaks as it is refused.")] = None


class AgentAsk(PageAsk):
    """All that is given must hold."""

    search: Annotated[Search | None, Field(description="A part of the name.")] = None
    user_id: Id | None = None
    is_active: bool | None = None

    @property
    def filters(self) -> AgentFilter:
        return AgentFilter(search=self.search, user_id=self.user_id, is_active=self.is_active)
