"""RESP, the protocol of Redis: commands to bytes, and bytes to replies. hiredis parses where it is installed.

Replies are bytes, ints, lists, None, and ReplyError for what the server refused: that is a value here, not raised.
"""

from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Final, Protocol

_hiredis: ModuleType | None
try:
    _hiredis = import_module("hiredis")
except ImportError:  # the extra `redis` is not installed: slower, and just as right
    _hiredis = None

NOT_YET: Final = False
"""What `gets` gives until a reply is whole."""


class ReplyError(Exception):
    """The server's own words. Their first one is the kind: NOSCRIPT, MOVED, LOADING."""

    @property
    def kind(self) -> str:
        return str(self).partition(" ")[0]


class BadReply(Exception):
    """Bytes that are no RESP: whoever talks there is no Redis."""


class Reader(Protocol):
    def feed(self, data: bytes) -> None: ...

    def gets(self) -> object:
        """The next reply, or NOT_YET. Raises BadReply."""


def encode(*words: bytes | str | int) -> bytes:
    """One command."""
    return b"*%d\r\n%b" % (len(words), b"".join(map(bulk, words)))


def bulk(word: bytes | str | int) -> bytes:
    """One word of a command."""
    data = word if type(word) is bytes else b"%d" % word if type(word) is int else str(word).encode()
    return b"$%d\r\n%b\r\n" % (len(data), data)


def make_reader() -> Reader:
    if _hiredis is None:
        return PlainReader()
    reader: Reader = _hiredis.Reader(protocolError=BadReply, replyError=ReplyError)
    return reader


class PlainReader:
    """The same in Python."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> None:
        self._buffer += data

    def gets(self) -> object:
        try:
            reply, end = self._read(0)
        except _Partial:
            return NOT_YET
        del self._buffer[:end]
        return reply

    def _read(self, at: int) -> tuple[object, int]:
        line, end = self._line(at)
        kind, rest = line[:1], line[1:]
        read = _KINDS.get(kind)
        if read is None:
            raise BadReply(f"a reply begins with {kind!r}")
        return read(self, rest, end)

    def _line(self, at: int) -> tuple[bytes, int]:
        end = self._buffer.find(b"\r\n", at)
        if end < 0:
            raise _Partial
        return bytes(self._buffer[at:end]), end + 2

    def _status(self, rest: bytes, end: int) -> tuple[object, int]:
        return rest, end

    def _error(self, rest: bytes, end: int) -> tuple[object, int]:
        return ReplyError(rest.decode(errors="replace")), end

    def _integer(self, rest: bytes, end: int) -> tuple[object, int]:
        return _number(rest), end

    def _bulk(self, rest: bytes, end: int) -> tuple[object, int]:
        size = _number(rest)
        if size < 0:
            return None, end
        if len(self._buffer) < end + size + 2:
            raise _Partial
        return bytes(self._buffer[end : end + size]), end + size + 2

    def _array(self, rest: bytes, end: int) -> tuple[object, int]:
        count = _number(rest)
        if count < 0:
            return None, end
        items: list[object] = []
        for _ in range(count):
            item, end = self._read(end)
            items.append(item)
        return items, end


class _Partial(Exception):
    """The rest is still on its way."""


def _number(text: bytes) -> int:
    try:
        return int(text)
    except ValueError:
        raise BadReply(f"{text[:40]!r} stands where a number should") from None


_KINDS: Final[dict[bytes, Callable[[PlainReader, bytes, int], tuple[object, int]]]] = {
    b"+": PlainReader._status,
    b"-": PlainReader._error,
    b":": PlainReader._integer,
    b"$": PlainReader._bulk,
    b"*": PlainReader._array,
}
