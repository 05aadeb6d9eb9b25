"""The mock as an HTTP server: requests in, scripts played, and a small window on what was asked so far.

Each process answers `/mock/...` for itself alone, and says by its pid which it is.
"""

import asyncio
import os
import socket
import struct
from time import perf_counter_ns

import msgspec

from gossamer.http.errors import PeerGone, RequestRefused
from gossamer.http.limits import ServerLimits
from gossamer.http.request import Request
from gossamer.http.server import Server
from gossamer.mock.answers import Answers, Visit
from gossamer.mock.incoming import Incoming
from gossamer.mock.ledger import Outcome
from gossamer.mock.plan import Settings
from gossamer.mock.player import Player, stamp_headers
from gossamer.mock.script import JSON_HEADERS
from gossamer.mock.timers import Timers

_NS_A_S = 1_000_000_000
_WINDOW = b"/mock/"
_REQUESTS = b"/mock/requests/"
_LINGER_NONE = struct.pack("ii", 1, 0)
"""SO_LINGER on, for no time at all: closing sends a reset."""


class MockServer:
    """Handles the requests of one gossamer.http.server."""

    def __init__(self, settings: Settings, timers: Timers, limits: ServerLimits | None = None) -> None:
        # for the life of the process
        self.answers = Answers(settings)
        self._timers = timers
        self._limits = limits or ServerLimits()
        self._began_ns = perf_counter_ns()
        self.server = Server(self.handle, self._limits)
        # what is open now
        self._gathering: set[asyncio.Task[None]] = set()

    def handle(self, request: Request) -> None:
        """Answer now if the request is whole, else when it is."""
        if request.is_complete:
            self._answer(request, request.arrived_ns)
            return
        task = self.server.loop.create_task(self._gather(request))
        self._gathering.add(task)
        task.add_done_callback(self._gathering.discard)

    async def _gather(self, request: Request) -> None:
        try:
            await request.whole(self._limits.body_bytes)
        except RequestRefused as refused:
            headers, body = self.server.refusal(refused.status, refused.reason)
            request.reply(refused.status, headers, body)
        except PeerGone:
            return
        else:
            self._answer(request, perf_counter_ns())

    def _answer(self, request: Request, came_ns: int) -> None:
        head = request.head
        if head.target.startswith(_WINDOW):
            status, body = self._look(head.method, head.target)
            request.reply(status, JSON_HEADERS, body)
            return
        incoming = Incoming(head.method, head.target, head.headers, request.body, head.raw)
        visit = self.answers.answer(incoming, (came_ns - self._began_ns) / _NS_A_S)
        script = visit.script
        if not script.is_at_once or script.length is None:
            self._play(request, visit, came_ns)
            return
        headers = b"%bx-request-id: %b\r\n" % (script.headers, visit.request_id)
        if visit.is_stamped:
            headers = stamp_headers(headers, came_ns)
        self.answers.ledger.end(visit.entry, "finished", script.status)
        request.reply(script.status, headers, script.pieces[0])

    def _play(self, request: Request, visit: Visit, came_ns: int) -> None:
        exchange = _Exchange(self, request, visit)
        headers = b"x-request-id: %b\r\n" % visit.request_id
        player = Player(
            visit.script, headers, exchange, self._timers, came_ns, exchange.ended, is_stamped=visit.is_stamped
        )
        exchange.player = player
        request.owner = exchange
        player.begin()

    def _look(self, method: bytes, target: bytes) -> tuple[int, bytes]:
        """What the window shows."""
        ledger = self.answers.ledger
        if (method, target) == (b"GET", b"/mock/stats"):
            return 200, msgspec.json.encode(ledger.stats())
        if (method, target) == (b"POST", b"/mock/reset"):
            ledger.reset()
            return 200, msgspec.json.encode(ledger.stats())
        entry = ledger.find(target.removeprefix(_REQUESTS)) if target.startswith(_REQUESTS) else None
        if method == b"GET" and entry is not None:
            return 200, msgspec.json.encode({"pid": os.getpid(), **msgspec.structs.asdict(entry)})
        message = "Not known to this process: ask GET /mock/stats, GET /mock/requests/{id} or POST /mock/reset."
        return 404, msgspec.json.encode({"pid": os.getpid(), "error": message})

    def reset_connection(self, request: Request) -> None:
        """Close with a TCP reset, as a provider does that has crashed. A Unix socket knows none: it is closed."""
        for connection in self.server.connections:
            if connection.peer == request.peer:
                sock = connection.transport.get_extra_info("socket")
                if sock is not None and sock.family != socket.AF_UNIX:
                    _forget_unsent(sock.fileno())
        request.abort()


class _Exchange:
    """One request and its player: hears of the client, writes to it, and closes the books."""

    __slots__ = ("_mock", "_request", "_visit", "break_off", "end", "player", "reply", "start", "write")

    player: Player

    def __init__(self, mock: MockServer, request: Request, visit: Visit) -> None:
        self._mock = mock
        self._request = request
        self._visit = visit
        self.reply = request.reply
        self.start = request.start
        self.write = request.write
        self.end = request.end
        self.break_off = request.break_off
        if visit.script.is_stream:
            mock.answers.ledger.begin_stream()

    def reset(self) -> None:
        self._mock.reset_connection(self._request)

    def client_gone(self) -> None:
        self.player.cancel()

    def client_slow(self) -> None:
        self.player.pause()

    def client_ready(self) -> None:
        self.player.resume()

    def ended(self, status: int, outcome: Outcome) -> None:
        ledger = self._mock.answers.ledger
        ledger.end(self._visit.entry, outcome, status, is_stream=self._visit.script.is_stream)


def _forget_unsent(descriptor: int) -> None:
    sock = socket.socket(fileno=os.dup(descriptor))
    with sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NONE)
