"""`gossamer mock` as processes: one, or several that share a port, and all of them end together.

The sockets listen before the processes are made: from the moment that the address is told, nobody is turned away.
"""

import asyncio
import gc
import os
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress

from gossamer.http.loop import new_loop
from gossamer.mock.plan import Settings
from gossamer.mock.server import MockServer
from gossamer.mock.timers import exact_timers

_TO_END = (signal.SIGTERM, signal.SIGINT)
_BACKLOG = 4096
_DRAIN_S = 0.5
"""A mock owes nobody a slow goodbye: some of its answers hang on purpose."""


def run(settings: Settings, host: str, port: int, processes: int, announce: Callable[[str], None]) -> int:
    """Serve until SIGTERM or SIGINT; returns the exit status. OSError where the address cannot be had."""
    sockets = listen(host, port, processes)
    url = url_of(sockets[0])
    if processes == 1:
        _serve(sockets[0], settings, None, lambda: announce(url))
        return 0
    family = _Family(settings, sockets)
    announce(url)
    return family.wait()


def listen(host: str, port: int, count: int) -> list[socket.socket]:
    """As many listening sockets on one address; port 0 is a free one."""
    family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    first = _bound(family, kind, address, shares=False)
    if count == 1:
        first.listen(_BACKLOG)
        return [first]
    address = first.getsockname()
    first.close()  # it was there to learn that nobody else listens: a shared port would not say so
    sockets = [_bound(family, kind, address, shares=True) for _ in range(count)]
    for each in sockets:
        each.listen(_BACKLOG)
    return sockets


def url_of(sock: socket.socket) -> str:
    host, port = sock.getsockname()[:2]
    return f"http://[{host}]:{port}" if sock.family == socket.AF_INET6 else f"http://{host}:{port}"


def _bound(family: int, kind: int, address: object, *, shares: bool) -> socket.socket:
    sock = socket.socket(family, kind)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if shares:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        sock.bind(address)  # type: ignore[arg-type]  # what getaddrinfo and getsockname return
    except OSError:
        sock.close()
        raise
    return sock


class _Family:
    """A parent that only waits, and children that serve. A child that ends by itself ends all."""

    def __init__(self, settings: Settings, sockets: list[socket.socket]) -> None:
        self._is_ending = False
        # children read from it and hear its end when the parent is gone, however it went
        life, self._life = os.pipe()
        signal.pthread_sigmask(signal.SIG_BLOCK, _TO_END)  # until each of us has its handlers
        self._children = {self._fork(settings, each, sockets, life) for each in sockets}
        os.close(life)
        for each in sockets:
            each.close()
        for number in _TO_END:
            signal.signal(number, lambda *_: self._end())
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _TO_END)

    def _fork(self, settings: Settings, own: socket.socket, sockets: list[socket.socket], life: int) -> int:
        pid = os.fork()
        if pid:
            return pid
        status = 1
        try:
            os.close(self._life)
            for each in sockets:
                if each is not own:
                    each.close()
            _serve(own, settings, life, lambda: None)
            status = 0
        finally:
            sys.stderr.flush()
            os._exit(status)

    def wait(self) -> int:
        status = 0
        while self._children:
            pid, code = os.wait()
            self._children.discard(pid)
            if not self._is_ending:
                status = 1
                self._end()
            elif code:
                status = 1
        return status

    def _end(self) -> None:
        self._is_ending = True
        for pid in self._children:
            with suppress(ProcessLookupError):  # gone, and not struck off yet
                os.kill(pid, signal.SIGTERM)


def _serve(sock: socket.socket, settings: Settings, life: int | None, is_ready: Callable[[], None]) -> None:
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(_until_told(sock, settings, life, is_ready))


async def _until_told(sock: socket.socket, settings: Settings, life: int | None, is_ready: Callable[[], None]) -> None:
    loop = asyncio.get_running_loop()
    told = asyncio.Event()
    for number in _TO_END:
        loop.add_signal_handler(number, told.set)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _TO_END)
    if life is not None:
        loop.add_reader(life, told.set)
    timers = exact_timers(loop)
    mock = MockServer(settings, timers)
    await mock.server.listen(sock)
    gc.freeze()
    is_ready()
    await told.wait()
    if life is not None:
        loop.remove_reader(life)
    await mock.server.drain(_DRAIN_S)
    timers.close()
