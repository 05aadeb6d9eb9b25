"""An origin that follows a script, and a sink that keeps what it heard. Nothing here asserts what a test is about."""

import asyncio
from collections.abc import Awaitable, Callable

from gossamer.http.call import Call
from gossamer.http.errors import CallFailed, ConnectFailed
from gossamer.http.heads import ResponseHead
from gossamer.http.limits import CallTimeouts
from gossamer.http.pool import Pool

GET = b"GET / HTTP/1.1\r\nhost: origin\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Heard:
    """A sink that keeps what it heard, as a transcript."""

    def __init__(self) -> None:
        self.transcript: list[str] = []
        self.body = bytearray()
        self.error: CallFailed | None = None
        self.over = asyncio.get_running_loop().create_future()

    def request_waited(self) -> None:
        self.transcript.append("waited")

    def response_complete(self, head: ResponseHead, body: bytes) -> None:
        self.transcript.append(f"complete {head.status}")
        self.body += body
        self.over.set_result(None)

    def response_started(self, head: ResponseHead) -> None:
        self.transcript.append(f"started {head.status}")

    def response_data(self, data: bytes) -> None:
        self.body += data

    def response_ended(self) -> None:
        self.transcript.append("ended")
        self.over.set_result(None)

    def response_failed(self, error: CallFailed) -> None:
        self.transcript.append(f"failed {type(error).__name__}")
        self.error = error
        self.over.set_result(None)

    async def wait(self) -> list[str]:
        async with asyncio.timeout(5):
            await self.over
        return self.transcript


class Door:
    """Opens plain connections to one port."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.opened = 0

    async def open(
        self, protocol_factory: Callable[[], asyncio.Protocol]
    ) -> tuple[asyncio.Transport, asyncio.Protocol]:
        self.opened += 1
        loop = asyncio.get_running_loop()
        try:
            return await loop.create_connection(protocol_factory, "127.0.0.1", self.port)
        except OSError as error:
            raise ConnectFailed(str(error)) from error


class Origin:
    """A server whose every connection follows the next script."""

    def __init__(self) -> None:
        self.scripts: list[Script] = []
        self.tasks: list[asyncio.Task[None]] = []
        self.port = 0
        self.door: Door | None = None
        self.pool: Pool | None = None

    async def follow(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        script = self.scripts.pop(0)
        try:
            await script(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    def send(self, head: bytes = GET, timeouts: CallTimeouts | None = None, body: bytes = b"") -> tuple[Call, Heard]:
        heard = Heard()
        call = Call(head + body, heard, timeouts or CallTimeouts())
        assert self.pool is not None
        self.pool.send(call)
        return call, heard


def says(*answers: bytes, gap_s: float = 0.0, then_hold: bool = True) -> Script:
    """Reads a request before each answer; an answer may be empty."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            await reader.readuntil(b"\r\n\r\n")
            for piece in answer.split(b"~"):
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(gap_s or 0.005)
        if then_hold:
            await reader.read()

    return script
