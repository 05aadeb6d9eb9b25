"""Where a body ends: by length, by chunks, or with the connection. Bytes in, the body's bytes out, no I/O.

The chunk grammar is read strictly: what two servers could read in two ways is refused, so no request hides in a body.
"""

import re
from typing import Protocol

_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]++"
_EXTENSION = rb";" + _TOKEN + rb"(?:=(?:" + _TOKEN + rb'|"[\t\x20\x21\x23-\x5b\x5d-\x7e\x80-\xff]*+"))?'
_SIZE_LINE = re.compile(rb"([0-9a-fA-F]{1,15})(?:" + _EXTENSION + rb")*+\r\n")
_PLAIN_SIZE_LINE = re.compile(rb"([0-9a-fA-F]{1,15})\r\n")
_TRAILER = re.compile(_TOKEN + rb":[\t\x20-\x7e\x80-\xff]*\r\n")
_LINE_BYTES = 4096
"""A size line with its extension, or one trailer."""
_TRAILER_BYTES = 16 * 1024
_SPARE_BYTES = 64 * 1024
_FRAMING_FACTOR = 8
"""Chunks of one byte cost six bytes on the wire: more than this share of framing is an attack, not a body."""

_TABLE_BYTES = 4096
"""Chunks of a stream of events are a few hundred bytes."""


def _lone_size_line(wire_bytes: int) -> bytes:
    for digits in range(1, 4):
        size = wire_bytes - digits - 4
        if size > 0 and len(b"%x" % size) == digits:
            return b"%x\r\n" % size
    return b"no chunk is so long"


LONE_SIZE_LINES = tuple(_lone_size_line(wire_bytes) for wire_bytes in range(_TABLE_BYTES))
"""By the bytes on the wire: how they begin if they are one whole chunk, written as nearly everybody writes it."""


class BodyError(ValueError):
    """The bytes are no body; the text says why."""


class Body(Protocol):
    """`done` once the body is whole; `rest` is then what came behind it."""

    done: bool
    rest: bytes
    is_between: bool
    """Whether the next byte begins a chunk: never where there are none."""

    def feed(self, data: bytes) -> bytes: ...


class LengthBody:
    """A body of a length known beforehand."""

    __slots__ = ("_left", "done", "is_between", "rest")

    def __init__(self, length: int) -> None:
        self._left = length
        self.is_between = False
        self.done = length == 0
        self.rest = b""

    def feed(self, data: bytes) -> bytes:
        left = self._left = self._left - len(data)
        if left > 0:
            return data
        self.done = True
        if left < 0:
            self.rest = data[left:]
            return data[:left]
        return data


class OpenBody:
    """A body that ends with its connection."""

    __slots__ = ("done", "is_between", "rest")

    def __init__(self) -> None:
        self.is_between = False
        self.done = False
        self.rest = b""

    def feed(self, data: bytes) -> bytes:
        return data


class ChunkedBody:
    """A body in chunks. `feed` returns the data in what came, joined, without the framing."""

    __slots__ = (
        "_data_bytes",
        "_in_trailers",
        "_left",
        "_tail",
        "_trailer_bytes",
        "_wire_bytes",
        "done",
        "is_between",
        "rest",
    )

    def __init__(self) -> None:
        self._left = 0  # of the open chunk, its closing CRLF included
        self._tail = b""  # an unfinished line
        self._in_trailers = False
        self.is_between = True  # at the border of two chunks, nothing held back
        self._trailer_bytes = 0
        self._wire_bytes = 0
        self._data_bytes = 0
        self.done = False
        self.rest = b""

    def feed(self, data: bytes) -> bytes:
        if self.is_between:
            line = _PLAIN_SIZE_LINE.match(data)
            if line is not None:
                start = line.end()
                end = len(data) - 2
                if int(line[1], 16) == end - start > 0 and data.endswith(b"\r\n"):
                    return data[start:end]  # one whole chunk: how streams nearly always come
        return self._feed_any(data)

    def _feed_any(self, data: bytes) -> bytes:
        self._wire_bytes += len(data)
        if self._tail:
            data = self._tail + data
            self._tail = b""
        parts: list[bytes] = []
        at = 0
        while at < len(data) and not self.done:
            if self._left:
                at = self._take_data(data, at, parts)
            else:
                step = self._take_trailer(data, at) if self._in_trailers else self._take_size(data, at)
                if step == at:
                    self._tail = data[at:]
                    break
                at = step
        if self.done:
            self.rest = data[at:]
        self.is_between = not (self._left or self._tail or self._in_trailers)
        body = b"".join(parts)
        self._data_bytes += len(body)
        if self._wire_bytes > _SPARE_BYTES + _FRAMING_FACTOR * self._data_bytes:
            raise BodyError("far more chunk framing than data")
        return body

    def _take_data(self, data: bytes, at: int, parts: list[bytes]) -> int:
        have = len(data) - at
        wanted = self._left - 2
        if wanted > 0:
            take = min(wanted, have)
            parts.append(data[at : at + take])
            self._left -= take
            return at + take
        expected = b"\r\n"[2 - self._left :]  # the CRLF that closes a chunk may come in two pieces
        got = data[at : at + len(expected)]
        if got != expected[: len(got)]:
            raise BodyError("a chunk is longer than its size says")
        self._left -= len(got)
        return at + len(got)

    def _take_size(self, data: bytes, at: int) -> int:
        line = _SIZE_LINE.match(data, at)
        if line is None:
            return self._wait_for_line(data, at, "a chunk's size is not a plain hexadecimal number")
        size = int(line[1], 16)
        if size:
            self._left = size + 2
        else:
            self._in_trailers = True
        return line.end()

    def _take_trailer(self, data: bytes, at: int) -> int:
        if data.startswith(b"\r\n", at):
            self.done = True
            return at + 2
        line = _TRAILER.match(data, at)
        if line is None:
            return self._wait_for_line(data, at, "a trailer is malformed")
        self._trailer_bytes += line.end() - at
        if self._trailer_bytes > _TRAILER_BYTES:
            raise BodyError(f"trailers of more than {_TRAILER_BYTES} bytes")
        return line.end()

    def _wait_for_line(self, data: bytes, at: int, reason: str) -> int:
        if data.find(b"\n", at) >= 0 or len(data) - at > _LINE_BYTES:
            raise BodyError(reason)
        return at
