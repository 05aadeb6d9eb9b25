"""Behind a wait: whether key and agent are still what they were. What follows goes by them as they are now."""

from gossamer.core.exchange import Exchange
from gossamer.stages.authenticate import authenticate
from gossamer.stages.verify_agent import verify_agent


async def look_again(exchange: Exchange) -> None:
    """Behind a wait: a body may take as long as its sender likes, and its key may be revoked meanwhile."""
    claims, agent = exchange.claims, exchange.agent
    if claims is None or (claims.is_valid and (agent is None or agent.is_valid)):
        return
    exchange.agent = None
    for stage in (authenticate, verify_agent):
        outcome = stage(exchange)
        if outcome is not None:
            await outcome
