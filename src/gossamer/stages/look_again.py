"""Behind a wait: whether key and agent are still what they were. What follows goes by them as they are now."""

from collections.abc import Awaitable

from gossamer.core.exchange import Exchange
from gossamer.stages.authenticate import authenticate
from gossamer.stages.route import check_models
from gossamer.stages.verify_agent import verify_agent


def is_unchanged(exchange: Exchange) -> bool:
    claims, agent = exchange.claims, exchange.agent
    return claims is None or (claims.is_valid and (agent is None or agent.is_valid))


def look_again_if_changed(exchange: Exchange) -> Awaitable[None] | None:
    """A LookAgain, for whoever has answers to give."""
    return None if is_unchanged(exchange) else look_again(exchange)


async def look_again(exchange: Exchange) -> None:
    """Behind a wait: a body may take as long as its sender likes, and its key may be revoked meanwhile."""
    if is_unchanged(exchange):
        return
    exchange.agent = None
    for stage in (authenticate, verify_agent):
        outcome = stage(exchange)
        if outcome is not None:
            await outcome
    if exchange.target is not None and exchange.caller.run is None:  # `route` is behind us, and had said yes
        check_models(exchange)
