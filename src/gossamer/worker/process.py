"""The worker: the composition root of the data plane.

Settings become Services; a reload makes new ones beside the old, which go when their last request is done.
"""

import asyncio
import gc
import os
import socket
from collections.abc import Iterable
from pathlib import Path

from gossamer.config.settings import Settings, TlsSettings
from gossamer.core.clock import now_ns
from gossamer.core.logs import get_log, set_up_logs
from gossamer.feed.paths import control_path, inner_path
from gossamer.http.limits import ServerLimits
from gossamer.http.proxy import ProxySettings
from gossamer.http.server import Server
from gossamer.http.tls import server_context
from gossamer.http.turn import Turn
from gossamer.journal.writer import JournalWriter
from gossamer.pipeline import admit_with, run, timing_of
from gossamer.process.link import Link
from gossamer.worker.cache import cache_use_of, open_cache
from gossamer.worker.control_door import ControlDoor
from gossamer.worker.front_door import FrontDoor, refusal
from gossamer.worker.gauges import GaugeTeller
from gossamer.worker.idempotency import open_idempotency
from gossamer.worker.identity.identity import Identity
from gossamer.worker.journal_guard import JournalGuard
from gossamer.worker.limits import Counters
from gossamer.worker.responses import WorkerResponses
from gossamer.worker.services import Assembly, ServiceFactory
from gossamer.worker.tape import taped

_log = get_log(__name__)

_COLLECT_EVERY = 20_000
"""Objects. A request leaves no circle behind, so the collector is there for what went wrong, not for every 700."""


async def serve(sockets: list[socket.socket], settings: Settings, link: Link, number: int) -> None:
    """Answer until told to drain."""
    turn = Turn(asyncio.get_running_loop())
    counters = Counters(settings, number, link.fleet, _log)
    journal = _open_journal(settings, number)
    counters.keep(lambda: journal.position)
    data_dir = Path(settings.data_dir)
    identity = Identity(data_dir, number, settings.auth)
    cache = open_cache(settings, lambda trouble: _log.warning("cache", worker=number, trouble=trouble))
    proxies = ProxySettings.from_environ(os.environ)
    responses = WorkerResponses(data_dir, turn)
    idempotency = open_idempotency(settings, number, lambda trouble: _log.warning(trouble, worker=number))
    factory = ServiceFactory(
        journal,
        turn,
        number,
        proxies,
        identity,
        counters.counting,
        settings.server.workers,
        cache,
        responses,
        idempotency,
        link.run_secret,
    )
    assembly = factory.make(settings)
    control = ControlDoor(control_path(data_dir), turn, identity)
    handle = run if settings.capture.content == "none" else taped(run, settings.capture)
    door = FrontDoor(handle, assembly.services, control, is_exposed=settings.control.expose)
    limits = settings.server.limits
    server = Server(door.handle, limits.for_server(), refusal=refusal, turn=turn)
    guard = JournalGuard(journal, door)
    if settings.journal.when_full == "refuse":
        guard.look()
    identity.start()
    inner = await _open_inner(sockets, data_dir, door, limits.for_server(), turn)
    await _listen([sock for sock in sockets if not _is_inner(sock, data_dir)], server, settings.server.tls)
    gc.freeze()  # what is here now stays: the collector need not look at it again
    gc.set_threshold(_COLLECT_EVERY, 20, 50)
    worker = Worker(factory, assembly, door, server, link, inner)
    link.attach(worker)
    link.ready(os.getpid())
    gauges = GaugeTeller(
        link,
        lambda: server.in_flight + (inner.in_flight if inner is not None else 0),
        factory.healths.circuits,
        lambda: responses.unkept,
    )
    await worker.drained
    guard.end()
    gauges.close()
    identity.close()
    control.close()
    cache.close()
    responses.close()
    await idempotency.close()
    await counters.close()
    journal.close()


def _open_journal(settings: Settings, number: int) -> JournalWriter:
    return JournalWriter(
        Path(settings.data_dir) / "journal",
        number,
        settings.journal.segment_size_bytes,
        settings.journal.max_size_bytes // settings.server.workers,
        lambda trouble: _log.warning(trouble, worker=number),
        stages=timing_of(admit_with(cache_use_of(settings.cache))).names,
        workers=settings.server.workers,
        keeps_untaken=settings.journal.when_full == "refuse",
    )


async def _listen(sockets: Iterable[socket.socket], server: Server, tls: TlsSettings | None) -> None:
    """For clients."""
    context = server_context(Path(tls.certificate), Path(tls.key)) if tls is not None else None
    for sock in sockets:
        await server.listen(sock, context if sock.family != socket.AF_UNIX else None)


async def _open_inner(
    sockets: list[socket.socket], data_dir: Path, door: FrontDoor, limits: ServerLimits, turn: Turn
) -> Server | None:
    """For the calls of the agents, where there are any: open until the last who asked one has been answered."""
    for sock in sockets:
        if _is_inner(sock, data_dir):
            inner = Server(door.handle, limits, refusal=refusal, turn=turn)
            await inner.listen(sock)
            return inner
    return None


def _is_inner(sock: socket.socket, data_dir: Path) -> bool:
    return sock.family == socket.AF_UNIX and sock.getsockname() == str(inner_path(data_dir))


class Worker:
    """Acts on what the supervisor says (a LinkOwner)."""

    def __init__(
        self,
        factory: ServiceFactory,
        assembly: Assembly,
        door: FrontDoor,
        server: Server,
        link: Link,
        inner: Server | None = None,
    ) -> None:
        self.drained: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._factory = factory
        self._assembly = assembly
        self._door = door
        self._server = server
        self._link = link
        self._inner = inner
        self._draining: asyncio.Task[None] | None = None
        factory.identity.routes.changed = self._new_routes

    def new_settings(self, settings: Settings, generation: int) -> None:
        try:
            fresh = self._factory.make(settings)
        except (ValueError, OSError) as error:
            self._link.failed(str(error))
            return
        self._door.services = fresh.services
        self._door.is_exposed = settings.control.expose
        self._factory.identity.take_over(settings.auth)
        self._server.limits = settings.server.limits.for_server()
        if self._inner is not None:
            self._inner.limits = self._server.limits
        self._assembly.retire(fresh)
        self._assembly = fresh
        set_up_logs(settings.log.level, settings.log.format)
        self._link.reloaded(generation)

    def _new_routes(self) -> None:
        self._door.services = self._factory.make_routes(self._assembly)

    def drain(self, within_s: float) -> None:
        if self._draining is None:
            self._draining = asyncio.create_task(self._drain(within_s))

    def supervisor_gone(self) -> None:
        self.drain(_ORPHAN_DRAIN_S)

    async def _drain(self, within_s: float) -> None:
        self._door.is_ready = False
        began = now_ns()
        await self._server.drain(within_s)
        if self._inner is not None:
            await self._inner.drain(0)
        if self._factory.idempotency is not None:
            left_s = within_s - (now_ns() - began) / 1e9
            await self._factory.idempotency.desk.drained(max(0.0, left_s))
        self._assembly.retire()
        self.drained.set_result(None)


_ORPHAN_DRAIN_S = 5.0
"""Without a supervisor nobody restarts or stops this process: a short end is better than a half-living node."""
