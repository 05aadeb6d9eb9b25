"""Requests that are the control process's to answer, handed on whole; their answers come back as they come.

The client's address goes with them, since log-ins are slowed by address. Nothing here is metered or recorded.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from gossamer.core.errors import BodyTooLarge, GatewayError, RateLimitExceeded, Unavailable
from gossamer.dialects.errors import render_error
from gossamer.http.call import Call
from gossamer.http.connect import Connector
from gossamer.http.errors import CallFailed, HttpError, RequestRefused
from gossamer.http.heads import ResponseHead
from gossamer.http.limits import CallTimeouts, PoolLimits
from gossamer.http.origin import Origin
from gossamer.http.pool import Pool
from gossamer.http.request import Request
from gossamer.http.turn import Turn
from gossamer.policy.admission import BODY_ERRORS, MOST_CONTROL_BODY_BYTES
from gossamer.policy.headers import JSON_LINE, lines_from_control, lines_to_control
from gossamer.policy.places import Places
from gossamer.policy.site import site_of
from gossamer.worker.identity.identity import Identity
from gossamer.worker.readiness import Readiness

TIMEOUTS: Final = CallTimeouts(connect_s=2.0, first_byte_s=10.0)
"""Longer than a change of the store may take (4 s), behind a queue of log-ins too, of which each takes 50 ms of a core,
and short enough that whoever asks a process that hangs is told so."""
LIMITS: Final = PoolLimits(connections=64, waiting=256)
"""Administration is no load: more at once are an attack, and are told to come later."""
MOST_OF_ADDRESS: Final = 64
"""Requests of one address that are with the control process or wait for it: others find room beside them."""
_TOO_LARGE: Final = "The body is larger than 64 KiB. Send less."
_TOO_MANY: Final = "As many requests of your address are under way as may be at once. Wait until some have ended."


class ControlDoor:
    def __init__(self, path: Path, turn: Turn, identity: Identity) -> None:
        self._connector = Connector(Origin("http", "localhost", 80, unix_path=str(path)), connect_s=TIMEOUTS.connect_s)
        self._turn = turn
        self._identity = identity
        self._pool: Pool | None = None
        self._places = Places(MOST_OF_ADDRESS)
        self._readiness = Readiness(lambda: identity.was_told, self._ask_ready)
        self._readiness_pool: Pool | None = None
        """Apart: whoever keeps the administration busy must not make a node look ill."""

    def forward(self, request: Request) -> None:
        if self._identity.is_away:
            refuse(request, _away())
            return
        relay = Relay(request, self._send, self._places)
        request.owner = relay
        relay.begin()

    def answer_ready(self, request: Request) -> None:
        """Whether a load balancer should send requests here."""
        if self._identity.is_away:
            self._readiness.control_is_away(request)
        else:
            self._readiness.ask(request)

    def close(self) -> None:
        for pool in (self._pool, self._readiness_pool):
            if pool is not None:
                pool.close()

    def _send(self, call: Call) -> None:
        if self._pool is None:  # most workers never need one
            self._pool = Pool(self._connector, LIMITS, self._turn)
        self._pool.send(call)

    def _ask_ready(self, call: Call) -> None:
        if self._readiness_pool is None:
            self._readiness_pool = Pool(self._connector, PoolLimits(connections=1), self._turn)
        self._readiness_pool.send(call)


class Relay:
    """One request between its client and the control process: hears of the answer (a ResponseSink), of the client
    (a RequestOwner), and of a body that comes in pieces (a BodySink).

    It takes one of the few connections only once the body is whole: else whoever sends one slowly would hold it.
    """

    call: Call | None = None
    _is_started = False
    _is_refused = False

    def __init__(self, request: Request, send: Callable[[Call], None], places: Places) -> None:
        self._request = request
        self._send = send
        self._places = places
        self._address = request.peer.rpartition(":")[0] or request.peer
        self._body = bytearray()

    def begin(self) -> None:
        if (self._request.head.length or 0) > MOST_CONTROL_BODY_BYTES:
            self._refuse_body(BodyTooLarge(_TOO_LARGE))
        else:
            self._request.stream_to(self)

    # --- a body that comes in pieces ---

    def body_data(self, data: bytes) -> None:
        self._body += data
        if len(self._body) > MOST_CONTROL_BODY_BYTES:
            self._refuse_body(BodyTooLarge(_TOO_LARGE))

    def body_ended(self) -> None:
        if self._is_refused:
            return
        if not self._places.take(site_of(self._address)):
            refuse(self._request, RateLimitExceeded(_TOO_MANY, retry_after_s=1))
            return
        self.call = call = self._call()
        self._send(call)

    def body_failed(self, error: HttpError) -> None:
        if isinstance(error, RequestRefused):
            self._refuse_body(BODY_ERRORS[error.status](error.reason))

    def _refuse_body(self, error: GatewayError) -> None:
        if not self._is_refused:
            self._is_refused = True
            refuse(self._request, error)

    def _call(self) -> Call:
        head = self._request.head
        lines = b"%b %b HTTP/1.1\r\n%b" % (head.method, head.target, lines_to_control(head.headers, self._address))
        if self._body or head.length is not None or head.chunked:
            lines += b"content-length: %d\r\n" % len(self._body)
        call = Call(b"%b\r\n%b" % (lines, bytes(self._body)), self, TIMEOUTS)
        return call.without_body() if head.method == b"HEAD" else call

    # --- what the control process answers ---

    def request_waited(self) -> None:
        """Nothing here is metered."""

    def response_complete(self, head: ResponseHead, body: bytes) -> None:
        self._end()
        self._request.reply(head.status, lines_from_control(head.headers), body)

    def response_started(self, head: ResponseHead) -> None:
        self._is_started = True
        self._request.start(head.status, lines_from_control(head.headers), head.length)

    def response_data(self, data: bytes) -> None:
        self._request.write(data)

    def response_ended(self) -> None:
        self._end()
        self._request.end()

    def response_failed(self, error: CallFailed) -> None:  # noqa: ARG002 - it is a process of ours: there is one cure
        self._end()
        if self._is_started:
            self._request.break_off()
        else:
            refuse(self._request, _away())

    # --- what the client does ---

    def client_gone(self) -> None:
        if self.call is not None:
            self.call.cancel()
            self._end()

    def client_slow(self) -> None:
        if self.call is not None:
            self.call.pause()

    def client_ready(self) -> None:
        if self.call is not None:
            self.call.resume()

    def _end(self) -> None:
        self.call = None
        self._places.give_back(site_of(self._address))


def refuse(request: Request, error: GatewayError) -> None:
    headers = JSON_LINE
    if error.retry_after_s is not None:
        headers += b"retry-after: %d\r\n" % max(1, round(error.retry_after_s))
    request.reply(error.status, headers, render_error(error, "other"))


def _away() -> Unavailable:
    return Unavailable("The control process of this gateway is away, and is started again. Try again.", retry_after_s=1)
