"""What of a provider's answer head matters here, derived once and kept with the head."""

from typing import NamedTuple

from gossamer.http.heads import ResponseHead
from gossamer.policy.headers import lines_to_client


class AnswerHead(NamedTuple):
    """`headers` is the rendered block that travels on."""

    headers: bytes
    is_events: bool
    is_json: bool
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
    return AnswerHead(
        lines_to_client(head.headers),
        is_events=is_plain and kind.startswith(b"text/event-stream"),
        is_json=is_plain and kind.startswith(b"application/json"),
        encoding=encoding,
        retry_after=head.get(b"retry-after"),
    )
