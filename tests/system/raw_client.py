"""A raw HTTP client for loads: kept connections, answers to the byte, and the bad manners that real clients have.

Answers are read one by one and to the byte, also where several were asked for ahead. One that is cut is handed out as
far as it came, marked as cut.
"""

import asyncio
import re
from contextlib import suppress
from typing import NamedTuple, Self

import msgspec

_STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")
_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding: chunked\r\n", re.IGNORECASE)
_CLOSE = re.compile(rb"\r\nconnection: close\r\n", re.IGNORECASE)
_SIZE = re.compile(rb"([0-9a-f]+)\r\n")
_READ_BYTES = 256 * 1024


class Answer(NamedTuple):
    """`body` without its framing. `is_whole`: the framing ended as it should."""

    status: int
    head: bytes
    body: bytes
    is_whole: bool

    def header(self, name: str) -> str | None:
        found = re.search(rb"\r\n" + name.encode() + rb": *([^\r]*)\r\n", self.head, re.IGNORECASE)
        return found and found[1].decode()

    @property
    def events(self) -> list[bytes]:
        """Of a stream: each event, without the empty line behind it."""
        return [event for event in self.body.split(b"\n\n") if event]


class RawClient:
    """One connection, opened when it is needed and again when the other side closed it."""

    def __init__(self, port: int, token: str, host: str = "127.0.0.1") -> None:
        self._address = (host, port)
        self._token = token
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.leave()

    async def open(self) -> asyncio.StreamWriter:
        """Asking does it, where it has not been done."""
        if self._writer is None or self._writer.is_closing():
            self._reader, self._writer = await asyncio.open_connection(*self._address, limit=_READ_BYTES)
        return self._writer

    # --- asking ---

    async def ask(self, method: str, path: str, body: object = None, **headers: object) -> Answer:
        await self.send(method, path, body, **headers)
        return await self.answer()

    async def send(self, method: str, path: str, body: object = None, **headers: object) -> None:
        """A whole request; `x_mock_fault` is the header X-Mock-Fault."""
        raw = body if isinstance(body, bytes) else b"" if body is None else msgspec.json.encode(body)
        await self.begin(method, path, raw and f"content-length: {len(raw)}", raw, **headers)

    async def begin(self, method: str, path: str, framing: object, start: bytes = b"", **headers: object) -> None:
        """The head, and what has come of the body."""
        writer = await self.open()
        lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        lines += [str(framing)] if framing else []
        lines += [f"authorization: Bearer {self._token}"] if self._token else []
        head = [f"{method} {path} HTTP/1.1", "host: gateway", *lines, "", ""]
        writer.write("\r\n".join(head).encode() + start)
        await writer.drain()

    async def write(self, data: bytes) -> None:
        """More of a body; waits while the other side takes no more. ConnectionError once the connection has ended."""
        if self._writer is None:
            raise ConnectionResetError("the answer came, and the connection was closed behind it")
        self._writer.write(data)
        await self._writer.drain()

    # --- being answered ---

    async def answer(self) -> Answer:
        """The next answer; cut where the other side closes. ConnectionError where there was none at all."""
        assert self._reader is not None
        try:
            head = await self._reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError as error:
            await self.leave()
            raise ConnectionResetError(f"closed without an answer, after {len(error.partial)} bytes") from None
        found = _STATUS.match(head)
        assert found is not None, head
        body, is_whole = await self._body(head)
        if not is_whole or _CLOSE.search(head):
            await self.leave()
        return Answer(int(found[1]), head, body, is_whole)

    async def until(self, mark: bytes) -> bytes:
        """Whatever comes, up to a mark."""
        assert self._reader is not None
        return await self._reader.readuntil(mark)

    async def some(self) -> bytes:
        """Whatever has come, without the head it may begin with being understood; empty where the other side closed."""
        assert self._reader is not None
        return await self._reader.read(_READ_BYTES)

    async def _body(self, head: bytes) -> tuple[bytes, bool]:
        assert self._reader is not None
        length = _LENGTH.search(head)
        received = bytearray()
        try:
            if length is not None:
                received += await self._reader.readexactly(int(length[1]))
            elif _CHUNKED.search(head) is not None:
                while size := int(await self._reader.readuntil(b"\r\n"), 16):
                    received += (await self._reader.readexactly(size + 2))[:-2]
                await self._reader.readexactly(2)
            else:
                received += await self._reader.read()
        except asyncio.IncompleteReadError as error:
            return bytes(received) + error.partial, False
        except ConnectionError:
            return bytes(received), False
        return bytes(received), True

    # --- leaving ---

    async def leave(self) -> None:
        """Close at once, whatever is under way."""
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    def end_sending(self) -> None:
        """Close our side only, and go on reading."""
        assert self._writer is not None
        self._writer.write_eof()


def joined(chunks: bytes) -> bytes:
    """A chunked body without its framing, as far as it goes."""
    parts, at = [], 0
    while (size := _SIZE.match(chunks, at)) is not None and int(size[1], 16):
        end = size.end() + int(size[1], 16)
        parts.append(chunks[size.end() : end])
        at = end + 2
    return b"".join(parts)


def port_of(url: str) -> int:
    return int(url.rpartition(":")[2])
