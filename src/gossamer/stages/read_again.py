"""The body, where there is a cache: one that was asked before, to the letter, and was known, need not be read again.

It takes the place of stages/read_body.py, and its name: all other bodies are read there.
"""

from gossamer.core.exchange import Exchange
from gossamer.stages import read_body as reading
from gossamer.stages.read_body import Outcome


def read_body(exchange: Exchange) -> Outcome:
    cache, caller, request = exchange.services.cache, exchange.caller, exchange.request
    assert cache is not None, "a stage only where there is one"
    known = cache.readings.get(request.body)
    if (
        known is None
        or exchange.agent is not None
        or caller.extras is not None
        or not (caller.endpoint.is_simple and request.is_complete)
    ):
        return reading.read_body(exchange)
    exchange.body = known.body
    exchange.model = known.model
    exchange.is_stream = known.is_stream
    exchange.hides_usage = known.hides_usage
    exchange.compact = known.compact
    return None
