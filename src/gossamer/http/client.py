"""One connection to an origin: writes one call at a time and tells its sink of the answer as the bytes come.

A connection goes back to its pool only when it is known to be clean: the answer whole, nothing behind it, both sides
willing. Everything else closes it.
"""

import asyncio
from time import monotonic, perf_counter_ns
from typing import TYPE_CHECKING, cast

from gossamer.http.bodies import LONE_SIZE_LINES, Body, BodyError, ChunkedBody, LengthBody, OpenBody
from gossamer.http.call import Call
from gossamer.http.errors import CallTimeout, ResponseBroken
from gossamer.http.heads import ResponseHead, parse_response_head
from gossamer.http.statuses import BODILESS
from gossamer.http.turn import SLEPT_NS

if TYPE_CHECKING:
    from gossamer.http.pool import Pool

_LONE_BYTES = len(LONE_SIZE_LINES)
_HANDLED_NS = 50_000
"""A piece of a body is done with by then, on a slow machine too. To look at the clock again would cost each of them."""


class ClientConnection(asyncio.Protocol):
    """The states: idle in the pool, sending, waiting for a head, in a body, gone."""

    __slots__ = (
        "_body",
        "_call",
        "_got_bytes",
        "_head",
        "_heard_at",
        "_is_paused",
        "_is_reused",
        "_is_uploading",
        "_known",
        "_partial",
        "_pool",
        "_turn",
        "idle_since",
        "is_lost",
        "transport",
    )

    def __init__(self, pool: "Pool") -> None:
        # for the life of the connection
        self._pool = pool
        self._turn = pool.turn
        self.transport: asyncio.Transport = None  # type: ignore[assignment]  # set before anything else is called
        self._known: ResponseHead | None = None  # the last head that was accepted here
        self._is_reused = False
        self.is_lost = False
        self.idle_since = 0.0
        # of the call in progress
        self._call: Call | None = None
        self._head: ResponseHead | None = None
        self._body: Body | None = None
        self._partial = b""  # an unfinished head
        self._got_bytes = False
        self._is_paused = False
        self._is_uploading = False
        self._heard_at = 0.0

    # --- what the pool asks ---

    @property
    def is_idle(self) -> bool:
        return self._call is None

    def send(self, call: Call) -> None:
        self._call = call
        self._heard_at = 0.0
        call.connection = self
        self.transport.write(call.data)
        if call.more:
            self.transport.write(call.more)
        if call.uploader is not None:
            self._is_uploading = True
            call.uploader.upload_wanted(call)

    def upload_ended(self) -> None:
        self._is_uploading = False
        self._heard_at = monotonic()

    def pause(self) -> None:
        if not self._is_paused and not self.is_lost:
            self._is_paused = True
            self.transport.pause_reading()

    def resume(self) -> None:
        if self._is_paused and not self.is_lost:
            self._is_paused = False
            self._heard_at = monotonic()
            self.transport.resume_reading()

    def cut(self) -> None:
        """End at once; the call in progress hears no more."""
        self._call = None
        self.is_lost = True
        if self.transport is not None:
            self.transport.abort()

    def check_deadlines(self, now: float) -> None:
        """Fail the call if the peer took longer than allowed."""
        call = self._call
        if call is None:
            return
        limits = call.timeouts
        call.started_at = call.started_at or now
        self._heard_at = self._heard_at or now
        if now - call.started_at > limits.total_s:
            self._fail(CallTimeout(f"no whole answer within {limits.total_s:g} s (total)"))
        elif self._is_paused or self._is_uploading:
            return
        elif self._head is None:
            if now - self._heard_at > limits.first_byte_s:
                self._fail(CallTimeout(f"no answer within {limits.first_byte_s:g} s (first_byte)"))
        elif now - self._heard_at > limits.idle_s:
            self._fail(CallTimeout(f"nothing came for {limits.idle_s:g} s in the middle of an answer (idle)"))

    # --- what the loop tells ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        call = self._call
        if call is None:  # nothing was asked: whatever this is, the connection cannot be trusted any more
            self.is_lost = True
            self.transport.abort()
            return
        body = self._body
        if body is None:
            if not self._turn.is_open:
                self._turn.begin()
            known = self._known
            if (
                known is not None
                and len(data) == known.size
                and call.is_plain
                and not self._got_bytes
                and data.startswith(known.raw)
            ):
                # The same head again, its whole body with it, nothing behind.
                self._call = None
                self._is_reused = call.is_over = True
                self._pool.release(self)
                call.sink.response_complete(known, data[len(known.raw) :])
            else:
                self._got_bytes = True
                self._take_head(call, data)
            return
        turn = self._turn
        if not turn.is_open:
            now = perf_counter_ns()
            if now - turn.worked_ns > SLEPT_NS:
                turn.began_ns = now
            turn.worked_ns = now + _HANDLED_NS
        self._heard_at = 0.0
        tap = call.tap
        if tap is not None and body.is_between and len(data) < _LONE_BYTES:
            line = LONE_SIZE_LINES[len(data)]
            if data.startswith(line) and data.endswith(b"\r\n") and tap(data, len(line)):
                return
        self._take_body(call, body, data)

    def eof_received(self) -> bool:
        self.is_lost = self._call is None  # an idle one must not be chosen before it is closed
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_lost = True
        self._pool.forget(self)
        call = self._call
        if call is None:
            return
        if type(self._body) is OpenBody and exc is None:
            self._finish(call)
        elif not self._got_bytes and self._may_resend(call):
            self._call = None
            self._pool.resend(call)
        else:
            where = "in the middle of the answer" if self._head is not None else "before any answer"
            self._fail(ResponseBroken(f"the connection was closed {where}" + (f": {exc}" if exc else "")))

    def pause_writing(self) -> None:
        if self._call is not None and self._call.uploader is not None:
            self._call.uploader.upload_slow()

    def resume_writing(self) -> None:
        if self._call is not None and self._call.uploader is not None:
            self._call.uploader.upload_ready()

    # --- from bytes to answers ---

    def _take_head(self, call: Call, data: bytes) -> None:
        if self._partial:
            data = self._partial + data
            self._partial = b""
        head = self._known
        if head is None or not data.startswith(head.raw):
            head, data = self._read_head(data)
            if head is None:
                return
        is_whole = len(data) == head.size
        data = data[len(head.raw) :]
        if is_whole and call.is_plain:
            self._release(clean=head.keep_alive)
            call.is_over = True
            call.sink.response_complete(head, data)
            return
        self._head = head
        self._heard_at = monotonic()
        body = self._body = self._framing(call, head)
        call.sink.response_started(head)
        if self._call is call and (data or body.done):
            self._take_body(call, body, data)

    def _read_head(self, data: bytes) -> tuple[ResponseHead | None, bytes]:
        """The head in `data`, interim ones (1xx) passed over, and all from it on; None while it is unfinished."""
        at = 0
        while (end := data.find(b"\r\n\r\n", at)) >= 0:
            try:
                head = parse_response_head(data[at : end + 4])
            except ValueError as error:
                self._fail(ResponseBroken(str(error)))
                return None, b""
            if head.status >= 200:
                if head.keep_alive:
                    self._known = head
                return head, data[at:]
            at = end + 4
        self._partial = data[at:]
        if len(self._partial) > self._pool.limits.head_bytes:
            self._fail(ResponseBroken(f"the answer's head is larger than {self._pool.limits.head_bytes} bytes"))
        return None, b""

    @staticmethod
    def _framing(call: Call, head: ResponseHead) -> Body:
        if call.is_head or head.status in BODILESS:
            return LengthBody(0)
        if head.chunked:
            return ChunkedBody()
        return OpenBody() if head.length is None else LengthBody(head.length)

    def _take_body(self, call: Call, body: Body, data: bytes) -> None:
        try:
            piece = body.feed(data) if data else b""
        except BodyError as error:
            self._fail(ResponseBroken(f"the answer's body is malformed: {error}"))
            return
        if piece:
            call.sink.response_data(piece)
        if body.done and self._call is call:
            self._finish(call)

    # --- the end of a call ---

    def _finish(self, call: Call) -> None:
        head, body = self._head, self._body
        clean = head is not None and head.keep_alive and body is not None and not body.rest
        self._release(clean=clean and type(body) is not OpenBody and not self._is_uploading)
        call.is_over = True
        call.sink.response_ended()

    def _release(self, *, clean: bool) -> None:
        self._call = self._head = self._body = None
        self._is_uploading = self._got_bytes = False
        self._is_reused = True
        if self.is_lost:
            return
        if self._is_paused:
            self.resume()
        if clean:
            self._pool.release(self)
        else:
            self.is_lost = True
            self.transport.close()

    def _fail(self, error: ResponseBroken | CallTimeout) -> None:
        call = self._call
        self._call = self._head = self._body = None
        self.transport.abort()
        if call is not None and not call.is_over:
            call.is_over = True
            call.sink.response_failed(error)

    def _may_resend(self, call: Call) -> bool:
        """A kept connection that the peer closed while it lay idle took nothing of the call: try once on a new one."""
        return self._is_reused and not call.is_retried and call.uploader is None
