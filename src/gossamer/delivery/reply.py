"""Answers that are whole when they leave: a provider's, the gateway's own, a refusal."""

from math import ceil

from gossamer.core.errors import GatewayError, InternalError
from gossamer.core.exchange import Exchange
from gossamer.core.logs import get_log
from gossamer.core.ports import Reply
from gossamer.core.record import Outcome
from gossamer.delivery.settle import take_stock, write_down
from gossamer.dialects.errors import render_error
from gossamer.policy.headers import JSON_LINE

_log = get_log(__name__)


def reply(
    exchange: Exchange,
    status: int,
    headers: bytes,
    body: bytes,
    outcome: Outcome = "completed",
    error: str | None = None,
) -> None:
    """Write the record down, then answer."""
    if exchange.is_settled:
        return
    exchange.response_bytes = len(body)
    stages_ns, total_ns, overhead_ns, own_headers = take_stock(exchange)
    write_down(exchange, outcome, status, error, stages_ns, total_ns, overhead_ns, total_ns)
    exchange.request.reply(status, headers + own_headers, body)


def reply_with(exchange: Exchange, answer: Reply) -> None:
    """A stage knew the answer."""
    reply(exchange, answer.status, answer.headers, answer.body)


def refuse(exchange: Exchange, error: GatewayError) -> None:
    """Answer with the reason, in the shape of the dialect that was asked."""
    headers = JSON_LINE
    if error.retry_after_s is not None:
        # Rounded up: whoever comes back a moment too early is refused once more.
        headers += b"retry-after: %d\r\n" % max(1, ceil(error.retry_after_s))
    body = render_error(error, exchange.caller.endpoint.dialect)
    reply(exchange, error.status, headers, body, error.outcome, error.code)


def note_defect(exchange: Exchange, error: Exception) -> InternalError:
    """Log a defect of ours; what is returned ends the one request that met it."""
    _log.defect("a request met a defect", error, id=exchange.id)
    return InternalError("The gateway met a defect of its own; it is logged under this request's id.")
