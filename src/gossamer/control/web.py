"""The admin API on its sockets, by uvicorn."""

import asyncio
import contextlib
import socket
from collections.abc import Generator, Sequence
from typing import Final

import uvicorn

from gossamer.config.settings import Settings
from gossamer.control.api.app import make_app, use_settings, use_store
from gossamer.control.store.store import Store

KEEP_ALIVE_S: Final = 75
"""Longer than the workers keep a connection that they do not use: the side that sends closes first."""


class Web:
    """Answers `unavailable` until it is given the store."""

    def __init__(self, settings: Settings) -> None:
        self._app = make_app(None, settings)
        self._server = Server(
            uvicorn.Config(
                self._app,
                loop="none",
                http="httptools",
                ws="none",
                lifespan="off",
                log_config=None,
                log_level="warning",
                access_log=False,
                proxy_headers=False,
                server_header=False,
                timeout_keep_alive=KEEP_ALIVE_S,
            )
        )
        self._serving: asyncio.Task[None] | None = None

    def use_store(self, store: Store) -> None:
        use_store(self._app, store)

    def use_settings(self, settings: Settings) -> None:
        use_settings(self._app, settings)

    async def listen(self, sockets: Sequence[socket.socket]) -> None:
        """When it returns, whoever connects is answered."""
        self._server.config.load()
        self._serving = asyncio.create_task(self._server.serve(list(sockets)))
        await self._server.is_up.wait()

    async def drain(self, within_s: float) -> None:
        """Take no more, finish what is under way, and cut what is left."""
        if self._serving is not None:
            self._server.config.timeout_graceful_shutdown = max(1, round(within_s))
            self._server.should_exit = True
            await self._serving


class Server(uvicorn.Server):
    """One that leaves the signals of the process to it."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.is_up.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield
