"""Who speaks, about what: the path, the token, the ids. Read once from a head and kept with it."""

import re
from hashlib import sha256

from gossamer.core.caller import Caller, Extras
from gossamer.core.endpoints import endpoint_of, is_disguised
from gossamer.core.errors import InvalidRequest
from gossamer.core.exchange import Exchange
from gossamer.core.runs import RUN_HEADER, RunMark, read_mark
from gossamer.core.trace_context import read_traceparent
from gossamer.http.heads import RequestHead

_SHOWABLE_ID = re.compile(rb"[!-~]{1,128}")
"""An id that can stand in a header, a log line and a journal line."""
_OUR_FORM = re.compile(rb"gsm_[a-z2-7]{16,26}_[a-z2-7]{32}")
"""`gsm_`, the id of the key, its secret; ids had 16 characters before they had 26."""
_DOT_SEGMENT = re.compile(r"(?:[/\\]|%2f|%5c)(?:\.|%2e){1,2}(?:[/\\;]|%2f|%5c|%3b|$)", re.IGNORECASE)
"""A provider may resolve it, and so leave the base URL that it was given. Some decode the path before they do, some
take a backslash for a slash, and some pass over what a semicolon adds to a segment."""


def identify(exchange: Exchange) -> None:
    head = exchange.request.head
    caller = head.notes
    if caller is None:
        caller = read_caller(head)
        caller.run = run_of(head, exchange.services.run_secret)
        head.notes = caller
    exchange.caller = caller
    next_id = exchange.services.next_id  # a function that is an attribute is found sooner than a method
    exchange.id = minted = next_id()
    exchange.request_id = caller.request_id or minted
    if caller.is_crooked:
        raise InvalidRequest(
            "The path has `.` or `..` segments, or is another way to write that of an endpoint: "
            "send it resolved and to the letter, such as /v1/chat/completions."
        )


def run_of(head: RequestHead, secret: str) -> RunMark | None:
    """Whose call it is, where an agent of ours makes it."""
    value = head.get(RUN_HEADER.encode()) if secret else None
    return read_mark(secret, value) if value is not None else None


def read_caller(head: RequestHead) -> Caller:
    """What one head says of its sender."""
    path = head.target.partition(b"?")[0].decode("latin-1")
    method = head.method.decode("ascii")
    request_id = head.get(b"x-request-id")
    provider = head.get(b"x-gossamer-provider")
    token = token_of(head)
    agent_id = head.get(b"x-agent-id")
    session = head.get(b"x-session-id")
    return Caller(
        endpoint=endpoint_of(method, path),
        method=method,
        path=path,
        is_crooked=_DOT_SEGMENT.search(path) is not None or is_disguised(path),
        token_digest=sha256(token).digest() if token else None,
        has_our_form=token is not None and _OUR_FORM.fullmatch(token) is not None,
        agent_id=agent_id.decode("latin-1") if agent_id else None,
        request_id=request_id.decode("ascii") if request_id and _SHOWABLE_ID.fullmatch(request_id) else None,
        provider=provider.decode("latin-1") if provider else None,
        trace=trace_of(head),
        session=session.decode("ascii") if session and _SHOWABLE_ID.fullmatch(session) else None,
        metadata=head.get(b"x-gossamer-metadata"),
        extras=extras_of(head) if method == "POST" else None,
    )


def extras_of(head: RequestHead) -> Extras | None:
    key = head.get(b"idempotency-key")
    wish = head.get(b"x-gossamer-answer-metadata")
    wants_metadata = wish is not None and wish.lower() == b"true"
    return Extras(key, wants_metadata) if key is not None or wants_metadata else None


def trace_of(head: RequestHead) -> str | None:
    """The trace that the request is a part of. Said twice, nobody knows which is meant, and it is none."""
    said = [value for name, value in head.headers if name == b"traceparent"]
    return read_traceparent(said[0]) if len(said) == 1 else None


def token_of(head: RequestHead) -> bytes | None:
    """The token from `Authorization: Bearer`, else from `x-api-key`."""
    authorization = head.get(b"authorization")
    if authorization is not None:
        scheme, _, token = authorization.partition(b" ")
        return token.strip() if scheme.lower() == b"bearer" else None
    return head.get(b"x-api-key")
