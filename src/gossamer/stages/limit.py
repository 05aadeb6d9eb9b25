"""Whether there is room: of requests, tokens, places and money, for key, user, agent and model, all in one step.

The last stage, since what it charges for must be known: the model, its price, and what is asked of it.
"""

from gossamer.core.allowance import UNLIMITED
from gossamer.core.exchange import Exchange
from gossamer.core.later import Later


def limit(exchange: Exchange) -> Later | None:
    claims = exchange.claims
    assert claims is not None
    limiter = exchange.services.limiter
    if claims.free_under is limiter and (exchange.agent is None or exchange.agent.limits is UNLIMITED):
        return None
    return limiter.admit(exchange)
