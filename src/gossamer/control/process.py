"""The control process: the store, the feed to the workers, and the admin API, put together. No request passes here.

It is there before its store is, and lives through the store's outages: who asks then is told that nobody can say.
"""

import asyncio
import gc
import logging
import os
import socket
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gossamer.config.settings import Settings
from gossamer.control.feed.server import FeedServer
from gossamer.control.first_keys import keep_first_key, take_over_old_keys
from gossamer.control.late_runs import forget_late_runs_for_ever
from gossamer.control.opening import at_last, open_at_last
from gossamer.control.pruning import prune_for_ever
from gossamer.control.responses.server import ResponseServer
from gossamer.control.store.store import Store
from gossamer.core.logs import set_up_logs
from gossamer.feed.paths import feed_path, responses_path
from gossamer.process.link import FirstKey, Link

if TYPE_CHECKING:
    from gossamer.control.web import Web

THREAD_TURN_S: Final = 0.0005
"""SQLite is asked from threads. With Python's own 5 ms a look-up that is done waits so long for the loop to step aside:
that was half of the p99 of a miss."""
LONGEST_DRAIN_S: Final = 5.0
"""Administration has no long answers, and its clients can ask again."""


async def serve(sockets: list[socket.socket], settings: Settings, link: Link, number: int) -> None:  # noqa: ARG001
    """Answer until told to drain. There is one of its kind, whatever its number."""
    sys.setswitchinterval(THREAD_TURN_S)
    logging.getLogger("alembic").setLevel(logging.WARNING)  # it tells of each plugin
    control = Control(settings, link)
    link.attach(control)
    data_dir = Path(settings.data_dir)
    listeners = {str(feed_path(data_dir)): control.feed.listen, str(responses_path(data_dir)): control.responses.listen}
    try:
        await control.first_try()
        for sock in sockets:
            if (listen := listeners.get(sock.getsockname())) is not None:
                await listen(sock)
        await control.open_web([sock for sock in sockets if sock.getsockname() not in listeners])
        gc.freeze()  # what is here now stays: the collector need not look at it again
        link.ready(os.getpid())
        await control.drained
    finally:
        await control.close()


class Control:
    """Acts on what the supervisor says (a LinkOwner, and a FirstKeyKeeper)."""

    def __init__(self, settings: Settings, link: Link) -> None:
        loop = asyncio.get_running_loop()
        self.drained: asyncio.Future[None] = loop.create_future()
        self.feed = FeedServer(self._fail)
        self.responses = ResponseServer()
        self._settings = settings
        self._link = link
        self._web: Web | None = None
        self._store: asyncio.Future[Store] = loop.create_future()
        """Once it is open, and has the keys that it is to begin with."""
        self._tried = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._begin(self._open())

    async def first_try(self) -> None:
        """Until the store is open, or it is known that this takes longer."""
        await self._tried.wait()

    async def open_web(self, sockets: list[socket.socket]) -> None:
        from gossamer.control.web import Web  # noqa: PLC0415 - half a second, which no worker should wait for

        self._web = web = Web(self._settings)
        if self._store.done():
            web.use_store(self._store.result())
        await web.listen(sockets)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await self.responses.close()
        await self.feed.close()
        if self._store.done():
            await self._store.result().close()

    # --- told by the supervisor ---

    def new_settings(self, settings: Settings, generation: int) -> None:
        self._settings = settings
        if self._web is not None:
            self._web.use_settings(settings)
        set_up_logs(settings.log.level, settings.log.format)
        self._link.reloaded(generation)

    def drain(self, within_s: float) -> None:
        self._begin(self._drain(min(within_s, LONGEST_DRAIN_S)))

    def supervisor_gone(self) -> None:
        self.drain(LONGEST_DRAIN_S)

    def keep_first_key(self, key: FirstKey) -> None:
        self._begin(self._keep_first_key(key))

    # --- inside ---

    async def _open(self) -> None:
        store = await open_at_last(self._settings.state, self._not_opened)
        self.feed.opened(store)
        self.responses.opened(store)
        if self._web is not None:
            self._web.use_store(store)
        self._tried.set()
        await at_last(lambda: take_over_old_keys(store, Path(self._settings.data_dir)))
        self._store.set_result(store)
        self._begin(prune_for_ever(store, lambda: self._settings))
        self._begin(forget_late_runs_for_ever(store, lambda: self._settings))

    def _not_opened(self, reason: str) -> None:
        self.feed.desk.why_closed = reason
        self._tried.set()

    async def _keep_first_key(self, key: FirstKey) -> None:
        store = await asyncio.shield(self._store)
        self._link.first_key(is_kept=await at_last(lambda: keep_first_key(store, key)))

    async def _drain(self, within_s: float) -> None:
        if self._web is not None:
            await self._web.drain(within_s)
        if not self.drained.done():
            self.drained.set_result(None)

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        """A defect: the log has it, and the supervisor starts a process that begins anew."""
        if not self.drained.done():
            self.drained.set_exception(error)
        self._tried.set()
