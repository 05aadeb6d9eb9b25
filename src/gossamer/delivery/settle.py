"""The end of every request, exactly once: its record is in the journal before its answer leaves."""

from gossamer.core.clock import now_ns, wall_time
from gossamer.core.exchange import Exchange
from gossamer.core.record import Outcome, Record


def own_headers(exchange: Exchange) -> bytes:
    """What the gateway says of itself on every answer: what it cost until now, its id, who answered."""
    stamps = exchange.stamps
    stamps.append(now_ns())
    target = exchange.target
    exchange.durations_ns, exchange.total_ns, exchange.overhead_ns, headers = exchange.services.timing.render(
        stamps,
        exchange.answered_ns - exchange.sent_ns,
        exchange.request_id,
        target.headers if target is not None and exchange.sent_ns else "",
    )
    return headers


def settle(exchange: Exchange, outcome: Outcome, status: int, error: str | None = None, *, total_ns: int = 0) -> None:
    """Write the record down. Later calls do nothing: whoever comes first knows how it ended."""
    if exchange.is_settled:
        return
    exchange.is_settled = True
    if not exchange.total_ns:  # no answer was begun
        own_headers(exchange)
        first_byte_ns = 0
    else:
        first_byte_ns = exchange.total_ns
    total = total_ns or now_ns() - exchange.stamps[0]
    services = exchange.services
    request = exchange.request
    caller = exchange.caller
    claims = exchange.claims
    target = exchange.target
    services.journal.append(
        Record(  # by position: names would cost more than all the values
            exchange.id,
            wall_time() - total / 1e9,
            services.worker,
            services.next_seq(),
            caller.method,
            caller.path,
            status,
            outcome,
            exchange.durations_ns,
            total,
            exchange.overhead_ns,
            exchange.request_id,
            request.peer,
            claims.key_id if claims is not None else None,
            exchange.model,
            target.label if target is not None else None,
            exchange.attempts,
            exchange.is_stream,
            first_byte_ns,
            len(exchange.body),
            exchange.response_bytes,
            exchange.usage,
            error,
        )
    )
