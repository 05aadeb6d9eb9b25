"""One call to a provider, and all who asked the same while it was under way.

A flight stands where the request of its leader stood: what delivers the answer writes to it as to any request, and it
hands on what comes, to the leader first, to its followers piece by piece from the beginning.

    the leader's client leaves     the call goes on for the followers; nobody aboard: it is cut
    the leader is refused here     nobody was asked: the next one leads
    the call fails                 the followers get its error, or make calls of their own (`cache.failures`)
    the stream breaks              who has begun to get it gets the same end; others as above
    the answer grows too large     it goes on to those who get it, kept nowhere; who waits for the whole asks alone
"""

from typing import TYPE_CHECKING, Final, Literal

import msgspec

from gossamer.cache.entry import Entry
from gossamer.core.clock import wall_time
from gossamer.core.exchange import Exchange
from gossamer.core.record import CacheTier, CacheUse
from gossamer.delivery.passenger import Passenger
from gossamer.dialects.ask import ask_for_usage
from gossamer.dialects.tally import StreamTally
from gossamer.http.request import Request

if TYPE_CHECKING:
    from gossamer.cache.over_redis import Look
    from gossamer.cache.question import Question
    from gossamer.cache.rules import Terms
    from gossamer.delivery.caching import Caching

Ending = Literal["whole", "broken", "aborted"]

_OK: Final = 200
_REFUSED: Final = 400
_EVENTS: Final = b"content-type: text/event-stream"
_OUR_OWN: Final = b"server-timing: "
"""With this begins what the gateway says of one request; a provider's own line of the name stays behind."""
_TYPE: Final = b"content-type:"
_OF_THE_BODY: Final = (_TYPE, b"content-encoding:", b"x-gossamer-dropped:", b"x-gossamer-changed:", b"retry-after:")
_MISS: Final = "x-gossamer-cache: miss\r\n"


