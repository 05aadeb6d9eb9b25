"""What a request cost in the end, and the settling of its lease: by what was used, as far as anybody knows.

Called once a request, and only for those that have a price or a lease.
"""

from msgspec.structs import replace

from gossamer.core.exchange import Exchange
from gossamer.core.ports import Lease, Tariff
from gossamer.core.record import Outcome, Usage
from gossamer.counters.weigh import input_estimate

_REFUSED = 400
"""From this status on, nothing was generated."""


def charge(exchange: Exchange, lease: Lease | None, price: Tariff | None, outcome: Outcome, status: int) -> int | None:
    """Its nano-dollars; None where nobody knows."""
    tokens, nanos = _used(exchange, price, outcome, status)
    if lease is not None:
        lease.settle(tokens, nanos)
        if nanos is None:
            nanos = lease.nanos
    return nanos if price is not None else None


def _used(exchange: Exchange, price: Tariff | None, outcome: Outcome, status: int) -> tuple[int | None, int | None]:
    """Tokens and nano-dollars. None: the answer is whole, and nobody counted. The calls of a run are charged each."""
    if not exchange.sent_ns or exchange.owes_nothing or exchange.run is not None or exchange.caller.endpoint.is_free:
        return 0, 0
    usage = exchange.usage
    if outcome == "client_gone" or (outcome != "completed" and exchange.spent is not None):
        usage = _until_then(exchange, usage)
    elif usage is None:
        if outcome != "completed" or status >= _REFUSED:
            return 0, 0
        return None, price.cost(Usage()) if price is not None and price.is_flat else None
    return usage.input + usage.output, price.cost(usage) if price is not None else None


def _until_then(exchange: Exchange, told: Usage | None) -> Usage:
    """Of an answer that was not to be whole: what the provider told so far, and an event went out for each token."""
    if told is None:
        return Usage(input_estimate(exchange), exchange.streamed_events)
    return replace(told, output=max(told.output, exchange.streamed_events))
