"""The front door, as an agent calls it: one chat completion as a stream of events, in the caller's own name.

Whatever limits, caches, routes and records are for, each of these calls passes them like any other request.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Any, Final

import msgspec

from gossamer.agents.seam import Call as ToolCall
from gossamer.agents.seam import CallCame, Event, ReasoningCame, Run, TextCame, TurnEnded
from gossamer.core.errors import GatewayError, ProviderUnavailable
from gossamer.core.record import Usage
from gossamer.core.runs import RUN_HEADER, RunMark, write_mark
from gossamer.dialects.answer import Counts, Fault, Head, Quoted, Stop
from gossamer.dialects.chat.reasoning import detail_of
from gossamer.dialects.conversation import Seal
from gossamer.dialects.faults import fault_in
from gossamer.dialects.stream import StreamRead
from gossamer.dialects.tally import StreamTally
from gossamer.http.call import Call
from gossamer.http.errors import CallFailed
from gossamer.http.heads import ResponseHead
from gossamer.http.limits import JOIN_BYTES, CallTimeouts
from gossamer.http.pool import Pool
from gossamer.http.sse import EventSplitter

_TIMEOUTS: Final = CallTimeouts(5.0, 3600.0, 3600.0, 3600.0)
"""A run has a clock of its own; this is for calls whose run forgot them."""
_MOST_ERROR_BYTES: Final = 64 * 1024
_MOST_AHEAD: Final = 64
"""Events that nobody has taken, before no more is read. A run that keeps up has one or two."""
_FEW_AHEAD: Final = 16
_FINISH: Final[Mapping[Stop, str]] = {
    "end": "stop",
    "sequence": "stop",
    "pause": "stop",
    "length": "length",
    "tools": "tool_calls",
    "filter": "content_filter",
}
_encode: Final = msgspec.json.Encoder().encode
_text: Final = msgspec.json.Decoder(str).decode


class CallRefused(GatewayError):
    """What the front door answered to a call: it is the run's own answer, unless that has begun."""

    def __init__(self, status: int, fault: Fault, retry_after_s: float | None = None) -> None:
        super().__init__(fault.message, param=fault.param or None, retry_after_s=retry_after_s)
        self.status = status  # type: ignore[misc]  # the front door says which, and so below
        self.code = fault.code or "call_refused"  # type: ignore[misc]
        self.kind = fault.kind or "api_error"  # type: ignore[misc]


class Turn(msgspec.Struct, frozen=True):
    """The end of a call: what the model said, and what it came to. `target`: who answered, as provider/model."""

    ended: TurnEnded
    usage: Usage | None
    target: str
    is_cached: bool


class FrontDoor:
    """For all runs of the process."""

    def __init__(self, pool: Pool, secret: str) -> None:
        self._pool = pool
        self._secret = secret

    async def ask(self, asked: Mapping[str, Any], for_run: Run) -> AsyncGenerator[Event | Turn, None]:
        """Events as they come, and a Turn at the end. Raises GatewayError. Given up, the call is cut at once."""
        body = _encode({**asked, "stream": True, "stream_options": {"include_usage": True}})
        hearing = Hearing()
        call = hearing.call = self._send(body, for_run, hearing)
        try:
            while True:
                event = await hearing.next()
                yield event
                if isinstance(event, Turn):
                    return
        finally:
            hearing.close()
            call.cancel()

    async def ask_whole(self, asked: Mapping[str, Any], for_run: Run) -> bytes:
        """The body of an answer. Raises GatewayError."""
        whole = Whole()
        call = self._send(_encode(asked), for_run, whole)
        try:
            return await whole.done
        finally:
            call.cancel()
            del call, whole  # a refusal remembers this frame, and they the refusal

    def _send(self, body: bytes, for_run: Run, sink: "Hearing | Whole") -> Call:
        mark = write_mark(self._secret, RunMark(for_run.id, for_run.depth + 1))
        headers = {"authorization": f"Bearer {for_run.token}", **for_run.headers, RUN_HEADER: mark}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode("latin-1")
        length = len(body)
        body, more = (body, b"") if length <= JOIN_BYTES else (b"", body)  # in one piece, a worker wakes once for it
        head = (
            b"POST /v1/chat/completions HTTP/1.1\r\nhost: gossamer\r\ncontent-type: application/json\r\n"
            b"%bcontent-length: %d\r\n\r\n%b"
        )
        call = Call(head % (lines, length, body), sink, _TIMEOUTS)
        call.more = more
        self._pool.send(call)
        return call


class Whole:
    """A ResponseSink for an answer in one piece."""

    def __init__(self) -> None:
        self.done: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._head: ResponseHead | None = None
        self._parts: list[bytes] = []

    def request_waited(self) -> None:
        """Nobody asks how long."""

    def response_complete(self, head: ResponseHead, body: bytes) -> None:
        self._head, self._parts = head, [body]
        self.response_ended()

    def response_started(self, head: ResponseHead) -> None:
        self._head = head

    def response_data(self, data: bytes) -> None:
        self._parts.append(data)

    def response_ended(self) -> None:
        assert self._head is not None, "an answer begins with its head"
        body = b"".join(self._parts)
        if self.done.done():
            return
        if self._head.status >= 400:
            self.done.set_exception(refusal_in(self._head, body))
        else:
            self.done.set_result(body)

    def response_failed(self, error: CallFailed) -> None:
        if not self.done.done():
            self.done.set_exception(_broken(error))


