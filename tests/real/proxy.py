"""A way that a test can cut: refused, dark (nothing comes through, nobody says so), slow, and open again."""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Literal

Way = Literal["open", "refused", "dark", "slow"]

SLOW_S = 5.0
_PIECE_BYTES = 64 * 1024


class Proxy:
    """Between 127.0.0.1:port, or a Unix socket at `path`, and the target, a Unix socket or a (host, port)."""

    def __init__(self, target: str | tuple[str, int], path: Path | None = None) -> None:
        self.port = 0
        self._path = path
        self._target = target
        self._way: Way = "open"
        self._is_open = asyncio.Event()
        self._is_open.set()
        self._server: asyncio.Server | None = None
        self._lines: set[asyncio.Task[None]] = set()
        self._forgotten: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        if self._path is not None:
            self._server = await asyncio.start_unix_server(self._serve, self._path)
            return
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def turn(self, way: Way) -> None:
        """What is connected stays so, but for `refused`, which cuts it."""
        if self._way == "refused" and way != "refused":
            await self.start()
        self._way = way
        if way == "dark":
            self._is_open.clear()
        else:
            self._is_open.set()
        if way == "refused":
            await self.stop()

    def forget(self) -> None:
        """Whatever is connected never carries anything again, as behind a firewall that was restarted. New lines do."""
        self._forgotten |= self._lines

    async def stop(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.close()
        lines = list(self._lines)
        for line in lines:
            line.cancel()
        await asyncio.gather(*lines, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._lines.add(task)
        up: asyncio.StreamWriter | None = None
        try:
            await self._is_open.wait()
            if isinstance(self._target, str):
                down, up = await asyncio.open_unix_connection(self._target)
            else:
                down, up = await asyncio.open_connection(*self._target)
            await asyncio.gather(self._pass(reader, up, task), self._pass(down, writer, task))
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            self._lines.discard(task)
            self._forgotten.discard(task)
            for each in (writer, up):
                if each is not None:
                    each.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, line: asyncio.Task[None]) -> None:
        while piece := await reader.read(_PIECE_BYTES):
            if self._way == "slow":
                await asyncio.sleep(SLOW_S)
            await self._is_open.wait()
            if line in self._forgotten:
                continue
            writer.write(piece)
            await writer.drain()
        with suppress(OSError):
            writer.write_eof()
