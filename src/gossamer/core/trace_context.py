"""W3C Trace Context: which trace a request belongs to, and the ids of our own spans in it.

Our ids follow from the request's own id, so nobody has to hand them on: who sends a call and who tells of it later
come to the same. Nothing here knows a request or a head.
"""

import re
from hashlib import blake2b
from typing import Final

_TRACEPARENT: Final = re.compile(rb"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_NO_VERSION: Final = b"ff"
_FIRST_VERSION: Final = b"00"
_KNOWN_FLAGS: Final = 0x03
"""Sampled, and that the trace id was drawn at random. What others mean nobody knows yet, so they go no further."""
SAMPLED: Final = 0x01
_TRACE_ID_BYTES: Final = 16
_SPAN_ID_BYTES: Final = 8
TRACE_ID_DIGITS: Final = 2 * _TRACE_ID_BYTES
SPAN_ID_DIGITS: Final = 2 * _SPAN_ID_BYTES


def read_traceparent(value: bytes) -> str | None:
    """Trace id, parent's span id and flags, with dashes between; None where the value is not to the letter."""
    found = _TRACEPARENT.fullmatch(value)
    if found is None:
        return None
    version, trace_id, span_id, flags, more = found.groups()
    if version == _NO_VERSION or (version == _FIRST_VERSION and more is not None):
        return None
    if not trace_id.strip(b"0") or not span_id.strip(b"0"):
        return None
    return f"{trace_id.decode()}-{span_id.decode()}-{int(flags, 16) & _KNOWN_FLAGS:02x}"


def flags_of(trace: str) -> int:
    return int(trace[-2:], 16)


def parent_of(trace: str) -> str:
    return trace[TRACE_ID_DIGITS + 1 : TRACE_ID_DIGITS + 1 + SPAN_ID_DIGITS]


def trace_id_of(request_id: str, trace: str | None) -> str:
    """That of the caller, else our own."""
    if trace is not None:
        return trace[:TRACE_ID_DIGITS]
    return blake2b(request_id.encode(), digest_size=_TRACE_ID_BYTES).hexdigest()


def span_id_of(request_id: str, part: str = "") -> str:
    """Of the request as a whole, or of one part of it."""
    return blake2b(f"{request_id}/{part}".encode(), digest_size=_SPAN_ID_BYTES).hexdigest()


def attempt_part(number: int) -> str:
    """What the span of an attempt goes by. They count from 0, in the order in which they were made."""
    return f"attempt-{number}"
