"""The end of every request, exactly once: its record is in the journal before its answer leaves."""

from operator import sub

from gossamer.core.clock import now_ns, wall_time
from gossamer.core.exchange import Exchange
from gossamer.core.record import Outcome, Record


def own_headers(exchange: Exchange) -> bytes:
    """What the gateway says of itself on every answer: what it cost until now, its id, who answered."""
    stamps = exchange.stamps
    now = now_ns()
    stamps.append(now)
    exchange.durations_ns = durations = list(map(sub, stamps[1:], stamps))
    exchange.first_byte_ns = total = now - stamps[0]
    exchange.overhead_ns = overhead = total - exchange.answered_ns + exchange.sent_ns
    target = exchange.target
    shown = target.headers if target is not None and exchange.sent_ns else ""
    return exchange.services.timing.render(durations, total, overhead, exchange.request_id, shown)


def settle(exchange: Exchange, outcome: Outcome, status: int, error: str | None = None) -> None:
    """Write the record down. Later calls do nothing: whoever comes first knows how it ended."""
    if exchange.is_settled:
        return
    exchange.is_settled = True
    if exchange.durations_ns is None:
        own_headers(exchange)
        exchange.first_byte_ns = 0  # nothing went out
    services = exchange.services
    request = exchange.request
    caller = exchange.caller
    claims = exchange.claims
    target = exchange.target
    total = now_ns() - exchange.stamps[0]
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
            exchange.durations_ns,  # type: ignore[arg-type]  # set above
            total,
            exchange.overhead_ns,
            exchange.request_id,
            request.peer,
            claims.key_id if claims is not None else None,
            exchange.model,
            target.label if target is not None else None,
            exchange.attempts,
            exchange.is_stream,
            exchange.first_byte_ns,
            len(exchange.body),
            exchange.response_bytes,
            exchange.usage,
            error,
        )
    )
