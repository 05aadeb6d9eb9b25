"""One of those who wait for a call, or get its stream: the one it is made for, and all who asked the same meanwhile.

A Later for the stage, until it is known how the request goes on; a RequestOwner, so that a client that leaves is missed
by nobody but its own record.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final

from gossamer.core.clock import now_ns
from gossamer.core.errors import GatewayError, ProviderUnavailable
from gossamer.core.exchange import Exchange
from gossamer.core.later import Heard, Later
from gossamer.core.record import CacheTier, CacheUse, Outcome
from gossamer.delivery.forward import CLIENT_CLOSED
from gossamer.delivery.replay import give_shared, leave_shared, note_hit, note_miss, retold, stock_of_shared
from gossamer.delivery.reply import note_defect, refuse
from gossamer.delivery.settle import settle
from gossamer.delivery.still_allowed import ask_whether_allowed
from gossamer.http.errors import PeerGone
from gossamer.http.request import Request, RequestOwner

if TYPE_CHECKING:
    from gossamer.cache.entry import Entry
    from gossamer.cache.question import Question
    from gossamer.delivery.party import Party

_REFUSED: Final = 400
_SERVER_ERROR: Final = 500


class Passenger(Later):
    """`hides_usage`: this client did not ask for it, whatever the one asks whose call it is."""

    _next = 0
    """The piece that comes next."""
    _is_slow = False
    _is_begun = False
    _looking: asyncio.Task[None] | None = None

    def __init__(
        self, exchange: Exchange, question: "Question", flight: "Party", request: Request | None = None
    ) -> None:
        self.exchange = exchange
        self.question = question
        self.request = request = request or exchange.request
        self.hides_usage = exchange.hides_usage
        self.before: RequestOwner | None = request.owner
        """Who heard of the client until now, and will again if the request goes its own way."""
        self._flight = flight
        self._since_ns = exchange.stamps[-1]

    # --- as a Later ---

    def when_ended(self, heard: Heard) -> None:
        """Whoever waits has taken the client's connection by now: from here on its news come here."""
        super().when_ended(heard)
        if not self.exchange.is_settled and self.exchange.request is self.request:
            self.before = self.request.owner
            self.request.owner = self
            self._flight.boarded(self)

    def ride(self, flight: "Party") -> None:
        """The call is that of this one, from here on."""
        self._flight = flight
        self.request.owner = self
        self.exchange.request = flight

    def has_had(self, pieces: int, *, hides_usage: bool, is_begun: bool) -> None:
        """Before there were any passengers."""
        self._next = pieces
        self.hides_usage = hides_usage
        self._is_begun = is_begun

    # --- what becomes of the call that it shares ---

    def answer(self, entry: "Entry", tier: CacheTier = "flight") -> bool:
        """With a whole answer; False where that cannot be told in the form that was asked for."""
        found: Entry | None = entry
        if entry.is_stream != self.question.is_stream:
            found = retold(entry, self.exchange.body) if self.question.wire is not None else None
        if found is None:
            return False
        note_hit(self.exchange, found, tier)
        body = found.told(hides_usage=self.hides_usage)
        since_ns = self._since_ns if tier == "flight" else now_ns()  # else no provider had to do with it
        give_shared(self.exchange, since_ns, 200, found.lines, body, "completed", None)
        self._gone()
        return True

    def fail(self, status: int, lines: bytes, body: bytes) -> None:
        """As the call failed."""
        if _REFUSED <= status < _SERVER_ERROR:
            self._give(status, lines, body, "completed", "provider_refused")
        else:
            self._give(status, lines, body, "provider_failed", ProviderUnavailable.code)

    def pass_on(self, status: int, lines: bytes, body: bytes) -> None:
        """An answer of a kind that is not kept, and none the worse for that."""
        self._give(status, lines, body, "completed", None)

    def _give(self, status: int, lines: bytes, body: bytes, outcome: Outcome, error: str | None) -> None:
        self.exchange.cached = CacheUse("flight")
        note_miss(self.exchange, self._flight.card)
        give_shared(self.exchange, self._since_ns, status, lines, body, outcome, error)
        self._gone()

    def fail_broken(self) -> None:
        """A stream broke off that this one was to get as a whole."""
        self.exchange.cached = CacheUse("flight")
        note_miss(self.exchange, self._flight.card)
        refuse(self.exchange, ProviderUnavailable("The provider's answer broke off in the middle. Try again."))
        self._gone()

    def lost(self, error: GatewayError) -> None:
        """By no fault of the call."""
        exchange = self.exchange
        if exchange.is_settled:
            self.request.abort()
        else:
            exchange.request = self.request
            refuse(exchange, error)
        self._gone()

    def wait_whether_allowed(self, asked: Awaitable[None], then: Callable[[], None]) -> None:
        """Its key has changed since it began to wait: `then`, or it is refused. It is not aboard meanwhile."""

        def allowed() -> None:
            if not self.exchange.is_settled:  # else its client has left
                then()

        def refused(error: Exception) -> None:
            self._flight.client_left(self)
            self.lost(error if isinstance(error, GatewayError) else note_defect(self.exchange, error))

        self._looking = ask_whether_allowed(asked, allowed, refused)

    # --- a stream ---

    def begin(self) -> None:
        """The head, and what has come so far."""
        flight, exchange = self._flight, self.exchange
        self._is_begun = True
        if self is not flight.leader:
            note_hit(exchange, flight.card, "flight")
            exchange.spent = stock_of_shared(exchange, self._since_ns)
            self.request.start(flight.status, flight.card.lines + exchange.spent[3])
            self.catch_up()

    def catch_up(self) -> None:
        """All pieces that have come, unless the client is slow; and the end, if that has come."""
        flight, place = self._flight, 1 if self.hides_usage else 0
        pieces = flight.pieces
        while self._next < len(pieces) and not self._is_slow:
            piece = pieces[self._next][place]
            self._next += 1
            self.write(piece)
        if flight.ending is not None and self._next >= len(pieces):
            flight.left(self)
            self._finish(flight.ending)

    def catch_up_at_once(self) -> None:
        """However slow the client is: nothing is kept any longer."""
        place = 1 if self.hides_usage else 0
        for piece in self._flight.pieces[self._next :]:
            self.write(piece[place])
        self._next = 0

    def write(self, piece: bytes) -> None:
        if self is not self._flight.leader:
            self.exchange.response_bytes += len(piece)
        self.request.write(piece)

    def _finish(self, ending: str) -> None:
        """The record of the one whose call it is was written before."""
        exchange, flight = self.exchange, self._flight
        if self is not flight.leader:
            exchange.cached = CacheUse("flight", flight.card.cost_nanos)
            exchange.finish = flight.card.finish
            if ending == "whole":
                outcome: Outcome = "completed" if flight.error is None else "provider_failed"
                settle(exchange, outcome, flight.status, flight.error)
            else:
                settle(exchange, "stream_broken", flight.status, "provider_unavailable")
        if ending == "whole":
            self.request.end()
        elif ending == "broken":
            self.request.break_off()
        else:
            self.request.abort()
        self._gone()

    # --- what the client's connection tells ---

    def client_gone(self) -> None:
        flight, exchange = self._flight, self.exchange
        if self is not flight.leader:
            exchange.cached = CacheUse("flight")
            if self._is_begun:
                settle(exchange, "client_gone", flight.status)
            else:
                leave_shared(exchange, self._since_ns, CLIENT_CLOSED)
        flight.client_left(self)
        self._gone()

    def client_slow(self) -> None:
        self._is_slow = True
        self._flight.slowed()

    def client_ready(self) -> None:
        self._is_slow = False
        self._flight.freed()
        self.catch_up()

    @property
    def is_slow(self) -> bool:
        return self._is_slow

    def _gone(self) -> None:
        """A task that may wait for this ends; a callback is not called any more."""
        if self.exchange.is_settled:
            self.end(PeerGone("it was answered"))
