"""On whose behalf the key speaks: an agent of its own or of its user. Memory first, as for the key itself.

What does not exist and what is somebody else's get one answer, so that nobody can ask which agents there are.
"""

from collections.abc import Awaitable

from gossamer.core.errors import AgentForbidden
from gossamer.core.exchange import Exchange
from gossamer.core.ports import AgentClaims, Claims


def verify_agent(exchange: Exchange) -> Awaitable[None] | None:
    caller = exchange.caller
    if caller.is_plain:
        return None
    agent = caller.agent
    if agent is not None and agent.is_valid:
        exchange.agent = agent
        return None
    claims = exchange.claims
    assert claims is not None, "authenticate comes first"
    found = exchange.services.agents.agent_of(_agent_id(caller.agent_id, claims))
    if found is None or isinstance(found, AgentClaims):
        _accept(exchange, claims, found)
        return None
    return _ask(exchange, claims, found)


async def _ask(exchange: Exchange, claims: Claims, answer: Awaitable[AgentClaims | None]) -> None:
    _accept(exchange, claims, await answer)


def _agent_id(named: str | None, claims: Claims) -> str:
    """Of the agent that is named, if the key may use it; else of the only one that the key is bound to."""
    bound = claims.agents
    if named is not None:
        if bound and named not in bound:
            raise _forbidden()
        return named
    if len(bound) > 1:
        raise AgentForbidden("This API key is bound to several agents. Name one of them by `X-Agent-ID`.")
    (only,) = bound
    return only


def _accept(exchange: Exchange, claims: Claims, agent: AgentClaims | None) -> None:
    """A binding counts whoever owns the agent; without one, key and agent must be of one house."""
    if agent is None or not agent.is_valid or not (claims.agents or agent.user_id == claims.user_id):
        raise _forbidden()
    exchange.agent = exchange.caller.agent = agent


def _forbidden() -> AgentForbidden:
    return AgentForbidden(
        "This API key may not speak for that agent: there is none of this id, or it is somebody else's. "
        "Name one of your own by `X-Agent-ID`, or leave the header out."
    )
