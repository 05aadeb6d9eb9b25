"""/admin/v1/agents. What `X-Agent-ID` may name."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from msgspec import UNSET

from gossamer.control.api.caller import Asking, user_of_new
from gossamer.control.api.desk import AtDesk
from gossamer.control.api.openapi import VERSIONED, refused
from gossamer.control.api.shapes.agents import AgentAsk, AgentChange, AgentNew, AgentOut
from gossamer.control.api.shapes.pages import PageOut
from gossamer.control.api.shapes.values import Id
from gossamer.control.api.versions import IfMatch, asked_version, change_at, needed_version, show_version
from gossamer.control.nouns import Agent
from gossamer.control.store.edits import AgentEdit
from gossamer.control.tokens import new_id
from gossamer.core.allowance import UNLIMITED

routes = APIRouter(prefix="/admin/v1/agents", tags=["agents"])


@routes.get("", operation_id="list_agents", summary="List agents", responses=refused(400, 401, 403, 503))
async def list_agents(caller: Asking, desk: AtDesk, ask: Annotated[AgentAsk, Query()]) -> PageOut[AgentOut]:
    """A member finds its own."""
    listing = await desk.store.agents(ask.page, ask.filters, owner=caller.owner)
    return PageOut(data=list(map(AgentOut.of, listing.items)), next=listing.next)


@routes.post(
    "",
    operation_id="create_agent",
    summary="Make an agent",
    status_code=201,
    responses={201: VERSIONED[200], **refused(400, 401, 403, 404, 503)},
)
async def create_agent(caller: Asking, desk: AtDesk, asked: AgentNew, response: Response) -> AgentOut:
    """All keys of its user may speak as it, save those that are bound to others."""
    now = desk.moment()
    agent = Agent(
        id=new_id(),
        user_id=user_of_new(caller, asked, "agent"),
        name=asked.name,
        models=asked.models,
        default_model=asked.default_model,
        limits=asked.limits.over(UNLIMITED),
        directive_id=asked.directive_id,
        metadata=asked.metadata,
        created_at=now,
        updated_at=now,
    )
    made = await desk.store.add_agent(caller.actor, agent, owner=caller.owner)
    show_version(response, made)
    return AgentOut.of(made)


@routes.get(
    "/{agent_id}",
    operation_id="get_agent",
    summary="Show an agent",
    responses={**VERSIONED, **refused(400, 401, 403, 404, 503)},
)
async def get_agent(caller: Asking, desk: AtDesk, agent_id: Id, response: Response) -> AgentOut:
    """The ETag is for a change."""
    agent = await desk.store.agent(agent_id, owner=caller.owner)
    show_version(response, agent)
    return AgentOut.of(agent)


@routes.patch(
    "/{agent_id}",
    operation_id="change_agent",
    summary="Change an agent",
    responses={**VERSIONED, **refused(400, 401, 403, 404, 412, 428, 503)},
)
async def change_agent(
    caller: Asking, desk: AtDesk, agent_id: Id, asked: AgentChange, response: Response, if_match: IfMatch = None
) -> AgentOut:
    """What is left out stays, within `limits` too. With `is_active: false`, requests in its name are refused."""
    version = needed_version(if_match)

    async def read() -> Agent:
        return await desk.store.agent(agent_id, owner=caller.owner)

    async def change(agent: Agent) -> Agent:
        edit = _edit_of(asked, agent)
        return await desk.store.change_agent(caller.actor, agent_id, edit, agent.version, owner=caller.owner)

    agent = await change_at(version, read, change)
    show_version(response, agent)
    return AgentOut.of(agent)


def _edit_of(asked: AgentChange, agent: Agent) -> AgentEdit:
    said = asked.model_fields_set
    return AgentEdit(
        name=UNSET if asked.name is None else asked.name,
        models=asked.models if "models" in said else UNSET,
        default_model=asked.default_model if "default_model" in said else UNSET,
        limits=UNSET if asked.limits is None else asked.limits.over(agent.limits),
        directive_id=asked.directive_id if "directive_id" in said else UNSET,
        metadata=UNSET if asked.metadata is None else asked.metadata,
        is_active=UNSET if asked.is_active is None else asked.is_active,
    )


@routes.delete(
    "/{agent_id}",
    operation_id="remove_agent",
    summary="Remove an agent",
    status_code=204,
    responses=refused(400, 401, 403, 404, 412, 503),
)
async def remove_agent(caller: Asking, desk: AtDesk, agent_id: Id, if_match: IfMatch = None) -> None:
    """For good. A key that is bound to it stays bound, and so may speak as nobody until its `agents` are changed."""
    await desk.store.remove_agent(caller.actor, agent_id, asked_version(if_match), owner=caller.owner)
