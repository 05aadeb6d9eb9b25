"""The head of a message: its grammar, and what was understood of it.

Two readers must agree before a head is believed: a regular expression of the strict grammar, and llhttp.
A head is immutable once read, so a connection may keep it and recognise the same bytes again (see `recognise`).
"""

import re
from typing import Any

import httptools

from gossamer.http.errors import RequestRefused

Headers = list[tuple[bytes, bytes]]
"""Names in lower case, values without the white space around them, in the order of the wire."""


class Head:
    """What request and response heads have in common."""

    __slots__ = ("chunked", "headers", "keep_alive", "length", "minor", "notes", "raw", "size")

    raw: bytes
    headers: Headers
    length: int | None
    """Content-Length, where there is one."""
    chunked: bool
    keep_alive: bool
    minor: int
    """The x of HTTP/1.x."""
    size: int
    """Of the whole message on the wire; -1 where the head does not say."""
    notes: Any
    """What the layer above derived from exactly these bytes; None until it keeps something here."""

    def get(self, name: bytes) -> bytes | None:
        """The first value of a header, by its lower-case name."""
        for known, value in self.headers:
            if known == name:
                return value
        return None


class RequestHead(Head):
    """`target` is the path and query as sent; `expects_continue` that the client waits before it sends the body."""

    __slots__ = ("expects_continue", "method", "target")

    method: bytes
    target: bytes
    expects_continue: bool

    def __repr__(self) -> str:
        return f"<RequestHead {self.method.decode('latin-1')} {self.target.decode('latin-1')}>"


class ResponseHead(Head):
    """`reason` is not kept: nobody may depend on it."""

    __slots__ = ("status",)

    status: int

    def __repr__(self) -> str:
        return f"<ResponseHead {self.status}>"


_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_FIELDS = rb"(?:" + _TOKEN + rb":[\t\x20-\x7e\x80-\xff]*\r\n)*+\r\n"

REQUEST_GRAMMAR = re.compile(_TOKEN + rb" [\x21-\x7e\x80-\xff]+ HTTP/1\.[01]\r\n" + _FIELDS)
RESPONSE_GRAMMAR = re.compile(rb"HTTP/1\.[01] [1-9][0-9]{2}(?: [\t\x20-\x7e\x80-\xff]*)?\r\n" + _FIELDS)

_LENGTH = re.compile(rb"\r\n[Cc]ontent-[Ll]ength:[ \t]*([0-9]{1,15})[ \t]*\r\n")
_HOST = re.compile(rb"[A-Za-z0-9._~%!$&'()*+;=:\[\]-]*")


class _Fields:
    """What llhttp calls back with while it reads a head."""

    def __init__(self) -> None:
        self.headers: Headers = []
        self.target = b""
        self.is_complete = False

    def on_url(self, target: bytes) -> None:
        self.target += target

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value.rstrip(b" \t")))

    def on_headers_complete(self) -> None:
        self.is_complete = True


def parse_request_head(raw: bytes, header_count: int = 100) -> RequestHead:
    """The head that `raw` is, ending in its empty line; RequestRefused says what a careful server does not take."""
    if REQUEST_GRAMMAR.fullmatch(raw) is None:
        raise RequestRefused(400, "The head is not HTTP/1.1: check its request line, header names and line ends.")
    fields = _Fields()
    parser = httptools.HttpRequestParser(fields)
    try:
        parser.feed_data(raw)
    except httptools.HttpParserUpgrade:
        pass  # an upgrade is offered, not demanded: it is served as plain HTTP/1.1
    except httptools.HttpParserError as error:
        raise RequestRefused(400, f"The request head is malformed: {error}.") from None
    if not fields.is_complete or len(fields.headers) > header_count:
        raise RequestRefused(431, f"More than {header_count} headers: send fewer.")
    head = RequestHead()
    head.raw, head.headers, head.target = raw, fields.headers, fields.target
    head.method = parser.get_method()
    head.minor = 0 if parser.get_http_version() == "1.0" else 1
    head.notes = None
    try:
        _understand(head)
    except ValueError as error:
        raise RequestRefused(400, f"{error}.") from None
    _check_request(head)
    return head


