"""What a request's own headers say about how it shall be answered: `X-Mock-*`, and `X-Request-ID`.

Read in one pass over the headers; names are in lower case. A mock that is told to takes its orders from the prompt
too, as no gateway strips that: `[mock 17 ttft-ms=50 stamp=1]` is X-Request-ID: 17, X-Mock-TTFT-Ms: 50, X-Mock-Stamp: 1.
"""

import re

import msgspec

from gossamer.mock.asked import BadRequest
from gossamer.mock.faults import Fault, parse_fault
from gossamer.mock.incoming import Headers
from gossamer.mock.jitter import Jitter, parse_jitter

DELAY_LIMIT_MS = 3_600_000.0
"""An hour: longer than any client waits."""
TOKENS_LIMIT = 100_000
"""As long as the longest answers that providers give."""
_CALLS_LIMIT = 16
_PREFIX = b"x-mock-"
_IN_TEXT = re.compile(rb"\[mock ([0-9]{1,18})((?: [a-z-]{1,16}=[0-9A-Za-z.:-]{1,32}){0,8})\]")


class Orders(msgspec.Struct, frozen=True):
    """None: as the settings say."""

    request_id: bytes | None = None
    ttft_ms: float | None = None
    gap_ms: float | None = None
    tokens: int | None = None
    jitter: Jitter | None = None
    fault: Fault | None = None
    is_stamped: bool = False
    is_echo: bool = False
    calls: int = 1
    """How many tools are called at once, if there are so many."""
    cached: int = 0
    """How many tokens of the prompt are said to have come from the provider's cache."""


NO_ORDERS = Orders()


def read_orders(headers: Headers) -> Orders:
    """The orders of one request. BadRequest names the header that makes no sense."""
    request_id: bytes | None = None
    found: dict[bytes, str] = {}
    for name, value in headers:
        if name == b"x-request-id":
            request_id = value
        elif name.startswith(_PREFIX):
            found[name] = value.decode("latin-1")
    if not found:
        return NO_ORDERS if request_id is None else Orders(request_id)
    return Orders(
        request_id,
        _milliseconds(found, b"x-mock-ttft-ms"),
        _milliseconds(found, b"x-mock-gap-ms"),
        _tokens(found),
        _jitter(found),
        _fault(found),
        found.get(b"x-mock-stamp") == "1",
        found.get(b"x-mock-echo") == "1",
        max(1, int(_number(found, b"x-mock-calls", _CALLS_LIMIT) or 1)),
        int(_number(found, b"x-mock-cached", TOKENS_LIMIT) or 0),
    )


def read_text_orders(body: bytes) -> Orders | None:
    """The orders in a prompt, instead of those of the headers; None where there are none."""
    found = _IN_TEXT.search(body)
    if found is None:
        return None
    pairs = [word.partition(b"=") for word in found[2].split()]
    return read_orders([(b"x-request-id", found[1]), *((_PREFIX + name, value) for name, _, value in pairs)])


def _milliseconds(found: dict[bytes, str], name: bytes) -> float | None:
    return _number(found, name, DELAY_LIMIT_MS)


def _tokens(found: dict[bytes, str]) -> int | None:
    number = _number(found, b"x-mock-tokens", TOKENS_LIMIT)
    return None if number is None else max(1, int(number))


def _number(found: dict[bytes, str], name: bytes, limit: float) -> float | None:
    text = found.get(name)
    if text is None:
        return None
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0.0 <= number <= limit:
        raise BadRequest(f"{name.decode()} is {text!r}: give a number between 0 and {limit:g}.", name.decode())
    return number


def _jitter(found: dict[bytes, str]) -> Jitter | None:
    text = found.get(b"x-mock-jitter")
    try:
        return None if text is None else parse_jitter(text)
    except ValueError as error:
        raise BadRequest(f"x-mock-jitter: {error}.", "x-mock-jitter") from error


def _fault(found: dict[bytes, str]) -> Fault | None:
    text = found.get(b"x-mock-fault")
    try:
        return None if text is None else parse_fault(text)
    except ValueError as error:
        raise BadRequest(f"x-mock-fault: {error}.", "x-mock-fault") from error
