"""A request whose answer is kept under its key: it goes to the client, and into a drawer for whoever asks again.

the answer is whole, and a provider's good one   kept first, then the client gets the last of it
it is a refusal or an error                      nothing is kept: the next try is a first one
the client leaves before a provider is asked     the same
the client leaves later                          the call goes on: its answer is kept, paid once
the answer grows too large                       it goes on to the client, and the key says that it is lost
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import msgspec

from gossamer.cache.once.shelf import KeptAnswer
from gossamer.core.clock import wall_time
from gossamer.core.exchange import Exchange
from gossamer.core.record import CacheUse
from gossamer.delivery.answer_lines import lines_of_body
from gossamer.delivery.between import Between
from gossamer.delivery.pieces import told_in_place
from gossamer.delivery.reply import note_defect
from gossamer.delivery.session import session_of
from gossamer.dialects.tally import StreamTally
from gossamer.http.sse import split_events

if TYPE_CHECKING:
    from gossamer.delivery.ticket import Ticket

_GOOD: Final = range(200, 300)
_EVENTS: Final = b"content-type: text/event-stream"


class Keeping(Between):
    """`most_bytes`: of an answer that is kept."""

    def __init__(self, exchange: Exchange, ticket: "Ticket", most_bytes: int) -> None:
        super().__init__(exchange)
        self._exchange: Exchange | None = exchange
        self._ticket = ticket
        assert ticket.print is not None, "who has the ticket knows what for"
        self._print = ticket.print
        self._asked_at = wall_time()
        self._most_bytes = most_bytes
        self._status = 0
        self._lines = b""
        self._pieces: list[bytes] = []
        self._size_bytes = 0
        self._is_too_large = False
        self._has_left = False
        self._is_slow = False
        self._is_foretold = False

    # --- the answer ---

    def foretell(self, data: bytes) -> None:
        self._is_foretold = True
        super().foretell(data)

    def reply(self, status: int, headers: bytes, body: bytes) -> None:
        if not self._is_foretold:
            self.foretell(body)  # the record is written in this turn, and the disk takes longer
        self._note(status, headers)
        self._take(body)
        self._finish(lambda: self.client.reply(status, headers, body))

    def start(self, status: int, headers: bytes, length: int | None = None) -> None:
        self._note(status, headers)
        super().start(status, headers, length)

    def write(self, data: bytes) -> None:
        self._take(data)
        super().write(data)

    def chunk_writer(self) -> None:
        """None of them passes by."""

    def end(self) -> None:
        self._finish(self.client.end)

    def break_off(self) -> None:
        self._drop(self.client.break_off)

    def abort(self) -> None:
        self._drop(self.client.abort)

    # --- the client ---

    @property
    def is_open(self) -> bool:
        """Somebody may yet ask for it."""
        return self._exchange is not None

    def client_gone(self) -> None:
        exchange = self._exchange
        if exchange is None:
            self.owner = None
        elif not exchange.sent_ns or self._is_too_large:
            self._drop(_nothing)
            super().client_gone()
        else:
            self._has_left = True
            self._ticket.orphaned()
            cached = exchange.cached
            exchange.cached = (
                CacheUse("idempotent", left=True) if cached is None else msgspec.structs.replace(cached, left=True)
            )
            if self._is_slow:
                super().client_ready()

    def client_slow(self) -> None:
        self._is_slow = True
        super().client_slow()

    def client_ready(self) -> None:
        self._is_slow = False
        super().client_ready()

    # --- inside ---

    def _note(self, status: int, headers: bytes) -> None:
        self._status = status
        self._lines = lines_of_body(headers)

    def _take(self, data: bytes) -> None:
        if self._is_too_large or self._status not in _GOOD:
            return
        self._pieces.append(data)
        self._size_bytes += len(data)
        if self._size_bytes > self._most_bytes:
            self._is_too_large = True
            self._pieces = []
            if self._has_left and self.owner is not None:  # nobody will ever get it
                self._drop(_nothing)
                super().client_gone()

    def _finish(self, then: Callable[[], None]) -> None:
        """All of it is there; whoever gets the last of it can count on getting it again."""
        exchange, self._exchange = self._exchange, None
        self.owner = None
        if exchange is None:
            then()
            return
        try:
            answer = self._answer(exchange) if self._status in _GOOD and self._is_good(exchange) else None
        except Exception as defect:  # noqa: BLE001 - it is logged, and keeps nobody waiting
            note_defect(exchange, defect)
            answer = None
        if answer is not None:
            self._ticket.keep(answer, self._asked_at, then)
        else:
            self._ticket.release(then)  # its client may try again at once

    def _drop(self, then: Callable[[], None]) -> None:
        """There will be nothing to keep. What was too large was paid all the same."""
        exchange, self._exchange = self._exchange, None
        if exchange is None:
            then()
        elif self._is_too_large:
            self._ticket.keep(self._answer(exchange), self._asked_at, then)
        else:
            self._ticket.release(then)

    def _is_good(self, exchange: Exchange) -> bool:
        """Whatever its status, a whole answer may be an error, and a stream may end well and say that there was one."""
        if self._is_too_large:
            return True
        if not self._lines.startswith(_EVENTS):
            return told_in_place(exchange, b"".join(self._pieces)) is None
        tally = StreamTally(exchange.caller.endpoint.dialect)
        for event in split_events(b"".join(self._pieces)):
            tally.see(event)
        return tally.error is None

    def _answer(self, exchange: Exchange) -> KeptAnswer:
        target, usage, cached = exchange.target, exchange.usage, exchange.cached
        cost = cached.saved_nanos if cached is not None else None
        if target is not None and target.price is not None and usage is not None:
            cost = target.price.cost(usage)
        body = None if self._is_too_large else b"".join(self._pieces)
        label = target.label if target is not None else ""
        return KeptAnswer(self._print, self._status, self._lines, body, label, cost, wall_time(), session_of(exchange))


def _nothing() -> None:
    """Nobody waits for it."""
