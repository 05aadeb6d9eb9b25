"""The mock within the process: the server's answers, delays and faults, told to a sink instead of a socket."""

import asyncio
from functools import lru_cache
from time import perf_counter_ns

from gossamer.http.call import ResponseSink
from gossamer.http.errors import ResponseBroken
from gossamer.http.heads import Headers, ResponseHead, parse_response_head
from gossamer.http.statuses import STATUS_LINES
from gossamer.mock.answers import Answers, Visit
from gossamer.mock.incoming import Incoming
from gossamer.mock.ledger import Outcome
from gossamer.mock.plan import Settings
from gossamer.mock.player import Player
from gossamer.mock.timers import LoopTimers, Timers

_NS_A_S = 1_000_000_000
_CACHED_HEADS = 256
"""Heads differ by status, type and length: a handful of models and lengths."""


class MockProvider:
    """Answers as `gossamer mock` does, without a socket."""

    def __init__(
        self, settings: Settings, loop: asyncio.AbstractEventLoop | None = None, timers: Timers | None = None
    ) -> None:
        self.answers = Answers(settings)
        self._loop = loop or asyncio.get_running_loop()
        self._timers = timers or LoopTimers(self._loop)
        self._began_ns = perf_counter_ns()
        self._head_of = lru_cache(maxsize=_CACHED_HEADS)(parse_response_head)

    def send(self, method: bytes, target: bytes, headers: Headers, body: bytes, sink: ResponseSink) -> "MockCall":
        """One request. The sink hears of the answer in a later turn, never in this call."""
        came_ns = perf_counter_ns()
        incoming = Incoming(method, target, headers, body)
        visit = self.answers.answer(incoming, (came_ns - self._began_ns) / _NS_A_S)
        call = MockCall(self, visit, sink)
        call.player = Player(visit.script, b"", call, self._timers, came_ns, call.ended, is_stamped=visit.is_stamped)
        self._loop.call_soon(call.player.begin)
        return call

    def head(self, status: int, headers: bytes, framing: bytes) -> ResponseHead:
        return self._head_of(b"%b%b%b\r\n" % (STATUS_LINES[status], headers, framing))


class MockCall:
    """One answer on its way to its sink. The sink hears no more after `cancel`."""

    __slots__ = ("_provider", "_sink", "_visit", "player")

    player: Player

    def __init__(self, provider: MockProvider, visit: Visit, sink: ResponseSink) -> None:
        self._provider = provider
        self._visit = visit
        self._sink = sink
        if visit.script.is_stream:
            provider.answers.ledger.begin_stream()

    # --- what its owner may ask ---

    def cancel(self) -> None:
        self.player.cancel()

    def pause(self) -> None:
        self.player.pause()

    def resume(self) -> None:
        self.player.resume()

    # --- what its player asks ---

    def reply(self, status: int, headers: bytes, body: bytes) -> None:
        head = self._provider.head(status, headers, b"content-length: %d\r\n" % len(body))
        self._sink.response_complete(head, body)

    def start(self, status: int, headers: bytes, length: int | None = None) -> None:
        framing = b"transfer-encoding: chunked\r\n" if length is None else b"content-length: %d\r\n" % length
        self._sink.response_started(self._provider.head(status, headers, framing))

    def write(self, data: bytes) -> None:
        self._sink.response_data(data)

    def end(self) -> None:
        self._sink.response_ended()

    def break_off(self) -> None:
        self._sink.response_failed(ResponseBroken("the connection was closed in the middle of the answer"))

    def reset(self) -> None:
        self._sink.response_failed(ResponseBroken("the connection was reset before any answer"))

    def ended(self, status: int, outcome: Outcome) -> None:
        ledger = self._provider.answers.ledger
        ledger.end(self._visit.entry, outcome, status, is_stream=self._visit.script.is_stream)
