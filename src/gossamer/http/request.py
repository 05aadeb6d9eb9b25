"""One request as the server end hands it over, and the ways to answer it.

What is written after the client left goes nowhere and is no error: who must know sets `owner`.
"""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Protocol

from gossamer.http.errors import body_too_large
from gossamer.http.heads import RequestHead
from gossamer.http.intake import BodySink, Intake
from gossamer.http.lengths import LAST_LINES
from gossamer.http.limits import JOIN_BYTES
from gossamer.http.statuses import BODILESS, STATUS_LINES

if TYPE_CHECKING:
    from gossamer.http.connection import ServerConnection

CLOSE = b"connection: close\r\n"


class RequestOwner(Protocol):
    """Who answers a request, and wants to know how its client fares."""

    def client_gone(self) -> None: ...

    def client_slow(self) -> None: ...

    def client_ready(self) -> None: ...


class Request:
    """`body` holds what has come of the body, all of it once `is_complete`."""

    owner: RequestOwner | None = None
    _is_chunked = False

    def __init__(
        self,
        connection: "ServerConnection | None",
        head: RequestHead,
        body: bytes,
        intake: Intake | None,
        arrived_ns: int,
    ) -> None:
        self._connection = connection
        self.head = head
        self.body = body
        self._intake = intake
        self.is_complete = intake is None
        self.arrived_ns = arrived_ns
        self.peer = connection.peer if connection is not None else ""
        """Where it came from; also of one that has left."""

    # --- reading ---

    @property
    def is_open(self) -> bool:
        """Whether anybody is there to answer."""
        return self._connection is not None

    def whole(self, limit_bytes: int) -> Awaitable[bytes]:
        """The rest of the body. Raises RequestRefused (413, 408, 400) or PeerGone."""
        length = self.head.length
        if length is not None and length > limit_bytes:
            raise body_too_large(limit_bytes)
        assert self._intake is not None
        self._invite()
        return self._intake.whole(limit_bytes)

    def beginning(self) -> Awaitable[bytes]:
        """Some of the body, without taking it: what has come once there is a bit, or all of a short one."""
        assert self._intake is not None
        self._invite()
        return self._intake.beginning()

    def replace_beginning(self, old: bytes, new: bytes) -> None:
        """Hand on `new` for what `beginning` gave; more may have come behind it since."""
        if self._intake is None:
            self.body = new + self.body[len(old) :]
        else:
            self._intake.replace_beginning(old, new)

    def stream_to(self, sink: BodySink) -> None:
        """Hand the body on piece by piece, what has come already first."""
        if self._intake is None:
            sink.body_data(self.body)
            sink.body_ended()
            return
        self._invite()
        self._intake.stream_to(sink)

    def pause(self) -> None:
        """Read no more of the body until `resume`."""
        if self._connection is not None:
            self._connection.pause_body()

    def resume(self) -> None:
        if self._connection is not None:
            self._connection.resume_body()

    def _invite(self) -> None:
        if self.head.expects_continue and self._connection is not None:
            self._connection.invite_body()

    def body_finished(self, body: bytes) -> None:
        """The intake has it all."""
        self.body = body
        self.is_complete = True

    # --- answering ---

    def reply(self, status: int, headers: bytes, body: bytes) -> None:
        """The whole answer in one write. `headers` is a rendered block of lines."""
        connection = self._connection
        if connection is None:
            return
        length = len(body)
        if length > JOIN_BYTES or status in BODILESS or self.head.method == b"HEAD":
            self._reply_apart(connection, status, headers, body)
        else:
            farewell = connection.farewell if self.is_complete else CLOSE
            connection.transport.write(b"".join((STATUS_LINES[status], headers, farewell, LAST_LINES[length], body)))
        self._connection = self.owner = None  # the owner mostly holds the request: a circle, undone here
        connection.finish()

    def _reply_apart(self, connection: "ServerConnection", status: int, headers: bytes, body: bytes) -> None:
        """An answer whose body is too large to be copied, or does not travel at all."""
        length = b"" if status in BODILESS else b"content-length: %d\r\n" % len(body)
        farewell = connection.farewell if self.is_complete else CLOSE
        head = b"%b%b%b%b\r\n" % (STATUS_LINES[status], headers, farewell, length)
        if status in BODILESS or self.head.method == b"HEAD":
            connection.transport.write(head)
        else:
            connection.transport.writelines((head, body))

    def foretell(self, data: bytes) -> None:
        """What is to be told as soon as something else is done, in this form or nearly so: for who listens."""

    def start(self, status: int, headers: bytes, length: int | None = None) -> None:
        """The head of an answer whose body follows by `write` and ends by `end`."""
        connection = self._connection
        if connection is None:
            return
        framing = b""
        if status not in BODILESS:
            if length is not None:
                framing = b"content-length: %d\r\n" % length
            elif self.head.minor:
                framing = b"transfer-encoding: chunked\r\n"
                self._is_chunked = self.head.method != b"HEAD"
            else:
                connection.close_after()
        farewell = connection.farewell if self.is_complete else CLOSE
        connection.transport.write(b"%b%b%b%b\r\n" % (STATUS_LINES[status], headers, farewell, framing))

    def write(self, data: bytes) -> None:
        connection = self._connection
        if connection is None or not data:
            return
        if self._is_chunked:
            connection.transport.write(b"%x\r\n%b\r\n" % (len(data), data))
        elif self.head.method != b"HEAD":
            connection.transport.write(data)

    def chunk_writer(self) -> Callable[[bytes], None] | None:
        """Takes whole chunks with their framing, until the owner hears that the client is gone.

        None where the answer does not go in chunks.
        """
        return self._connection.transport.write if self._connection is not None and self._is_chunked else None

    def end(self) -> None:
        connection = self._connection
        if connection is None:
            return
        if self._is_chunked:
            connection.transport.write(b"0\r\n\r\n")
        self.detach()
        connection.finish()

    def break_off(self) -> None:
        """Send what is written, then close without a clean end: the client must see that something is missing."""
        connection = self._connection
        if connection is not None:
            connection.close()

    def abort(self) -> None:
        """Close at once."""
        connection = self._connection
        if connection is not None:
            connection.cut()

    def detach(self) -> None:
        """The connection is through with this request, or gone."""
        self._connection = None
        self._intake = None
        self.owner = None  # it mostly holds the request: a circle that only the collector would undo
