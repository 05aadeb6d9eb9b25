"""One request of ours on its way to an origin: what is sent, who hears of the answer, how long it may take."""

from typing import TYPE_CHECKING, Protocol

from gossamer.http.errors import CallFailed
from gossamer.http.heads import ResponseHead
from gossamer.http.limits import CallTimeouts

if TYPE_CHECKING:
    from gossamer.http.client import ClientConnection
    from gossamer.http.pool import Pool


class ResponseSink(Protocol):
    """Hears of an answer, in the turn in which its bytes come. `response_failed` is the last call, at any point."""

    def response_complete(self, head: ResponseHead, body: bytes) -> None:
        """A whole answer that came in one piece, instead of the three calls below."""

    def response_started(self, head: ResponseHead) -> None: ...

    def response_data(self, data: bytes) -> None: ...

    def response_ended(self) -> None: ...

    def response_failed(self, error: CallFailed) -> None: ...


class UploadTaker(Protocol):
    """Where the pieces of an upload go."""

    def write(self, data: bytes) -> None: ...

    def end_upload(self) -> None: ...

    def cancel(self) -> None: ...


class Uploader(Protocol):
    """Feeds the body of a call that does not hold it whole."""

    def upload_wanted(self, call: "UploadTaker") -> None:
        """The head is out: begin to `write`, and `end_upload` after the last piece."""

    def upload_slow(self) -> None: ...

    def upload_ready(self) -> None: ...


class Call:
    """`body` is the whole body, or empty where an `uploader` feeds it; `head` is complete with its framing."""

    __slots__ = (
        "_connection",
        "_pool",
        "body",
        "head",
        "is_chunked_upload",
        "is_head",
        "is_over",
        "is_retried",
        "sink",
        "started_at",
        "timeouts",
        "uploader",
    )

    def __init__(
        self,
        head: bytes,
        body: bytes,
        sink: ResponseSink,
        timeouts: CallTimeouts,
        uploader: Uploader | None = None,
    ) -> None:
        self.head = head
        self.body = body
        self.sink = sink
        self.timeouts = timeouts
        self.uploader = uploader
        self.is_chunked_upload = False
        self.is_head = False
        self.is_retried = False
        self.is_over = False
        self.started_at = 0.0
        self._connection: ClientConnection | None = None
        self._pool: Pool | None = None

    def bind(self, pool: "Pool", connection: "ClientConnection | None") -> None:
        """Where the call waits, or travels."""
        self._pool = pool
        self._connection = connection

    def cancel(self) -> None:
        """Nobody wants the answer: close what carries it, at once. The sink hears no more."""
        if self.is_over:
            return
        self.is_over = True
        if self._connection is not None:
            self._connection.cut()
        elif self._pool is not None:
            self._pool.leave_queue(self)

    def pause(self) -> None:
        """Read no more of the answer until `resume`."""
        if self._connection is not None and not self.is_over:
            self._connection.pause()

    def resume(self) -> None:
        if self._connection is not None and not self.is_over:
            self._connection.resume()

    def write(self, data: bytes) -> None:
        """The next piece of the upload."""
        if self._connection is not None and data and not self.is_over:
            self._connection.transport.write(b"%x\r\n%b\r\n" % (len(data), data) if self.is_chunked_upload else data)

    def end_upload(self) -> None:
        if self._connection is not None and not self.is_over:
            if self.is_chunked_upload:
                self._connection.transport.write(b"0\r\n\r\n")
            self._connection.upload_ended()
