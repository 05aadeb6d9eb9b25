"""Who is aboard a flight: the one whose call it is, and those who asked the same meanwhile.

the leader's client leaves     the call goes on for the others; nobody aboard: it is cut
the leader is refused here     nobody was asked: the next one leads
the call fails                 they get its error, or make calls of their own (`cache.failures`)

Most calls are shared by nobody. While its first caller is alone (`client` is set), a flight has no passengers: what
comes goes to that client, what the client does is heard here. It becomes a passenger when somebody boards, or when its
client is slow.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Final, Literal

from gossamer.cache.entry import Entry
from gossamer.core.clock import wall_time
from gossamer.core.exchange import Exchange
from gossamer.core.record import CacheTier, CacheUse
from gossamer.delivery.passenger import Passenger
from gossamer.delivery.reply import note_defect
from gossamer.delivery.session import session_name_of
from gossamer.dialects.ask import ask_for_usage
from gossamer.http.request import Request

if TYPE_CHECKING:
    from gossamer.cache.over_redis import Look
    from gossamer.cache.question import Question
    from gossamer.cache.rules import Terms
    from gossamer.delivery.caching import Caching

Ending = Literal["whole", "broken", "aborted"]

MISS_LINE: Final = "x-gossamer-cache: miss\r\n"
_MISS: Final = CacheUse("miss")


class Party(Request):
    """`terms` are those of whoever came first; they follow from the key, up to how long it is kept.

    What is asked of every flight is set when it is made; class attributes are the defaults of the rest.
    """

    client: Request | None = None
    """Of the first caller, while it is alone."""
    exchange: Exchange
    """Whose call it is."""
    leader: Passenger | None = None
    """The same, as one of several."""
    status = 0
    pieces: Sequence[tuple[bytes, bytes]] = ()
    """Of a stream: as it came, and without the usage that only some asked for."""
    ending: Ending | None = None
    error: str | None = None
    """What a stream that has ended said went wrong."""
    look: "Look | None"
    """In Redis, while nobody leads yet."""
    lease: bytes | None
    """Of the right to ask, where Redis gives it."""
    is_complete = True
    _card: Entry | None = None
    _connection = None
    _hides_usage = False
    """Whether the first caller did not ask for it."""
    _intake = None
    _is_kept = True
    _is_over = False
    _streams = False

    def __init__(self, caching: "Caching", question: "Question", terms: "Terms", exchange: Exchange) -> None:
        asked = exchange.request
        self.head = asked.head
        self.body = asked.body
        self.peer = asked.peer
        self.question = question
        self.terms = terms
        self.aboard: list[Passenger] = []
        self.made_at = wall_time()
        self.exchange = exchange
        self.look = self.lease = None
        self._caching = caching

    @property
    def card(self) -> Entry:
        """What is known of the answer so far."""
        card = self._card
        if card is None:
            card = self._card = self._entry(b"", b"", is_stream=False)
        return card

    @card.setter
    def card(self, card: Entry) -> None:
        self._card = card

    # --- the first caller, alone ---

    def take_off(self) -> None:
        exchange = self.exchange
        self.client = client = exchange.request
        self.owner = client.owner
        self._hides_usage = exchange.hides_usage
        client.owner = exchange.request = self
        self._note_miss(exchange)

    def client_gone(self) -> None:
        owner, exchange = self.owner, self.exchange
        self.owner = None
        self._caching.landed(self)
        self._caching.over(self)
        if owner is not None:
            owner.client_gone()
        self._set_down(exchange)

    def client_slow(self) -> None:
        self._muster().client_slow()

    def client_ready(self) -> None:
        """Whoever was slow is a passenger."""

    def _muster(self) -> Passenger:
        """From here on the first is one of several."""
        client = self.client
        assert client is not None
        self.client = None
        self.leader = passenger = Passenger(self.exchange, self.question, self, client)
        passenger.before = self.owner
        passenger.has_had(len(self.pieces), hides_usage=self._hides_usage, is_begun=self.status != 0)
        self.aboard.append(passenger)
        client.owner = passenger
        return passenger

    def _set_down(self, exchange: Exchange) -> None:
        """Undo the circle in which it and its first caller held each other."""
        client, self.client = self.client, None
        if client is not None:
            exchange.request = client

    # --- who is aboard ---

    def lead(self, passenger: Passenger) -> None:
        """Its call is that of this one."""
        self.exchange = exchange = passenger.exchange
        self.leader = passenger
        if passenger not in self.aboard:
            self.aboard.append(passenger)
        self.peer = passenger.request.peer
        self.owner = passenger.before
        passenger.ride(self)
        self._note_miss(exchange)

    def _note_miss(self, exchange: Exchange) -> None:
        exchange.cached = _MISS
        exchange.cache_line = MISS_LINE
        assert exchange.target is not None
        exchange.target = self._caching.told(exchange.target, MISS_LINE)
        if exchange.hides_usage and exchange.caller.endpoint.asks_usage:
            exchange.body = ask_for_usage(exchange.body)  # another may want to be told
            exchange.compact = None
            exchange.hides_usage = False

    def boarded(self, passenger: Passenger) -> None:
        """It waits, or gets what has come so far."""
        if self.client is not None:
            self._muster()
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
            self._is_kept = False  # who is being looked at asks alone
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

    @property
    def is_open(self) -> bool:
        return self.client is not None or bool(self.aboard)

    # --- a client that takes nothing ---

    def slowed(self) -> None:
        """What is kept anyway may wait for one; what is not must not pile up."""
        if not self._is_kept and self.owner is not None:
            self.owner.client_slow()

    def freed(self) -> None:
        if not self._is_kept and self.owner is not None and not any(each.is_slow for each in self.aboard):
            self.owner.client_ready()

    # --- inside ---

    def _entry(self, lines: bytes, body: bytes, *, is_stream: bool) -> Entry:
        exchange = self.exchange
        target, usage = exchange.target, exchange.usage
        assert target is not None
        return Entry(
            body,
            is_stream,
            exchange.caller.endpoint.dialect,
            lines,
            target.label,
            target.price.cost(usage) if target.price is not None and usage is not None else None,
            self.made_at,
            self._caching.owner_of(exchange),
            None,
            exchange.finish,
            "",
            session_name_of(exchange),
        )

    def _part_if_empty(self) -> None:
        if self._is_over and not self.aboard:
            self._part()

    def _part(self) -> None:
        """Undo the circle in which it and its leader held each other."""
        if self.leader is not None:
            self.leader.exchange.request = self.leader.request
            self.leader = None

    def _answer(self, followers: list[Passenger], entry: Entry, tier: CacheTier = "flight") -> None:
        def give(passenger: Passenger) -> None:
            if not passenger.answer(entry, tier):
                self._ask_alone([passenger])

        self._share(followers, give)

    def _share(self, followers: list[Passenger], give: Callable[[Passenger], None]) -> None:
        """With each of them, if it still may."""
        for passenger in followers:
            self.left(passenger)
        for passenger in followers:
            with _alone_in_it(passenger):
                asked = self._caching.look_again(passenger.exchange)
                if asked is None:
                    give(passenger)
                else:
                    passenger.wait_whether_allowed(asked, partial(give, passenger))

    def _begin(self, passenger: Passenger) -> None:
        """Its stream, as far as it has come."""
        asked = self._caching.look_again(passenger.exchange)
        if asked is None:
            passenger.begin()
        else:
            self.left(passenger)
            passenger.wait_whether_allowed(asked, partial(self._join, passenger))

    def _join(self, passenger: Passenger) -> None:
        """Later than the others: all that came is there, or it is no flight to be joined any more."""
        if self._is_kept:
            self.boarded(passenger)
        else:
            self._ask_alone([passenger])

    def _fail(self, followers: list[Passenger], status: int, lines: bytes, body: bytes) -> None:
        """It was refused, or what came is an error with a good status."""
        if self._caching.shares_failures:
            self._share(followers, lambda passenger: passenger.fail(status, lines, body))
            return
        for passenger in followers:
            self.left(passenger)
        self._ask_alone(followers)

    def _ask_alone(self, passengers: list[Passenger]) -> None:
        for passenger in passengers:
            if not passenger.exchange.is_settled:
                with _alone_in_it(passenger):
                    self._caching.ask_alone(passenger)


@contextmanager
def _alone_in_it(passenger: Passenger) -> Iterator[None]:
    """A defect that one of them meets ends that one's request, and is kept from the others."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - it is logged
        passenger.lost(note_defect(passenger.exchange, error))
