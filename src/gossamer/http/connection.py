"""One client's connection: bytes to requests, one in flight at a time, and what becomes of the connection after each.

A client that closes its side has left: what is under way for it is given up, as nginx does (docs/adr/0006).
"""

import asyncio
import fcntl
import select
import socket
import sys
import termios
from time import monotonic
from typing import TYPE_CHECKING, cast

from gossamer.http.bodies import ChunkedBody, LengthBody
from gossamer.http.errors import PeerGone, RequestRefused
from gossamer.http.heads import RequestHead, parse_request_head, recognise
from gossamer.http.intake import Intake
from gossamer.http.request import CLOSE, Request
from gossamer.http.statuses import STATUS_LINES

if TYPE_CHECKING:
    from gossamer.http.server import Server

_PIPELINED_BYTES = 64 * 1024
"""Bytes that may wait behind the request in flight before the socket is left unread."""
_LINGER_S = 2.0
"""How long a refused client may go on sending, so that a reset does not wipe out the answer on its way."""
_PEER_CLOSED: int = getattr(select, "POLLRDHUP", 0)
"""Linux tells of a peer that closed its side; elsewhere poll tells only when both are closed."""
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_KEEP_HTTP10 = b"connection: keep-alive\r\n"


class ServerConnection(asyncio.Protocol):
    """The states: between requests, in a head, with a request in flight (its body whole or not), lingering, gone."""

    __slots__ = (
        "_closes", "_head_since", "_intake", "_is_lingering", "_is_paused", "_is_taking", "_known",
        "_pending", "_request", "_server", "_since", "_slow_since", "_turn", "_untaken_bytes",
        "farewell", "peer", "transport",
    )  # fmt: skip

    def __init__(self, server: "Server") -> None:
        # for the life of the connection
        self._server = server
        self._turn = server.turn
        self.transport: asyncio.Transport = None  # type: ignore[assignment]  # set before anything else is called
        self.peer = ""
        self._known: RequestHead | None = None  # the last head that was accepted here
        # what goes on now
        self._request: Request | None = None
        self._intake: Intake | None = None
        self._pending = bytearray()  # an unfinished head, or what came behind the request in flight
        self._closes = False  # after the answer in progress
        self._is_taking = False
        self._is_paused = False
        self._is_lingering = False
        self.farewell = b""  # the header line that says what becomes of the connection, where the default does not
        # when the present wait began; 0.0 is as late as the last sweep, and costs no look at the clock
        self._since = 0.0
        self._head_since = 0.0
        self._slow_since: float | None = None
        self._untaken_bytes = 0

    # --- what the loop tells ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        sock = transport.get_extra_info("socket")
        if sock is not None and sock.family != socket.AF_UNIX:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # asyncio forgets it on accepted sockets
        address = transport.get_extra_info("peername")
        self.peer = f"{address[0]}:{address[1]}" if isinstance(address, tuple) else "unix"
        self._since = monotonic()
        self._server.connections.add(self)

    def data_received(self, data: bytes) -> None:
        turn = self._turn
        if not turn.is_open:
            turn.begin()
        if self._request is None:
            pending = self._pending
            known = self._known
            if known is not None and len(data) == known.size and not pending and data.startswith(known.raw):
                # The same head again, its whole body with it, nothing behind: how a kept connection mostly speaks.
                self._request = request = Request(self, known, data[len(known.raw) :], None, turn.seen_ns)
                handler = self._server.handler
                handler(request)
                return
            if self._is_lingering:
                return
            if not pending:
                self._take(data)
            else:
                pending += data
                self._take(bytes(pending), len(pending) - len(data))
        elif self._intake is not None:
            self._since = monotonic()
            rest = self._intake.feed(data)
            if rest:
                self._hold_back(rest)
        else:
            self._hold_back(data)

    def eof_received(self) -> bool:
        self._leave()
        return False  # close, once what is written has gone out

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - however it ended, the client is gone
        self._leave()
        self._server.forget(self)

    def pause_writing(self) -> None:
        self._slow_since = monotonic()
        if self._request is not None and self._request.owner is not None:
            self._request.owner.client_slow()

    def resume_writing(self) -> None:
        self._slow_since = None
        if self._request is not None and self._request.owner is not None:
            self._request.owner.client_ready()

    # --- from bytes to requests ---

    def _take(self, data: bytes, scanned: int = 0) -> None:
        """Hand over the requests in `data` one after the other, until one stays in flight or a head is unfinished."""
        self._is_taking = True
        try:
            while data:
                head = self._known
                if head is None or not data.startswith(head.raw):
                    data = _skip_empty_lines(data)
                    head = self._read_head(data, scanned)
                    if head is None:
                        return
                data = self._start(head, data)
                if self._request is not None:
                    if data:
                        self._hold_back(data)
                    return
                if self._closes:
                    return
                scanned = 0
        except RequestRefused as refused:
            self._refuse(refused)
        finally:
            self._is_taking = False

    def _read_head(self, data: bytes, scanned: int) -> RequestHead | None:
        """The head that `data` begins with, or None while it is unfinished."""
        head = recognise(self._known, data) if self._known is not None else None
        if head is None:
            end = data.find(b"\r\n\r\n", max(0, scanned - 3))
            limits = self._server.limits
            if end > limits.head_bytes or (end < 0 and len(data) > limits.head_bytes):
                raise RequestRefused(431, f"The head is larger than {limits.head_bytes} bytes: send fewer headers.")
            if end < 0:
                if not self._head_since:
                    self._head_since = monotonic()
                self._pending[:] = data
                return None
            head = parse_request_head(data[: end + 4], limits.header_count)
        if head.keep_alive and head.minor and not head.chunked and not self._closes:
            self._known = head
        return head

    def _start(self, head: RequestHead, data: bytes) -> bytes:
        """Hand one request over; returns what lies behind it."""
        offset = len(head.raw)
        end = offset + (head.length or 0)
        if self._pending:
            self._pending.clear()
        self._head_since = 0.0
        if self._closes or self._server.is_draining or not head.keep_alive:
            self.close_after()
        elif not head.minor:
            self.farewell = _KEEP_HTTP10
        if not head.chunked and len(data) >= end:
            self._request = request = Request(self, head, data[offset:end], None, self._turn.seen_ns)
            rest = data[end:]
        else:
            self._since = monotonic()
            intake = self._intake = Intake(self, ChunkedBody() if head.chunked else LengthBody(end - offset))
            self._request = request = Request(self, head, b"", intake, self._turn.seen_ns)
            rest = intake.feed(data[offset:]) or b""
        self._server.handler(request)
        return rest

    def _hold_back(self, data: bytes) -> None:
        self._pending += data
        if len(self._pending) > _PIPELINED_BYTES:
            self.pause_body()

    # --- what a request asks for ---

    @property
    def is_busy(self) -> bool:
        return self._request is not None

    def close_after(self) -> None:
        """End the connection with the answer in progress."""
        self._closes = True
        self._known = None
        self.farewell = CLOSE

    def invite_body(self) -> None:
        if self._intake is not None and not self._intake.has_begun:
            self.transport.write(_CONTINUE)

    def body_finished(self, body: bytes) -> None:
        self._intake = None
        if self._request is not None:
            self._request.body_finished(body)

    def pause_body(self) -> None:
        if not self._is_paused:
            self._is_paused = True
            self.transport.pause_reading()

    def resume_body(self) -> None:
        if self._is_paused:
            self._is_paused = False
            self._since = monotonic()
            self.transport.resume_reading()

    def finish(self) -> None:
        """The answer is written: go on with the connection, or end it."""
        self._request = None
        self._since = 0.0
        if self._intake is not None:
            self._linger()
        elif self._closes:
            self.close()
        elif self._pending or self._is_paused:
            self._go_on()

    def _go_on(self) -> None:
        """With what came behind the request that was just answered."""
        if self._is_paused:
            self.resume_body()
        if self._pending and not self._is_taking:
            data = bytes(self._pending)
            self._pending.clear()
            self._take(data)

    # --- the end ---

    def close(self) -> None:
        """End once what is written has gone out."""
        self.transport.close()

    def cut(self) -> None:
        """End at once: nobody writes to a transport that is gone."""
        self._leave()
        self.transport.abort()

    def drain(self) -> None:
        """End with the answer in progress, or now if there is none."""
        self.close_after()
        if self._request is None and not self._pending:
            self.close()

    def check_deadlines(self, now: float) -> None:
        """Act on whatever has waited too long."""
        limits = self._server.limits
        self._since = self._since or now
        if (self._slow_since is not None and self._is_stuck(now)) or (self._is_paused and _has_left(self.transport)):
            self.cut()
        elif self._is_lingering:
            if now - self._since > _LINGER_S:
                self.cut()
        elif self._request is None:
            if self._head_since:
                if now - self._head_since > limits.head_timeout_s:
                    self._refuse(RequestRefused(408, "The head of the request took too long: send it at once."))
            elif now - self._since > limits.idle_timeout_s:
                self.close()
        elif self._is_body_late(now):
            intake = self._intake
            assert intake is not None
            intake.fail(RequestRefused(408, "The body of the request took too long: send it steadily."))

    def _is_stuck(self, now: float) -> bool:
        """Whether a slow client has taken nothing at all for too long. What the kernel holds is not taken."""
        untaken = self.transport.get_write_buffer_size() + _unacknowledged_bytes(self.transport)
        if untaken != self._untaken_bytes:
            self._untaken_bytes = untaken
            self._slow_since = now
        return self._slow_since is not None and now - self._slow_since > self._server.limits.write_timeout_s

    def _is_body_late(self, now: float) -> bool:
        if self._intake is None or self._is_paused or not self._intake.is_wanted:
            return False
        return now - self._since > self._server.limits.body_timeout_s

    def _refuse(self, refused: RequestRefused) -> None:
        """Answer bytes that are no request, and end."""
        headers, body = self._server.refusal(refused.status, refused.reason)
        status_line = STATUS_LINES[refused.status]
        head = b"%b%b%bcontent-length: %d\r\n\r\n" % (status_line, headers, CLOSE, len(body))
        self.transport.write(head + body)
        self._linger()

    def _linger(self) -> None:
        """Send what is written and the end of our side; what still comes is thrown away for a moment."""
        self._pending.clear()
        self._known = None
        self._is_lingering = True
        self._since = monotonic()
        if self.transport.can_write_eof():
            self.transport.write_eof()
            self.resume_body()
        else:
            self.close()

    def _leave(self) -> None:
        """The client is gone: tell who waits for it, once."""
        request, intake = self._request, self._intake
        if request is None:
            return
        owner = request.owner
        self._request = self._intake = None
        if intake is not None:
            intake.fail(PeerGone("The client closed before its request was complete."))
        if owner is not None:
            owner.client_gone()  # it may still ask the request who it was from
        request.detach()


def _skip_empty_lines(data: bytes) -> bytes:
    """RFC 9112, 2.2: empty lines before a request are passed over."""
    while data.startswith(b"\r\n"):
        data = data[2:]
    return data


def _has_left(transport: asyncio.Transport) -> bool:
    """Whether the peer of a socket that is left unread has closed its side: reading would have said so."""
    sock = transport.get_extra_info("socket")
    poll = select.poll()
    poll.register(sock.fileno(), _PEER_CLOSED)
    return bool(poll.poll(0))


def _unacknowledged_bytes(transport: asyncio.Transport) -> int:
    """What the kernel has sent, or has yet to send, and the peer's kernel has not taken."""
    sock = transport.get_extra_info("socket")
    count = bytearray(4)
    try:
        fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, count)
    except OSError:
        return 0  # this kind of socket does not tell: the transport's own buffer must do
    return int.from_bytes(count, sys.byteorder)
