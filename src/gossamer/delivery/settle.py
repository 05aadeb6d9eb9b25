"""The end of every request, exactly once: its record is in the journal before its answer leaves."""

from msgspec.structs import replace

from gossamer.core.clock import now_ns, wall_time
from gossamer.core.exchange import Exchange
from gossamer.core.record import ID_PREFIX_CHARS, MINTED_SESSION, Outcome, Record
from gossamer.core.timing import Spent
from gossamer.delivery.charge import charge


def take_stock(exchange: Exchange) -> Spent:
    """What the request cost until now, and the header lines that say so on its answer."""
    stamps = exchange.stamps
    services = exchange.services
    now = services.turn.worked_ns = now_ns()
    stamps.append(now)
    target = exchange.target
    return services.timing.renders[len(stamps)](
        stamps,
        exchange.answered_ns - exchange.sent_ns,
        exchange.request_id,
        exchange.caller.session or MINTED_SESSION + exchange.id[ID_PREFIX_CHARS:],
        target.headers + exchange.limit_lines if target is not None and exchange.sent_ns else exchange.limit_lines,
    )


def start_answer(exchange: Exchange) -> bytes:
    """The header lines of an answer that is settled later."""
    exchange.spent = spent = take_stock(exchange)
    return spent[3]


def settle(exchange: Exchange, outcome: Outcome, status: int, error: str | None = None) -> None:
    """Write the record down. Later calls do nothing: whoever comes first knows how it ended."""
    if exchange.is_settled:
        return
    spent = exchange.spent
    first_byte_ns = 0
    if spent is None:
        spent = take_stock(exchange)
    else:
        first_byte_ns = spent[1]
    stages_ns, _, overhead_ns, _ = spent
    write_down(exchange, outcome, status, error, stages_ns, now_ns() - exchange.stamps[0], overhead_ns, first_byte_ns)


def write_down(
    exchange: Exchange,
    outcome: Outcome,
    status: int,
    error: str | None,
    stages_ns: list[int],
    total_ns: int,
    overhead_ns: int,
    first_byte_ns: int,
) -> None:
    exchange.is_settled = True
    if exchange.route is not None:
        exchange.route.settled(exchange, outcome, status)
    services = exchange.services
    caller, claims, agent, target = exchange.caller, exchange.claims, exchange.agent, exchange.target
    at = wall_time() - total_ns / 1e9
    price = target.price if target is not None else None
    has_cost = price is not None or exchange.lease is not None
    cost_nanos = charge(exchange, exchange.lease, price, outcome, status) if has_cost else None
    key, user = (None, None) if claims is None else (claims.key_id, claims.user_id)
    if claims is not None:
        claims.used_at = at
    next_seq = services.next_seq
    record = Record(  # by position: names would cost more than all the values
        exchange.id,
        at,
        services.worker,
        next_seq(),
        caller.method,
        caller.path,
        status,
        outcome,
        stages_ns,
        total_ns,
        overhead_ns,
        exchange.request_id,
        exchange.request.peer,
        key,
        exchange.model,
        target.label if target is not None else None,
        exchange.is_stream,
        first_byte_ns,
        len(exchange.body),
        exchange.response_bytes,
        exchange.usage if exchange.run is None else None,  # the calls of a run tell theirs themselves
        error,
        user,
        agent.agent_id if agent is not None else None,
        cost_nanos,
        caller.trace,
        exchange.directed,
        caller.session,
        exchange.cached,
        exchange.finish,
    )
    if exchange.attempts or exchange.lookup is not None or exchange.run is not None or caller.run is not None:
        record = _with_more(record, exchange)
    services.journal.append(record)
    if cost_nanos is not None:
        services.limiter.note(record)


def _with_more(record: Record, exchange: Exchange) -> Record:
    """What few requests have."""
    mark = exchange.caller.run
    run = exchange.run or (mark.run if mark is not None else None)
    return replace(record, attempts=exchange.attempts, lookup=exchange.lookup, run=run)
