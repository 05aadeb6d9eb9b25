"""Server-sent events as bytes: where an event ends, and what its data is.

Nothing is decoded and nothing is changed: what goes through comes out byte for byte.
An event ends with an empty line, and a line ends with LF, CR or CRLF (WHATWG HTML, 9.2.5), in any mixture.
"""

import re
from typing import Final

EVENT_BYTES: Final = 1024 * 1024
"""Events are a few hundred bytes; whole images in one event are the reason to stop waiting for its end."""

_BOUNDARY: Final = re.compile(rb"(?:\r\n?+|\n){2}")
_CR: Final = 0x0D


class EventSplitter:
    """Cuts a stream of bytes so that each piece holds whole events only, and keeps the begun one back.

    An event larger than `limit_bytes` is let through in pieces.
    """

    __slots__ = ("_edge", "kept", "limit_bytes")

    def __init__(self, limit_bytes: int = EVENT_BYTES) -> None:
        self.limit_bytes = limit_bytes
        self.kept = bytearray()
        self._edge = b""
        """The last two bytes that came: an empty line may begin with them."""

    def feed(self, data: bytes) -> bytes:
        """All bytes up to the end of the last whole event; empty where no event has ended."""
        if data.endswith((b"\n\n", b"\r\n\r\n")) and not self.kept:
            return data
        return self._cut(data) if data else data

    def rest(self) -> bytes:
        """What is kept, at the end of the stream: an event that was never finished."""
        kept = bytes(self.kept)
        self.kept.clear()
        return kept

    def _cut(self, data: bytes) -> bytes:
        end = _last_boundary(data)
        if end < 0:
            end = _last_boundary(self._edge + data[:2]) - len(self._edge)
        self._edge = (self._edge + data[-2:])[-2:]
        kept = self.kept
        begun_bytes = len(data) - end if end >= 0 else len(kept) + len(data)
        if begun_bytes > self.limit_bytes:
            end = len(data)
        if end < 0:
            kept += data
            return b""
        whole = bytes(kept) + data[:end] if kept else data[:end]
        kept[:] = data[end:]
        return whole


def _last_boundary(data: bytes) -> int:
    """Where the last empty line ends; -1 where there is none. A CR behind a LF waits for the LF that it announces."""
    at = data.rfind(b"\n\n")
    if b"\r" in data:
        at = max(at, data.rfind(b"\n\r", 0, -1), data.rfind(b"\r\r"))
        if at >= 0 and data[at + 1] == _CR and data.startswith(b"\n", at + 2):
            return at + 3
    return at + 2 if at >= 0 else -1


def split_events(block: bytes) -> list[bytes]:
    """The events of a block, each with the empty line that ends it; together they are the block."""
    if b"\r" not in block:
        *whole, begun = block.split(b"\n\n")
        events = [event + b"\n\n" for event in whole]
        return [*events, begun] if begun else events
    ends = [found.end() for found in _BOUNDARY.finditer(block)]
    if not ends or ends[-1] < len(block):
        ends.append(len(block))
    return [block[start:end] for start, end in zip([0, *ends], ends, strict=False)]


def event_data(event: bytes) -> bytes | None:
    """What the data lines of one event say, joined by LF; None where it has none."""
    if event.startswith(b"data: ") and event.find(b"\n") == len(event) - 2 and b"\r" not in event:
        return event[6:-2]
    lines = field_lines(event, b"data")
    return b"\n".join(lines) if lines else None


def field_lines(event: bytes, name: bytes) -> list[bytes]:
    """The values of one field, in order. One space after the colon belongs to the syntax; comments have no name."""
    values = []
    for line in event.splitlines():
        field, _, value = line.partition(b":")
        if field == name:
            values.append(value.removeprefix(b" "))
    return values


def is_ended(event: bytes) -> bool:
    """Whether the empty line that ends an event is there."""
    return event.endswith((b"\n\n", b"\n\r\n", b"\r\r", b"\r\r\n", b"\n\r"))