class Hearing:
    """A ResponseSink that reads a stream, and keeps its events until somebody takes them. Whoever takes them waits for
    a client that may be slow: no more is read than a few ahead of it, so that the model waits too.
    """

    call: Call | None = None

    def __init__(self) -> None:
        self._is_paused = False
        self._events: deque[Event | Turn] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._failure: GatewayError | None = None
        self._head: ResponseHead | None = None
        self._listener = Listener(self._events.append)
        self._read = StreamRead("chat", self._listener)
        self._splitter = EventSplitter()
        self._tally = StreamTally("chat")
        self._refused: list[bytes] = []
        self._is_over = False

    async def next(self) -> Event | Turn:
        while not self._events:
            if self._failure is not None:
                raise self._failure
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        event = self._events.popleft()
        if self._is_paused and len(self._events) <= _FEW_AHEAD and self.call is not None:
            self._is_paused = False
            self.call.resume()
        return event

    def close(self) -> None:
        """Its call holds it, and its failure the frames in which it was raised: circles would stay until the collector
        comes, and while that looks all runs stand still.
        """
        self.call = self._failure = None

    # --- what the connection tells ---

    def request_waited(self) -> None:
        """Nobody asks how long."""

    def response_complete(self, head: ResponseHead, body: bytes) -> None:
        self.response_started(head)
        self.response_data(body)
        self.response_ended()

    def response_started(self, head: ResponseHead) -> None:
        self._head = head

    def response_data(self, data: bytes) -> None:
        if self._head is not None and self._head.status >= 400:
            if sum(map(len, self._refused)) < _MOST_ERROR_BYTES:
                self._refused.append(data)
            return
        block = self._splitter.feed(data)
        if block:
            if b'"usage"' in block:
                self._tally.see(block)
            self._read.feed(block)
            if len(self._events) > _MOST_AHEAD and not self._is_paused and self.call is not None:
                self._is_paused = True
                self.call.pause()
            self._wake()

    def response_ended(self) -> None:
        head = self._head
        assert head is not None, "an answer begins with its head"
        if head.status >= 400:
            self._fail(refusal_in(head, b"".join(self._refused)))
            return
        self._read.end()
        if self._read.failure is not None:
            self._fail(CallRefused(502, self._read.failure))
            return
        told = head.get(b"x-gossamer-target") or b""
        cache = head.get(b"x-gossamer-cache") or b""
        self._events.append(
            Turn(self._listener.turn(), self._tally.usage, told.decode("latin-1"), cache.startswith(b"hit"))
        )
        self._is_over = True
        self._wake()

    def response_failed(self, error: CallFailed) -> None:
        if not self._is_over:
            self._fail(_broken(error))

    def _fail(self, error: GatewayError) -> None:
        self._failure = error
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class Listener:
    """A StreamWriter that writes nothing: it hears what the model says, in no dialect."""

    def __init__(self, hear: Callable[[Event], None]) -> None:
        self._hear = hear
        self._texts: list[str] = []
        self._thoughts: list[str] = []
        self._details: list[Mapping[str, Any]] = []
        self._calls: dict[int, tuple[str, str, list[str]]] = {}
        self._finish = "stop"

    def turn(self) -> TurnEnded:
        calls = tuple(
            ToolCall(name_of_call or f"call_{at}", name, "".join(pieces))
            for at, (name_of_call, name, pieces) in sorted(self._calls.items())
        )
        return TurnEnded("".join(self._texts), calls, self._finish, tuple(self._details))

    def begin(self, head: Head) -> bytes:  # noqa: ARG002 - as the protocol has it, and so below
        return b""

    def text(self, piece: Quoted) -> bytes:
        text = _text(piece)
        self._texts.append(text)
        self._hear(TextCame(text))
        return b""

    def refusal(self, piece: Quoted) -> bytes:
        return self.text(piece)

    def thinking(self, piece: Quoted) -> bytes:
        text = _text(piece)
        self._thoughts.append(text)
        self._hear(ReasoningCame(text))
        return b""

    def seal(self, seal: Seal) -> bytes:
        thought = "".join(self._thoughts)
        self._thoughts.clear()
        if seal.data:
            self._details.append(detail_of(thought, seal, len(self._details)))
        return b""

    def call(self, at: int, call_id: str, name: str) -> bytes:
        self._calls[at] = (call_id, name, [])
        self._hear(CallCame())
        return b""

    def arguments(self, at: int, piece: Quoted) -> bytes:
        if at in self._calls:
            self._calls[at][2].append(_text(piece))
        return b""

    def close(self) -> bytes:
        return b""

    def ping(self) -> bytes:
        return b""

    def finish(self, stop: Stop, sequence: str, counts: Counts | None, explanation: str) -> bytes:  # noqa: ARG002
        self._finish = _FINISH[stop]
        return b""

    def fail(self, fault: Fault) -> bytes:  # noqa: ARG002 - whoever reads the stream has it
        return b""


def refusal_in(head: ResponseHead, body: bytes) -> CallRefused:
    told = head.get(b"retry-after") or b""
    return CallRefused(head.status, fault_in(body, head.status), float(told) if told.isdigit() else None)


def _broken(error: CallFailed) -> GatewayError:
    return ProviderUnavailable(f"A call of the agent's model broke off: {error}. Try again.")
