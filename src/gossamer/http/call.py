"""One request of ours on its way to an origin: what is sent, who hears of the answer, how long it may take."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

import msgspec

from gossamer.http.errors import CallFailed
from gossamer.http.heads import ResponseHead
from gossamer.http.limits import CallTimeouts

if TYPE_CHECKING:
    from gossamer.http.client import ClientConnection
    from gossamer.http.pool import Pool


class ResponseSink(Protocol):
    """Hears of an answer, in the turn in which its bytes come. `response_failed` is the last call, at any point."""

    def request_waited(self) -> None:
        """All connections that there may be were taken; the wait for one is over only now. Comes first, if at all."""

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


class Call(msgspec.Struct, eq=False):
    """`data` is the head with its framing, and a small body; a large one is `more`, or an `uploader` feeds it.

    A Struct, since it is made for every request with many defaults, and few of them are ever set.
    """

    data: bytes
    sink: ResponseSink
    timeouts: CallTimeouts
    more: bytes = b""
    uploader: Uploader | None = None
    connection: "ClientConnection | None" = None
    is_plain: bool = True
    """Neither an upload nor a HEAD: nothing but a whole answer is awaited."""
    is_over: bool = False
    """The sink has heard all that it will hear."""
    tap: Callable[[bytes, int], bool] | None = None
    """A sink may set it when an answer has started: it is shown each piece that is one whole chunk on the wire, with
    its framing, and where its data begins. What it takes, the sink does not hear of. For streams, where each step on
    the way costs with every chunk."""
    is_chunked_upload: bool = False
    is_head: bool = False
    """The answer has no body, whatever its head says."""
    is_retried: bool = False
    waits_for_place: bool = False
    """Its pool may open no more connections: it waits until one comes free."""
    started_at: float = 0.0
    """By the clock of the pool's sweep, which sets it: as exact as deadlines are, and free for a call that is quick."""
    pool: "Pool | None" = None

    def fed_by(self, uploader: Uploader, *, is_chunked: bool) -> "Call":
        """The same call, its body to come from an uploader."""
        self.uploader = uploader
        self.is_chunked_upload = is_chunked
        self.is_plain = False
        return self

    def without_body(self) -> "Call":
        """The same call, asked by HEAD."""
        self.is_head = True
        self.is_plain = False
        return self

    def cancel(self) -> None:
        """Nobody wants the answer: close what carries it, at once. The sink hears no more."""
        if self.is_over:
            return
        self.is_over = True
        if self.connection is not None:
            self.connection.cut()
        elif self.pool is not None:
            self.pool.leave_queue(self)

    def pause(self) -> None:
        """Read no more of the answer until `resume`."""
        if self.connection is not None and not self.is_over:
            self.connection.pause()

    def resume(self) -> None:
        if self.connection is not None and not self.is_over:
            self.connection.resume()

    def write(self, data: bytes) -> None:
        """The next piece of the upload."""
        if self.connection is not None and data and not self.is_over:
            self.connection.transport.write(b"%x\r\n%b\r\n" % (len(data), data) if self.is_chunked_upload else data)

    def end_upload(self) -> None:
        if self.connection is not None and not self.is_over:
            if self.is_chunked_upload:
                self.connection.transport.write(b"0\r\n\r\n")
            self.connection.upload_ended()
