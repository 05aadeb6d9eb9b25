"""The end of every request, exactly once: its record is in the journal before its answer leaves."""

from gossamer.core.clock import now_ns, wall_time
from gossamer.core.exchange import Exchange
from gossamer.core.record import Outcome, Record


def timing_headers(exchange: Exchange) -> bytes:
    """What the request cost until now, as headers; kept for the record as well."""
    stamps = exchange.stamps
    now = now_ns()
    stamps.append(now)
    durations = [stamps[i + 1] - stamps[i] for i in range(len(stamps) - 1)]
    total = now - stamps[0]
    overhead = total - (exchange.answered_ns - exchange.sent_ns)
    exchange.durations_ns = durations
    exchange.overhead_ns = overhead
    exchange.first_byte_ns = total
    return exchange.services.timing.render(durations, total, overhead)


def settle(exchange: Exchange, outcome: Outcome, status: int, error: str | None = None) -> None:
    """Write the record down. Later calls do nothing: whoever comes first knows how it ended."""
    if exchange.is_settled:
        return
    exchange.is_settled = True
    if exchange.durations_ns is None:
        timing_headers(exchange)
        exchange.first_byte_ns = 0  # nothing went out
    services, request, caller = exchange.services, exchange.request, exchange.caller
    claims, target = exchange.claims, exchange.target
    total = now_ns() - exchange.stamps[0]
    services.journal.append(
        Record(
            id=exchange.id,
            at=wall_time() - total / 1e9,
            worker=services.worker,
            seq=services.next_seq(),
            method=request.head.method.decode("ascii"),
            path=caller.path,
            status=status,
            outcome=outcome,
            stages_ns=dict(zip(services.timing.names, exchange.durations_ns or (), strict=False)),
            total_ns=total,
            overhead_ns=exchange.overhead_ns,
            request_id=exchange.request_id,
            peer=request.peer,
            key=claims.key_id if claims is not None else None,
            model=exchange.model,
            target=target.label if target is not None else None,
            attempts=exchange.attempts,
            stream=exchange.is_stream,
            first_byte_ns=exchange.first_byte_ns,
            request_bytes=len(exchange.body),
            response_bytes=exchange.response_bytes,
            usage=exchange.usage,
            error=error,
        )
    )
