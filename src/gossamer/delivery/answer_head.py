"""What of a provider's answer head matters here, derived once and kept with the head."""

import msgspec

from gossamer.core.exchange import Exchange
from gossamer.http.heads import ResponseHead
from gossamer.policy.headers import LIMIT_MARK, lines_to_client, without_limits

COLLECTED_BYTES = 1024 * 1024
"""A JSON answer up to here is read for its usage before it goes on; a larger one goes on as it comes."""


class AnswerHead(msgspec.Struct, frozen=True):
    """`headers` is the rendered block that travels on; of `own_limits` the gateway says what the limits are."""

    headers: bytes
    own_limits: bytes
    is_events: bool
    is_good_json: bool
    """What nearly every answer is: JSON, not compressed, and no refusal."""
    may_tell_usage: bool
    """JSON, or JSON that came compressed: small enough, it is read before it goes on."""
    encoding: bytes
    retry_after: bytes | None

    def with_lines(self, lines: bytes) -> "AnswerHead":
        """For one request of which something was dropped."""
        return msgspec.structs.replace(self, headers=self.headers + lines, own_limits=self.own_limits + lines)


def answer_lines(exchange: Exchange, seen: AnswerHead) -> bytes:
    """The lines that travel on: two voices on the limits of a request would be one too many."""
    return seen.own_limits if exchange.limit_lines else seen.headers


def answer_head(head: ResponseHead) -> AnswerHead:
    known: AnswerHead | None = head.notes
    if known is None:
        known = head.notes = _read(head)
    return known


def _read(head: ResponseHead) -> AnswerHead:
    kind = (head.get(b"content-type") or b"").lower()
    encoding = (head.get(b"content-encoding") or b"identity").lower()
    is_plain = encoding == b"identity"
    is_json = kind.startswith(b"application/json")
    is_small = head.length is None or head.length <= COLLECTED_BYTES
    lines = lines_to_client(head.headers)
    return AnswerHead(
        lines,
        lines_to_client(without_limits(head.headers)) if LIMIT_MARK in lines else lines,
        is_events=is_plain and kind.startswith(b"text/event-stream"),
        is_good_json=is_plain and is_json and head.status < 400,
        may_tell_usage=(is_plain or encoding == b"gzip") and is_json and is_small,
        encoding=encoding,
        retry_after=head.get(b"retry-after"),
    )
