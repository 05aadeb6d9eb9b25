"""The head of a message: its grammar, and what was understood of it.

Two readers must agree before a head is believed: a regular expression of the strict grammar, and llhttp.
A head is immutable once read, so a connection may keep it and recognise the same bytes again (see memo.py).
"""

import re
from typing import Any

Headers = list[tuple[bytes, bytes]]
"""Names in lower case, values without the white space around them, in the order of the wire."""


class Head:
    """What request and response heads have in common."""

    __slots__ = ("chunked", "headers", "keep_alive", "length", "minor", "notes", "raw")

    raw: bytes
    headers: Headers
    length: int | None
    """Content-Length, where there is one."""
    chunked: bool
    keep_alive: bool
    minor: int
    """The x of HTTP/1.x."""
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
