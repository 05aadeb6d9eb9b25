"""The recorder's process: a pump for each sink, and a page of metrics. What it does never makes a request wait."""

import asyncio
import gc
import os
import socket
import time
from pathlib import Path
from typing import Final

from gossamer.config.settings import Settings
from gossamer.core.logs import set_up_logs
from gossamer.http.request import Request
from gossamer.http.server import Server
from gossamer.journal.aside import Aside, aside_of
from gossamer.process.link import Link, Seat
from gossamer.projections.replays import ReplayDesk
from gossamer.recorder.audit.choice import audit_sink
from gossamer.recorder.audit.file_sink import AuditFileSink
from gossamer.recorder.chunks import Chunks
from gossamer.recorder.kept import KeptSinks
from gossamer.recorder.metrics.boards import Board, CrewBoard, DiskBoard
from gossamer.recorder.metrics.page import Page
from gossamer.recorder.metrics.sink import MetricsSink
from gossamer.recorder.pump import GATHER_S, LOOK_EVERY_S, Pump
from gossamer.recorder.replay.sink import ReplayingSink
from gossamer.recorder.sink import Sink
from gossamer.recorder.taken import TakenMarker, Watched
from gossamer.recorder.telemetry.board import TelemetryBoard
from gossamer.recorder.telemetry.opening import telemetry_sink
from gossamer.recorder.usage_check.assembly import COMPARED, watch_usage
from gossamer.recorder.veil import veil

LONGEST_DRAIN_S: Final = 5.0
"""For what the workers wrote last. A sink that is away gets it after the next start: the journal keeps it."""
WATCHED: Final = ("traces", "sessions")
RARELY: Final = 50_000
"""Objects between two looks for garbage. Each batch makes thousands, which die by themselves; cycles are few."""
_TEXT: Final = b"content-type: text/plain; charset=utf-8\r\n"


async def serve(sockets: list[socket.socket], settings: Settings, link: Link, number: int) -> None:  # noqa: ARG001
    """Until told to drain. There is one of its kind, whatever its number."""
    step_back()
    recorder = Recorder(settings, link)
    link.attach(recorder)
    server = Server(recorder.answer)
    for sock in sockets:
        await server.listen(sock)
    recorder.start()
    gc.freeze()
    gc.set_threshold(RARELY)
    link.ready(os.getpid())
    try:
        await recorder.drained
    finally:
        await server.drain(0)
        await asyncio.to_thread(recorder.close)


def step_back() -> None:
    """Run only where a core has nothing else to do. Being merely nice still made requests wait for a batch to end: 7 ms
    at the 99th percentile, where a worker and the recorder share a core.
    """
    if hasattr(os, "SCHED_IDLE"):
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def look_every_s(sink: Sink) -> float:
    """Who has just asked looks for the trace or the turn of it; everything else may gather for a moment."""
    return LOOK_EVERY_S if sink.name in WATCHED else GATHER_S


class Recorder:
    """Acts on what the supervisor says (a LinkOwner, and a SeatsWatcher)."""

    def __init__(self, settings: Settings, link: Link) -> None:
        self.drained: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._link = link
        data_dir = Path(settings.data_dir)
        metrics = MetricsSink(data_dir / "metrics.bin", aside=Aside(aside_of(data_dir / "journal")))
        self._kept = KeptSinks(settings)
        sinks: list[Sink] = [metrics, *self._kept.sinks]
        self._audit = audit_sink(settings)
        if self._audit is not None:
            sinks.append(self._audit)
        self._crew = CrewBoard()
        boards: list[Board] = [self._crew, DiskBoard(data_dir / "journal", settings.journal.max_size_bytes)]
        if settings.telemetry is not None:
            spans = telemetry_sink(settings, settings.telemetry)
            sinks.append(spans)
            boards.append(TelemetryBoard(spans))
        see = veil(settings.capture)
        watched = [Watched(ReplayingSink(sink, data_dir, see)) for sink in sinks]
        self._marker = TakenMarker(data_dir / "journal", watched)
        chunks = Chunks(data_dir / "journal", veil=see)
        self._pumps = [Pump(sink, data_dir / "journal", chunks, look_every_s=look_every_s(sink)) for sink in watched]
        ReplayDesk(data_dir).announce(sink.name for sink in sinks)
        self._watch = watch_usage(settings, [pump.progress for pump in self._pumps if pump.sink.name in COMPARED])
        if self._watch is not None:
            boards.append(self._watch.counts)
        self._page = Page(metrics, self._pumps, boards)

    def start(self) -> None:
        for pump in self._pumps:
            pump.start()
        if self._watch is not None:
            self._watch.start()
        self._marker.look()

    def answer(self, request: Request) -> None:
        path = request.head.target.partition(b"?")[0]
        if path != b"/metrics":
            request.reply(404, _TEXT, b"Here is only /metrics.\n")
        elif request.head.method not in (b"GET", b"HEAD"):
            request.reply(405, _TEXT + b"allow: GET, HEAD\r\n", b"Send a GET.\n")
        else:
            kind, page = self._page.render(request.head.get(b"accept") or b"")
            request.reply(200, b"content-type: %b\r\ncache-control: no-store\r\n" % kind.encode(), page)

    def close(self) -> None:
        """Waits for the pumps, which take what is there by now, all in the same time."""
        if self._watch is not None:
            self._watch.end()
        self._marker.end()
        for pump in self._pumps:
            pump.end()
        until = time.monotonic() + LONGEST_DRAIN_S
        for pump in self._pumps:
            pump.join(max(0.0, until - time.monotonic()))

    # --- told by the supervisor ---

    def new_settings(self, settings: Settings, generation: int) -> None:
        set_up_logs(settings.log.level, settings.log.format)
        self._kept.keep_for(settings.retention)
        if isinstance(self._audit, AuditFileSink):
            self._audit.keep_s = settings.retention.audit_s
        self._link.reloaded(generation)

    def seats_told(self, seats: tuple[Seat, ...]) -> None:
        self._crew.seats = seats

    def drain(self, within_s: float) -> None:  # noqa: ARG002 - what is there is taken, and that is bounded
        if not self.drained.done():
            self.drained.set_result(None)

    def supervisor_gone(self) -> None:
        self.drain(LONGEST_DRAIN_S)
