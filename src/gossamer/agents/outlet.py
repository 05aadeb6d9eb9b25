"""Where a run is told to its client, as it goes or when it is over; and how the client's leaving ends the run.

The head of a stream goes out with its first word: what is refused before has a status of its own.
"""

import asyncio
from collections.abc import Callable
from itertools import groupby
from typing import Final

from gossamer.agents.seam import Call, Observation
from gossamer.agents.voices.voice import Part, Said, Thought, Told, Used, Voice
from gossamer.core.endpoints import Wire
from gossamer.core.errors import GatewayError
from gossamer.dialects.faults import fault_of, render_fault
from gossamer.http.request import Request
from gossamer.policy.headers import JSON_LINE

_EVENTS: Final = b"content-type: text/event-stream; charset=utf-8\r\ncache-control: no-cache\r\n"
_SILENCE_S: Final = 15.0
"""After which a stream says that it lives: what is on the way cuts what is silent for a minute, some for half of it."""


class Outlet:
    """Of one request (a RequestOwner)."""

    def __init__(self, request: Request, voice: Voice, wire: Wire, *, is_stream: bool) -> None:
        self._request = request
        self._voice = voice
        self._wire: Wire = wire
        self._is_stream = is_stream
        self._is_started = False
        self._parts: list[Part] = []
        self._ready = asyncio.Event()
        self._ready.set()
        self._told_at = 0.0
        self._pinger: asyncio.TimerHandle | None = None
        self.task: asyncio.Task[None] | None = None
        """The run, to be ended when the client leaves."""

    @property
    def parts(self) -> tuple[Part, ...]:
        """What was told in pieces is one part. Put together only now: a long text would be copied with each piece."""
        found: list[Part] = []
        for kind, alike in groupby(self._parts, type):
            parts = list(alike)
            text = "".join([part.text for part in parts if not isinstance(part, Used)])
            found += parts if kind is Used else [Thought(text) if kind is Thought else Said(text)]
        return tuple(found)

    async def drained(self) -> None:
        """Until the client takes more."""
        await self._ready.wait()

    # --- what the run tells ---

    def think(self, text: str) -> None:
        self._parts.append(Thought(text))
        self._tell(lambda: self._voice.think(text))

    def say(self, text: str) -> None:
        self._parts.append(Said(text))
        self._tell(lambda: self._voice.say(text))

    def use(self, call: Call) -> None:
        self._parts.append(Used(call))
        self._tell(lambda: self._voice.use(call))

    def observe(self, call: Call, seen: Observation) -> None:
        self._parts[self._parts.index(Used(call))] = Used(call, seen)
        self._tell(lambda: self._voice.observe(call, seen))

    def end(self, told: Told) -> None:
        if not self._is_stream:
            self._request.reply(200, JSON_LINE, self._voice.whole(told))
            return
        self._tell(lambda: self._voice.end(told))
        self._request.end()

    def fail(self, error: GatewayError) -> None:
        """As an answer of its own, or if that has begun, as its last event."""
        if self._is_started:
            self._request.write(self._voice.fail(fault_of(error)))
            self._request.end()
            return
        lines = JSON_LINE
        if error.retry_after_s is not None:
            lines += b"retry-after: %d\r\n" % max(1, round(error.retry_after_s))
        self._request.reply(error.status, lines, render_fault(fault_of(error), error.status, self._wire))

    # --- what the client does ---

    def client_gone(self) -> None:
        self._ready.set()
        if self.task is not None:
            self.task.cancel()

    def client_slow(self) -> None:
        self._ready.clear()

    def client_ready(self) -> None:
        self._ready.set()

    def close(self) -> None:
        """The request is over, however it ended. A task that was cancelled remembers where, and so this outlet."""
        self.task = None
        if self._pinger is not None:
            self._pinger.cancel()
            self._pinger = None

    def _keep_alive(self) -> None:
        """While a tool or a model takes its time. Who takes nothing is told nothing more."""
        loop = asyncio.get_running_loop()
        if loop.time() - self._told_at >= _SILENCE_S:
            self._told_at = loop.time()
            if self._ready.is_set():
                self._request.write(self._voice.ping())
        self._pinger = loop.call_at(self._told_at + _SILENCE_S, self._keep_alive)

    def _tell(self, render: Callable[[], bytes]) -> None:
        """A stream begins before its first word is put into the words of the dialect."""
        if not self._is_stream:
            return
        begun = b""
        if not self._is_started:
            self._is_started = True
            self._request.start(200, _EVENTS)
            begun = self._voice.begin()
            self._pinger = asyncio.get_running_loop().call_later(_SILENCE_S, self._keep_alive)
        self._told_at = asyncio.get_running_loop().time()
        self._request.write(begun + render())
