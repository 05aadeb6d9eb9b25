"""Requests that are the control process's to answer, handed on as they come, both ways.

The client's address goes with them, since log-ins are slowed by address. Nothing here is metered or recorded.
"""

from pathlib import Path
from typing import Final

from gossamer.core.errors import GatewayError, Unavailable
from gossamer.dialects.errors import render_error
from gossamer.http.call import Call, UploadTaker
from gossamer.http.connect import Connector
from gossamer.http.errors import CallFailed, HttpError, RequestRefused
from gossamer.http.heads import ResponseHead
from gossamer.http.limits import JOIN_BYTES, CallTimeouts, PoolLimits
from gossamer.http.origin import Origin
from gossamer.http.pool import Pool
from gossamer.http.request import Request
from gossamer.http.turn import Turn
from gossamer.policy.admission import BODY_ERRORS
from gossamer.policy.headers import JSON_LINE, lines_from_control, lines_to_control
from gossamer.worker.identity.identity import Identity
from gossamer.worker.readiness import Readiness

TIMEOUTS: Final = CallTimeouts(connect_s=2.0, first_byte_s=10.0)
"""Longer than a change of the store may take (4 s), behind a queue of log-ins too, of which each takes 50 ms of a core,
and short enough that whoever asks a process that hangs is told so."""
LIMITS: Final = PoolLimits(connections=64, waiting=256)
"""Administration is no load: more at once are an attack, and are told to come later."""


class ControlDoor:
    def __init__(self, path: Path, turn: Turn, identity: Identity) -> None:
        self._origin = Origin("http", "localhost", 80, unix_path=str(path))
        self._turn = turn
        self._identity = identity
        self._pool: Pool | None = None
        self._readiness = Readiness(lambda: identity.was_told)

    def forward(self, request: Request) -> None:
        if self._identity.is_away:
            refuse(request, _away())
            return
        relay = Relay(request)
        request.owner = relay
        head = request.head
        lines = b"%b %b HTTP/1.1\r\n%b" % (
            head.method,
            head.target,
            lines_to_control(head.headers, request.peer.rpartition(":")[0] or request.peer),
        )
        relay.call = call = _call(request, lines, relay)
        self._send(call)

    def answer_ready(self, request: Request) -> None:
        """Whether a load balancer should send requests here."""
        if self._identity.is_away:
            self._readiness.control_is_away(request)
            return
        sink = self._readiness.question(request)
        self._send(Call(b"GET /readyz HTTP/1.1\r\nhost: gossamer\r\n\r\n", sink, sink.timeouts))

    def close(self) -> None:
        if self._pool is not None:
            self._pool.close()

    def _send(self, call: Call) -> None:
        if self._pool is None:  # most workers never need one
            self._pool = Pool(Connector(self._origin, connect_s=TIMEOUTS.connect_s), LIMITS, self._turn)
        self._pool.send(call)


def _call(request: Request, lines: bytes, relay: "Relay") -> Call:
    head, body = request.head, request.body
    if not request.is_complete:
        framing = b"transfer-encoding: chunked\r\n" if head.length is None else b"content-length: %d\r\n" % head.length
        return Call(lines + framing + b"\r\n", relay, TIMEOUTS).fed_by(relay, is_chunked=head.length is None)
    if body or head.length is not None or head.chunked:
        lines += b"content-length: %d\r\n" % len(body)
    is_small = len(body) <= JOIN_BYTES
    call = Call(lines + b"\r\n" + (body if is_small else b""), relay, TIMEOUTS)
    if not is_small:
        call.more = body
    return call.without_body() if head.method == b"HEAD" else call


class Relay:
    """One request between its client and the control process: hears of the answer (a ResponseSink), of the client
    (a RequestOwner), and of the body on its way (an Uploader, a BodySink)."""

    call: Call | None = None
    _is_started = False
    _taker: UploadTaker | None = None

    def __init__(self, request: Request) -> None:
        self._request = request

    # --- what the control process answers ---

    def request_waited(self) -> None:
        """Nothing here is metered."""

    def response_complete(self, head: ResponseHead, body: bytes) -> None:
        self.call = None
        self._request.reply(head.status, lines_from_control(head.headers), body)

    def response_started(self, head: ResponseHead) -> None:
        self._is_started = True
        self._request.start(head.status, lines_from_control(head.headers), head.length)

    def response_data(self, data: bytes) -> None:
        self._request.write(data)

    def response_ended(self) -> None:
        self.call = None
        self._request.end()

    def response_failed(self, error: CallFailed) -> None:  # noqa: ARG002 - it is a process of ours: there is one cure
        self.call = None
        if self._is_started:
            self._request.break_off()
        else:
            refuse(self._request, _away())

    # --- what the client does ---

    def client_gone(self) -> None:
        self._cancel()

    def client_slow(self) -> None:
        if self.call is not None:
            self.call.pause()

    def client_ready(self) -> None:
        if self.call is not None:
            self.call.resume()

    # --- a body that comes in pieces ---

    def upload_wanted(self, call: UploadTaker) -> None:
        self._taker = call
        self._request.stream_to(self)

    def upload_slow(self) -> None:
        self._request.pause()

    def upload_ready(self) -> None:
        self._request.resume()

    def body_data(self, data: bytes) -> None:
        if self._taker is not None:
            self._taker.write(data)

    def body_ended(self) -> None:
        if self._taker is not None:
            self._taker.end_upload()

    def body_failed(self, error: HttpError) -> None:
        self._cancel()
        if isinstance(error, RequestRefused) and not self._is_started:
            refuse(self._request, BODY_ERRORS[error.status](error.reason))

    def _cancel(self) -> None:
        call, self.call = self.call, None
        if call is not None:
            call.cancel()


def refuse(request: Request, error: GatewayError) -> None:
    headers = JSON_LINE
    if error.retry_after_s is not None:
        headers += b"retry-after: %d\r\n" % max(1, round(error.retry_after_s))
    request.reply(error.status, headers, render_error(error, "other"))


def _away() -> Unavailable:
    return Unavailable("The control process of this gateway is away, and is started again. Try again.", retry_after_s=1)
