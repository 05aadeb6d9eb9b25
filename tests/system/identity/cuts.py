"""Ways of taking something away from whole gateways, each until its block ends: by a proxy, or by signals."""

import asyncio
import os
import signal
import threading
import time
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.real.proxy import Proxy, Way
from tests.system.gateway import PATIENCE_S, Gateway

LOOK_EVERY_S = 0.005


class Cut:
    """A proxy in a thread of its own, so that it lives while a test waits for a process."""

    def __init__(self, target: str | tuple[str, int], path: Path | None = None) -> None:
        self._proxy = Proxy(target, path)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._do(self._proxy.start())

    @property
    def port(self) -> int:
        return self._proxy.port

    def turn(self, way: Way) -> None:
        """When it returns, that is how it is."""
        self._do(self._proxy.turn(way))

    @contextmanager
    def turned(self, way: Way) -> Iterator[None]:
        self.turn(way)
        try:
            yield
        finally:
            self.turn("open")

    def close(self) -> None:
        self._do(self._proxy.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE_S)


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """It is there, takes connections, and does nothing."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@contextmanager
def kept_dead(gateway: Gateway) -> Iterator[None]:
    """The control process is killed, and each successor as soon as it is seen, long before it answers anybody."""
    is_over = threading.Event()

    def kill() -> None:
        while not is_over.is_set():
            with suppress(ValueError, OSError):  # there is none, or it has just ended
                os.kill(gateway.control, signal.SIGKILL)
            time.sleep(LOOK_EVERY_S)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        yield
    finally:
        is_over.set()
        killer.join()
