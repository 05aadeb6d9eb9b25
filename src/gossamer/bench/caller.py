"""One warm connection of the load process, over gossamer.http: a request out, its answer in, each arrival timed.

The time is read first thing in `data_received`, before any parsing, so the parser's cost is not the arm's.
"""

import asyncio
from collections.abc import Callable
from time import perf_counter_ns
from typing import TYPE_CHECKING, cast

from gossamer.http.call import Call
from gossamer.http.client import ClientConnection
from gossamer.http.connect import Connector
from gossamer.http.errors import CallFailed, ConnectFailed, ResponseBroken
from gossamer.http.heads import ResponseHead
from gossamer.http.limits import CallTimeouts, PoolLimits
from gossamer.http.origin import Origin
from gossamer.http.turn import Turn

if TYPE_CHECKING:
    from gossamer.http.pool import Pool

TIMEOUTS = CallTimeouts()
"""Not kept by anybody here: a block has a bound of its own."""


class Line(ClientConnection):
    """A connection that notes when bytes come."""

    __slots__ = ("reads", "seen_ns")

    def __init__(self, keeper: "Keeper") -> None:
        super().__init__(cast("Pool", keeper))
        self.seen_ns = 0
        self.reads = 0

    def data_received(self, data: bytes) -> None:
        self.seen_ns = perf_counter_ns()
        self.reads += 1
        ClientConnection.data_received(self, data)


class Keeper:
    """What a connection expects of its pool, for connections that belong to one caller each."""

    def __init__(self, origin: Origin) -> None:
        self.turn = Turn(asyncio.get_running_loop())
        self.limits = PoolLimits()
        self._connector = Connector(origin)

    async def open(self) -> Line:
        """Raises ConnectFailed."""
        _, line = await self._connector.open(lambda: Line(self))
        return line

    def release(self, line: ClientConnection) -> None:
        """It stays with its caller."""

    def forget(self, line: ClientConnection) -> None:
        """Its caller will see that it is lost."""

    def resend(self, call: Call) -> None:
        """A load generator repeats nothing behind its own back."""
        call.is_over = True
        call.sink.response_failed(ResponseBroken("the connection was closed before any answer"))


class Caller:
    """`on_answer(caller)` is called for each whole answer, `on_failure(caller, reason)` when there will be none."""

    __slots__ = (
        "_keeper",
        "_opening",
        "done_ns",
        "due_ns",
        "first_ns",
        "head",
        "line",
        "number",
        "on_answer",
        "on_failure",
        "pieces",
        "refused",
        "sent_ns",
    )

    def __init__(self, keeper: Keeper) -> None:
        # for the life of the caller
        self._keeper = keeper
        self._opening: asyncio.Task[None] | None = None
        self.line: Line | None = None
        self.on_answer: Callable[[Caller], None] = ignore
        self.on_failure: Callable[[Caller, str], None] = ignore
        self.refused = 0
        # of one request
        self.number = 0
        self.due_ns = self.sent_ns = self.first_ns = self.done_ns = 0
        self.head: ResponseHead | None = None
        self.pieces: list[tuple[int, bytes]] = []

    @property
    def is_open(self) -> bool:
        return self.line is not None and not self.line.is_lost

    async def warm(self) -> None:
        """Open a connection where there is none. Raises ConnectFailed."""
        if not self.is_open:
            self.line = await self._keeper.open()

    def send(self, request: bytes) -> None:
        """One write; the clock starts before it. A connection that was closed is opened anew, and that time counts."""
        self.sent_ns = perf_counter_ns()
        line = self.line
        if line is None or line.is_lost:
            self._opening = asyncio.get_running_loop().create_task(self._open_and_send(request))
            return
        line.send(Call(request, self, TIMEOUTS))

    async def _open_and_send(self, request: bytes) -> None:
        try:
            self.line = await self._keeper.open()
        except ConnectFailed as error:
            self.refused += 1
            self.on_failure(self, f"takes no connection: {error}")
            return
        self.line.send(Call(request, self, TIMEOUTS))

    def close(self) -> None:
        """End whatever is under way."""
        if self._opening is not None:
            self._opening.cancel()
        if self.line is not None and not self.line.is_lost:
            self.line.cut()

    # --- what the connection tells ---

    def request_waited(self) -> None:
        """Each caller has a connection of its own."""

    def response_complete(self, head: ResponseHead, body: bytes) -> None:
        assert self.line is not None
        seen_ns = self.line.seen_ns
        self.head = head
        self.pieces = [(seen_ns, body)]
        self.first_ns = self.done_ns = seen_ns
        self.on_answer(self)

    def response_started(self, head: ResponseHead) -> None:
        assert self.line is not None
        self.head = head
        self.pieces = []
        self.first_ns = self.line.seen_ns

    def response_data(self, data: bytes) -> None:
        assert self.line is not None
        self.pieces.append((self.line.seen_ns, data))

    def response_ended(self) -> None:
        assert self.line is not None
        self.done_ns = self.line.seen_ns
        self.on_answer(self)

    def response_failed(self, error: CallFailed) -> None:
        self.on_failure(self, str(error))


def ignore(*_: object) -> None:
    """Nobody waits: a connection that closes between blocks is replaced before the next."""
