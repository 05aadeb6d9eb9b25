"""An answer that nobody was paid for, on its way out: from memory, from Redis, or out of a call that others share.

The time of a call that a request shared is the provider's part of it; its cost is nothing.
"""

import msgspec

from gossamer.cache.entry import Entry
from gossamer.cache.question import WIRES
from gossamer.core.clock import wall_time
from gossamer.core.exchange import Exchange
from gossamer.core.ports import Reply
from gossamer.core.record import CacheTier, CacheUse, Outcome
from gossamer.core.timing import Spent
from gossamer.delivery.settle import take_stock, write_down
from gossamer.dialects.retell import as_stream, as_whole
from gossamer.policy.headers import JSON_LINE

EVENTS_LINE = b"content-type: text/event-stream; charset=utf-8\r\n"
_OK = 200


def recall(exchange: Exchange, entry: Entry, tier: CacheTier) -> Reply:
    """The answer to a request of the same form as the entry's. Nothing was asked, so nothing is paid."""
    note_hit(exchange, entry, tier)
    return Reply(_OK, entry.lines, entry.told(hides_usage=True) if exchange.hides_usage else entry.body)


def note_hit(exchange: Exchange, entry: Entry, tier: CacheTier) -> None:
    exchange.cached = CacheUse(tier, entry.cost_nanos)
    exchange.finish = entry.finish
    word = "hit-l2" if tier == "l2" else "hit-l1"
    label, target = entry.target, exchange.target
    age_s = int(wall_time() - entry.made_at)
    if age_s < 0:
        age_s = 0  # another node's clock
    exchange.limit_lines += f"x-gossamer-target: {label}\r\nx-gossamer-cache: {word}\r\nage: {age_s}\r\n"
    if target is not None and target.label != label:
        exchange.target = msgspec.structs.replace(target, label=label)


def note_miss(exchange: Exchange, card: Entry) -> None:
    """Of a call that was shared, and brought nothing that could be given again."""
    exchange.limit_lines += f"x-gossamer-target: {card.target}\r\nx-gossamer-cache: miss\r\n"


def retold(entry: Entry, request: bytes) -> Entry | None:
    """The same answer in the other form; None where that cannot be told."""
    wire = WIRES.get(entry.dialect)
    if wire is None:
        return None
    now_s = int(entry.made_at)
    if entry.is_stream:
        body, line = as_whole(entry.body, wire, now_s), JSON_LINE
    else:
        body, line = as_stream(entry.body, wire, request, now_s), EVENTS_LINE
    if body is None:
        return None
    lines = line + b"".join(
        each + b"\r\n" for each in entry.lines.split(b"\r\n") if each and not each.startswith(b"content-type:")
    )
    return msgspec.structs.replace(entry, body=body, is_stream=not entry.is_stream, lines=lines, quiet=None)


def stock_of_shared(exchange: Exchange, since_ns: int) -> Spent:
    """What it cost until now; from `since_ns` until the answer could be seen, the time was the provider's."""
    target = exchange.target
    if target is not None:
        exchange.target = msgspec.structs.replace(target, headers="")  # the line says whose answer it is
    exchange.sent_ns, exchange.answered_ns = since_ns, max(since_ns, exchange.services.turn.seen_ns)
    spent = take_stock(exchange)
    exchange.sent_ns = exchange.answered_ns = 0  # nobody was asked on its behalf: nothing is to be paid
    return spent


def leave_shared(exchange: Exchange, since_ns: int, status: int) -> None:
    """Its client left before there was an answer."""
    if not exchange.is_settled:
        stages_ns, total_ns, overhead_ns, _ = stock_of_shared(exchange, since_ns)
        write_down(exchange, "client_gone", status, None, stages_ns, total_ns, overhead_ns, 0)


def give_shared(
    exchange: Exchange, since_ns: int, status: int, lines: bytes, body: bytes, outcome: Outcome, error: str | None
) -> None:
    """A whole answer of a call that others share: the record, then the answer."""
    if exchange.is_settled:
        return
    exchange.response_bytes = len(body)
    stages_ns, total_ns, overhead_ns, own_lines = stock_of_shared(exchange, since_ns)
    write_down(exchange, outcome, status, error, stages_ns, total_ns, overhead_ns, total_ns)
    exchange.request.reply(status, lines + own_lines, body)
