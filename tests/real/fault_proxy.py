"""A TCP proxy that breaks on demand: in front of any server, for any test that asks what happens when it is away.

async with FaultProxy("127.0.0.1", server_port) as proxy:
    ... connect to proxy.port ...
    await proxy.become("black hole")    # connections are taken, and nothing comes back
    await proxy.become("refused")       # the port is closed, connections that there are break
    await proxy.become("slow")          # what comes back is `delay_s` late
    await proxy.become("up")            # all is well again
"""

import asyncio
import socket
from contextlib import suppress
from types import TracebackType
from typing import Literal, Self

Mode = Literal["up", "refused", "black hole", "slow"]


class FaultProxy:
    """A change of mode takes effect at once, on connections that there are too."""

    def __init__(self, host: str, port: int, *, delay_s: float = 5.0) -> None:
        self.port = 0
        self.delay_s = delay_s
        self.accepted = 0
        """Connections so far."""
        self._target = (host, port)
        self._mode: Mode = "up"
        self._server: asyncio.Server | None = None
        self._pipes: set[_Pipe] = set()
        self._flowing = asyncio.Event()
        self._flowing.set()

    async def __aenter__(self) -> Self:
        await self._listen()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close_port()
        pipes = list(self._pipes)
        for pipe in pipes:
            pipe.cut()
        self._flowing.set()  # whoever still waits for that finds itself cut
        await asyncio.gather(*(pipe.done for pipe in pipes), return_exceptions=True)

    @property
    def mode(self) -> Mode:
        return self._mode

    async def become(self, mode: Mode) -> None:
        """When it returns, the mode is in force."""
        self._mode = mode
        if mode == "black hole":
            self._flowing.clear()
        else:
            self._flowing.set()
        if mode == "refused":
            self._close_port()
            for pipe in list(self._pipes):
                pipe.cut()
        elif self._server is None:
            await self._listen()

    def delay(self) -> float:
        return self.delay_s if self._mode == "slow" else 0.0

    async def let_flow(self) -> None:
        await self._flowing.wait()

    async def _listen(self) -> None:
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(("127.0.0.1", self.port))
        self.port = sock.getsockname()[1]
        self._server = await asyncio.start_server(self._take, sock=sock)

    def _close_port(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        pipe = _Pipe(self, reader, writer)
        self._pipes.add(pipe)
        try:
            await pipe.run(*self._target)
        finally:
            self._pipes.discard(pipe)


class _Pipe:
    """One connection, and the one behind it."""

    def __init__(self, proxy: FaultProxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._proxy = proxy
        self._reader = reader
        self._writer = writer
        self._onward: asyncio.StreamWriter | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def run(self, host: str, port: int) -> None:
        try:
            await self._proxy.let_flow()
            if self._writer.is_closing():
                return
            reader, self._onward = await asyncio.open_connection(host, port)
            self._tasks = [
                asyncio.create_task(self._pass(self._reader, self._onward, is_delayed=False)),
                asyncio.create_task(self._pass(reader, self._writer, is_delayed=True)),
            ]
            await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            self.cut()
            for task in self._tasks:
                with suppress(asyncio.CancelledError):
                    await task
            self.done.set_result(None)

    def cut(self) -> None:
        """Both ways, at once."""
        for task in self._tasks:
            task.cancel()
        self._writer.transport.abort()
        if self._onward is not None:
            self._onward.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_delayed: bool) -> None:
        """What came while nothing flows is held back, and goes on afterwards: as packets that are sent again."""
        with suppress(OSError):
            while data := await reader.read(65536):
                await self._proxy.let_flow()
                if is_delayed and (delay_s := self._proxy.delay()):
                    await asyncio.sleep(delay_s)
                writer.write(data)
