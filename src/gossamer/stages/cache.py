"""Whether the answer is known already, or on its way to somebody who asked the same.

Only where the settings have a cache is this a stage (gossamer.pipeline). It stands behind `route`, since the target is
part of what an answer is kept under.
"""

from gossamer.core.exchange import Exchange
from gossamer.core.later import Later
from gossamer.core.ports import Reply


def cache(exchange: Exchange) -> Later | Reply | None:
    known = exchange.services.cache
    assert known is not None, "a stage only where there is one"
    return known.admit(exchange)