def parse_response_head(raw: bytes) -> ResponseHead:
    """The head that `raw` is; ValueError where it is none."""
    if RESPONSE_GRAMMAR.fullmatch(raw) is None:
        raise ValueError("the answer does not begin with an HTTP/1.1 head")
    if raw.startswith(b"101", 9):
        raise ValueError("the origin switched protocols unasked")
    fields = _Fields()
    parser = httptools.HttpResponseParser(fields)
    try:
        parser.feed_data(raw)
    except httptools.HttpParserUpgrade:
        pass  # an upgrade is offered, as Apache does
    except httptools.HttpParserError as error:
        raise ValueError(f"the answer's head is malformed: {error}") from None
    head = ResponseHead()
    head.raw, head.headers = raw, fields.headers
    head.status = parser.get_status_code()
    head.minor = 0 if parser.get_http_version() == "1.0" else 1
    head.notes = None
    _understand(head)
    if head.length is None:
        head.size = -1
    return head


def recognise(head: RequestHead, data: bytes) -> RequestHead | None:
    """The head with which `data` begins, if it is `head` but for the digits of its Content-Length.

    Peers repeat their heads to the byte, and the parser has accepted these bytes before. Anything else is None.
    """
    span = _LENGTH.search(head.raw)
    if span is None:
        return None
    start = span.start(1)
    if not data.startswith(head.raw[:start]):
        return None
    end = data.find(b"\r", start, start + 16)
    digits = data[start:end]
    tail = head.raw[span.end(1) :]
    if end < 0 or not digits.isdigit() or not data.startswith(tail, end):
        return None
    known = RequestHead()
    known.raw = data[: end + len(tail)]
    known.length = int(digits)
    known.size = len(known.raw) + known.length
    known.headers, known.target, known.method = head.headers, head.target, head.method
    known.chunked, known.keep_alive, known.minor = head.chunked, head.keep_alive, head.minor
    known.expects_continue, known.notes = head.expects_continue, head.notes
    return known


def _understand(head: Head) -> None:
    """Framing and persistence, from the headers that llhttp took. What frames the message leaves the list."""
    head.length, head.chunked, head.keep_alive = None, False, head.minor == 1
    rest: Headers = []
    for field in head.headers:
        name, value = field
        if name == b"content-length":
            head.length = int(value)
        elif name == b"transfer-encoding":
            if value.lower() != b"chunked" or head.chunked or head.minor == 0:
                raise ValueError("Transfer-Encoding may only be `chunked`, once, and in HTTP/1.1")
            head.chunked = True
        else:
            rest.append(field)
            if name == b"connection":
                options = value.lower()
                head.keep_alive = b"close" not in options and (head.keep_alive or b"keep-alive" in options)
    head.headers = rest
    head.size = -1 if head.chunked else len(head.raw) + (head.length or 0)


def _check_request(head: RequestHead) -> None:
    hosts = [value for name, value in head.headers if name == b"host"]
    if len(hosts) != 1 and (hosts or head.minor == 1):
        raise RequestRefused(400, "Send exactly one Host header.")
    if hosts and _HOST.fullmatch(hosts[0]) is None:
        raise RequestRefused(400, "The Host header is no host: send the name and port that you called.")
    if head.method == b"CONNECT":
        raise RequestRefused(405, "This is no forward proxy: CONNECT is not served.")
    expectation = (head.get(b"expect") or b"").lower()
    if expectation not in (b"", b"100-continue"):
        raise RequestRefused(417, "The only expectation that is served is `100-continue`.")
    head.expects_continue = bool(expectation) and head.minor == 1
