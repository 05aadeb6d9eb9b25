"""What of a provider's answer head matters here, derived once and kept with the head."""

from typing import NamedTuple

from gossamer.http.heads import ResponseHead
from gossamer.policy.headers import lines_to_client

COLLECTED_BYTES = 1024 * 1024
"""A JSON answer up to here is read for its usage before it goes on; a larger one goes on as it comes."""


class AnswerHead(NamedTuple):
    """`headers` is the rendered block that travels on."""

    headers: bytes
    is_events: bool
    is_good_json: bool
    """What nearly every answer is: JSON, not compressed, and no refusal."""
    may_tell_usage: bool
    """JSON, or JSON that came compressed: small enough, it is read before it goes on."""
    encoding: bytes
    retry_after: bytes | None


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
    return AnswerHead(
        lines_to_client(head.headers),
        is_events=is_plain and kind.startswith(b"text/event-stream"),
        is_good_json=is_plain and is_json and head.status < 400,
        may_tell_usage=(is_plain or encoding == b"gzip") and is_json and is_small,
        encoding=encoding,
        retry_after=head.get(b"retry-after"),
    )