class Flight(Request):
    """`terms` are those of whoever came first; they follow from the key, up to how long it is kept."""

    def __init__(self, caching: "Caching", question: "Question", terms: "Terms", exchange: Exchange) -> None:
        asked = exchange.request
        super().__init__(None, asked.head, asked.body, None, asked.arrived_ns)
        self.question = question
        self.terms = terms
        self.leader: Passenger | None = None
        self.aboard: list[Passenger] = []
        self.status = 0
        self.pieces: list[tuple[bytes, bytes]] = []
        """Of a stream: as it came, and without the usage that only some asked for."""
        self.ending: Ending | None = None
        self.look: Look | None = None
        """In Redis, while nobody leads yet."""
        self.lease: bytes | None = None
        """Of the right to ask, where Redis gives it."""
        target = exchange.target
        assert target is not None
        self.card = Entry(
            b"", False, exchange.caller.endpoint.dialect, b"", target.label, None, wall_time(),
            caching.owner_of(exchange),
        )  # fmt: skip
        """What is known of the answer so far."""
        self._caching = caching
        self._tally: StreamTally | None = None
        self._size_bytes = 0
        self._peer = ""
        self._streams = False
        self._is_kept = True
        self._is_over = False

    # --- who is aboard ---

    def lead(self, passenger: Passenger) -> None:
        """Its call is that of this one."""
        exchange = passenger.exchange
        self.leader = passenger
        if passenger not in self.aboard:
            self.aboard.append(passenger)
        self._peer = passenger.request.peer
        self.owner = passenger.before
        passenger.ride(self)
        exchange.cached = CacheUse("miss")
        exchange.cache_line = _MISS
        assert exchange.target is not None
        exchange.target = msgspec.structs.replace(exchange.target, headers=exchange.target.headers + _MISS)
        if exchange.hides_usage and exchange.caller.endpoint.asks_usage:
            exchange.body = ask_for_usage(exchange.body)  # another may want to be told
            exchange.hides_usage = False

    def boarded(self, passenger: Passenger) -> None:
        """It waits, or gets what has come so far."""
        self.aboard.append(passenger)
        if self._streams and passenger.question.is_stream:
            passenger.begin()

    def left(self, passenger: Passenger) -> None:
        if passenger in self.aboard:
            self.aboard.remove(passenger)
        self._part_if_empty()

    def client_left(self, passenger: Passenger) -> None:
        self.left(passenger)
        owner, leader = self.owner, self.leader
        if not self.aboard:
            self._caching.landed(self)
            self._caching.over(self)
            if owner is not None and self.ending is None:
                owner.client_gone()
        elif passenger is leader:
            passenger.exchange.cached = CacheUse("miss", left=True)

    def lead_next(self) -> bool:
        """Whoever is still there."""
        while self.aboard:
            passenger = self.aboard[0]
            if not passenger.exchange.is_settled:
                self.leader = None
                self.lead(passenger)
                passenger.end()
                return True
            self.aboard.pop(0)
        return False

    @property
    def followers(self) -> list[Passenger]:
        return [passenger for passenger in self.aboard if passenger is not self.leader]

    def recalled(self, entry: Entry) -> None:
        """Redis had the answer."""
        self._caching.landed(self)
        self._answer(list(self.aboard), entry, "l2")

    # --- as a Request: what the delivery of the answer tells ---

    @property
    def is_open(self) -> bool:
        return bool(self.aboard)

    @property
    def peer(self) -> str:
        return self._peer

    def reply(self, status: int, headers: bytes, body: bytes) -> None:
        """What is kept is kept first: behind the leader's answer its next request may follow in the same turn."""
        leader, followers = self.leader, self.followers
        assert leader is not None
        self.owner = None
        self.left(leader)
        if status >= _REFUSED and followers and not leader.exchange.sent_ns:
            leader.request.reply(status, headers, body)
            self.lead_next()
            return
        self._caching.landed(self)
        lines = _lines_of_body(headers)
        entry = self._entry(lines, body, is_stream=False)
        if status == _OK:
            self._caching.keep(self, entry)
        self._caching.over(self)
        leader.request.reply(status, headers, body)
        if status >= _REFUSED:
            self._fail(followers, status, lines, body)
        else:
            self._answer(followers, entry)
        self._part()

    def start(self, status: int, headers: bytes, length: int | None = None) -> None:
        leader = self.leader
        assert leader is not None
        self.status = status
        lines = _lines_of_body(headers)
        self._streams = status == _OK and length is None and lines.startswith(_EVENTS)
        leader.request.start(status, headers, length)
        leader.begin()
        if not self._streams:
            self._let_go()
            return
        self.card = self._entry(lines, b"", is_stream=True)
        self._tally = StreamTally(self.card.dialect, hide_usage=True)
        for passenger in self.followers:
            if passenger.question.is_stream:
                passenger.begin()

    def write(self, data: bytes) -> None:
        if not data:
            return
        tally = self._tally
        if not self._is_kept or tally is None:
            for passenger in list(self.aboard):
                passenger.write(self._for(passenger, data))
            return
        self.pieces.append((data, tally.see(data)))
        self._size_bytes += len(data)
        for passenger in list(self.aboard):
            if self._is_passed_on(passenger):
                passenger.catch_up()
        if self._size_bytes > self.terms.max_bytes:
            self._let_go()

    def end(self) -> None:
        self._end("whole")

    def break_off(self) -> None:
        self._end("broken")

    def abort(self) -> None:
        self._end("aborted")

    # --- a client that takes nothing ---

    def slowed(self) -> None:
        """What is kept anyway may wait for one; what is not must not pile up."""
        if not self._is_kept and self.owner is not None:
            self.owner.client_slow()

    def freed(self) -> None:
        if not self._is_kept and self.owner is not None and not any(each.is_slow for each in self.aboard):
            self.owner.client_ready()

    # --- inside ---

    def _is_passed_on(self, passenger: Passenger) -> bool:
        return passenger is self.leader or passenger.question.is_stream

    def _for(self, passenger: Passenger, data: bytes) -> bytes:
        return self._tally.see(data) if self._tally is not None and passenger.hides_usage else data

    def _entry(self, lines: bytes, body: bytes, *, is_stream: bool) -> Entry:
        assert self.leader is not None
        exchange = self.leader.exchange
        target = exchange.target
        assert target is not None
        cost = target.price.cost(exchange.usage) if target.price is not None and exchange.usage is not None else None
        return msgspec.structs.replace(
            self.card, body=body, is_stream=is_stream, lines=lines, target=target.label, cost_nanos=cost,
            finish=exchange.finish,
        )  # fmt: skip

    def _let_go(self) -> None:
        """Too large to be kept, or nothing that is: those who get it get it, the others ask alone."""
        self._is_kept = False
        self._caching.landed(self)
        self._caching.over(self)
        waiting = [passenger for passenger in self.followers if not (self._streams and passenger.question.is_stream)]
        for passenger in waiting:
            self.left(passenger)
        for passenger in list(self.aboard):
            passenger.catch_up_at_once()
        self.pieces = []
        self._ask_alone(waiting)
        if any(passenger.is_slow for passenger in self.aboard):
            self.slowed()

    def _end(self, ending: Ending) -> None:
        self._caching.landed(self)
        self.owner = None
        entry = self.card = self._entry(self.card.lines, b"".join([piece for piece, _ in self.pieces]), is_stream=True)
        waiting = [passenger for passenger in self.followers if not self._is_passed_on(passenger)]
        is_good = ending == "whole" and self._is_kept and self._tally is not None and self._tally.error is None
        if is_good:
            self._caching.keep(self, entry)
        self._caching.over(self)
        self.ending = ending
        for passenger in list(self.aboard):
            if self._is_passed_on(passenger):
                passenger.catch_up()
        if is_good:
            self._answer(waiting, entry)
        elif self._caching.shares_failures:
            for passenger in waiting:
                self.left(passenger)
                passenger.fail_broken()
        else:
            for passenger in waiting:
                self.left(passenger)
            self._ask_alone(waiting)
        self._is_over = True
        self._part_if_empty()

    def _part_if_empty(self) -> None:
        if self._is_over and not self.aboard:
            self._part()

    def _part(self) -> None:
        """Undo the circle in which it and its leader held each other."""
        if self.leader is not None:
            self.leader.exchange.request = self.leader.request
            self.leader = None

    def _answer(self, followers: list[Passenger], entry: Entry, tier: CacheTier = "flight") -> None:
        for passenger in followers:
            self.left(passenger)
        self._ask_alone([passenger for passenger in followers if not passenger.answer(entry, tier)])

    def _fail(self, followers: list[Passenger], status: int, lines: bytes, body: bytes) -> None:
        for passenger in followers:
            self.left(passenger)
        if not self._caching.shares_failures:
            self._ask_alone(followers)
            return
        for passenger in followers:
            passenger.fail(status, lines, body)

    def _ask_alone(self, passengers: list[Passenger]) -> None:
        for passenger in passengers:
            if not passenger.exchange.is_settled:
                self._caching.ask_alone(passenger)


def _lines_of_body(headers: bytes) -> bytes:
    """Those that belong to the answer, and not to one request for it; the type first."""
    lines = [
        line + b"\r\n"
        for line in headers.partition(_OUR_OWN)[0].split(b"\r\n")
        if line.lower().startswith(_OF_THE_BODY)
    ]
    lines.sort(key=_is_no_type)
    return b"".join(lines)


def _is_no_type(line: bytes) -> bool:
    return not line.lower().startswith(_TYPE)
