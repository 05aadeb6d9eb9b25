"""One worker process and the supervisor's end of its link. Starts it, speaks to it, ends it by its own pid.

Whether and when a dead worker gets a successor is not decided here.
"""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Sequence
from typing import Final, cast

import msgspec

from gossamer.core.logs import get_log
from gossamer.feed.lines import Lines
from gossamer.process.link import Report

LAST_WORDS_S: Final = 0.5
"""The link of a dead worker ends at once, unless a process that it started holds it open."""

log = get_log(__name__)

Heard = Callable[[Report], None]


class Child(asyncio.Protocol):
    """A worker that was started. `is_ready` from its first word until it ends."""

    def __init__(self, process: asyncio.subprocess.Process, heard: Heard) -> None:
        self.is_ready = False
        self._process = process
        self._heard = heard
        self._lines = Lines()
        self._reports = msgspec.json.Decoder(Report)
        self._transport: asyncio.WriteTransport | None = None
        self._has_hung_up = asyncio.Event()

    @property
    def pid(self) -> int:
        return self._process.pid

    def tell(self, order: bytes) -> None:
        """`order` is an encoded line; a worker that has just died does not hear it, and its successor is told anew."""
        if self._transport is not None:
            self._transport.write(order)

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    async def ended(self) -> int:
        """The return code, negative for a signal, once the process is gone and its last words are heard."""
        code = await self._process.wait()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LAST_WORDS_S):
                await self._has_hung_up.wait()
        if self._transport is not None:
            self._transport.abort()
        return code

    # --- called by the event loop ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports write, but are no subclass of asyncio's.
        self._transport = cast("asyncio.WriteTransport", transport)

    def data_received(self, data: bytes) -> None:
        for line in self._lines.feed(data):
            try:
                report = self._reports.decode(line)
            except msgspec.DecodeError as error:
                log.error("a worker's word cannot be read", pid=self.pid, reason=str(error))  # noqa: TRY400
                continue
            self.is_ready = self.is_ready or report.ready is not None
            self._heard(report)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self._transport = None
        self._has_hung_up.set()


async def start_child(command: Sequence[str], number: int, sockets: Sequence[socket.socket], heard: Heard) -> Child:
    """Start worker `number` with its listening sockets. Raises OSError where the system has no room for it."""
    ours, theirs = socket.socketpair()
    try:
        with theirs:
            process = await _spawn(command, number, sockets, theirs)
        child = Child(process, heard)
        await asyncio.get_running_loop().create_unix_connection(lambda: child, sock=ours)
    except BaseException:
        ours.close()
        raise
    return child


async def _spawn(
    command: Sequence[str], number: int, sockets: Sequence[socket.socket], link: socket.socket
) -> asyncio.subprocess.Process:
    fds = [sock.fileno() for sock in sockets]
    arguments = [word for fd in fds for word in ("--fd", str(fd))]
    arguments += ["--link", str(link.fileno()), "--number", str(number)]
    return await asyncio.create_subprocess_exec(
        *command,
        *arguments,
        pass_fds=(*fds, link.fileno()),
        stdin=asyncio.subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C at a terminal reaches the supervisor alone, which drains the workers.
    )
