"""A client that takes nothing: it alone waits, as long as what comes is kept anyway; else the provider does."""

from typing import Any, cast

import pytest

from gossamer.cache.question import Question
from gossamer.cache.rules import Terms
from gossamer.delivery.caching import Caching
from gossamer.delivery.flight import Flight
from gossamer.delivery.passenger import Passenger
from tests.unit.cache.asking import exchange

HEAD = b"content-type: text/event-stream\r\n"
EVENT = b'data: {"choices":[]}\n\n'
CHUNK = b"%x;of=content\r\n%b\r\n" % (len(EVENT), EVENT)


class Client:
    """Notes what it is sent."""

    owner: Any = None
    body = b""
    arrived_ns = 0
    peer = "somebody"

    def __init__(self, head: object) -> None:
        self.head = head
        self.sent: list[bytes] = []

    def start(self, status: int, headers: bytes, length: int | None = None) -> None:
        self.sent.append(b"head")

    def write(self, data: bytes) -> None:
        self.sent.append(data)

    def chunk_writer(self) -> Any:
        return self.sent.append


class Provider:
    """Who delivers: notes whether it is to wait."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def client_slow(self) -> None:
        self.heard.append("slow")

    def client_ready(self) -> None:
        self.heard.append("ready")

    def client_gone(self) -> None:
        self.heard.append("gone")


@pytest.fixture
def aboard(request: pytest.FixtureRequest) -> tuple[Flight, Passenger, Client, Provider]:
    made = exchange(b'{"stream":true}')
    client, provider = Client(made.request.head), Provider()
    made.request = cast("Any", client)
    terms = Terms(True, 1.0, 1.0, None, True, getattr(request, "param", 10_000), "user")
    question = Question(b"k" * 32, True, "chat", b"k" * 32 + b"s")

    class Kept:
        landed = over = keep = staticmethod(lambda *_: None)
        owner_of = staticmethod(Caching.owner_of)
        told = staticmethod(lambda target, line: target)

    flight = Flight(cast("Any", Kept()), question, terms, made)
    passenger = Passenger(made, question, flight)
    flight.lead(passenger)
    flight.owner = provider
    flight.start(200, HEAD)
    return flight, passenger, client, provider


Aboard = tuple[Flight, Passenger, Client, Provider]


def test_a_slow_client_is_sent_nothing_until_it_is_ready_and_then_all_of_it(aboard: Aboard):
    flight, passenger, client, provider = aboard
    passenger.client_slow()
    flight.write(EVENT)
    flight.write(EVENT)
    assert client.sent == [b"head"]
    passenger.client_ready()
    assert client.sent == [b"head", EVENT, EVENT]
    assert provider.heard == [], "what is kept anyway need not wait"


@pytest.mark.parametrize("aboard", [len(EVENT)], indirect=True)
def test_what_is_too_large_to_be_kept_waits_at_the_provider(aboard: Aboard):
    flight, passenger, client, provider = aboard
    flight.write(EVENT)
    passenger.client_slow()
    flight.write(EVENT)
    assert provider.heard == ["slow"]
    assert client.sent == [b"head", EVENT, EVENT], "nothing holds it any longer"
    passenger.client_ready()
    assert provider.heard == ["slow", "ready"]


@pytest.fixture
def alone() -> tuple[Flight, Client, Provider]:
    """A flight that nobody else has boarded."""
    made = exchange(b'{"stream":true}')
    client, provider = Client(made.request.head), Provider()
    made.request = cast("Any", client)
    question = Question(b"k" * 32, True, "chat", b"k" * 32 + b"s")

    class Kept:
        landed = over = keep = staticmethod(lambda *_: None)
        owner_of = staticmethod(Caching.owner_of)
        told = staticmethod(lambda target, line: target)

    flight = Flight(cast("Any", Kept()), question, Terms(True, 1.0, 1.0, None, True, 10_000, "user"), made)
    flight.take_off()
    flight.owner = provider
    return flight, client, provider


Alone = tuple[Flight, Client, Provider]


def test_one_that_is_alone_is_sent_what_comes_and_when_it_is_slow_nothing_until_it_is_ready(alone: Alone):
    flight, client, provider = alone
    flight.start(200, HEAD)
    flight.write(EVENT)
    assert client.sent == [b"head", EVENT]
    client.owner.client_slow()
    flight.write(EVENT)
    assert client.sent == [b"head", EVENT]
    client.owner.client_ready()
    assert client.sent == [b"head", EVENT, EVENT], "and nothing twice"
    assert provider.heard == []


def test_when_it_leaves_the_provider_hears_of_it_and_no_circle_is_left(alone: Alone):
    flight, client, provider = alone
    assert flight.exchange.request is flight
    client.owner.client_gone()
    assert provider.heard == ["gone"]
    assert flight.exchange.request is cast("Any", client)
    assert not flight.is_open


def test_a_chunk_of_content_goes_to_one_that_is_alone_as_it_came_and_is_kept_without_its_framing(alone: Alone):
    flight, client, _ = alone
    flight.start(200, HEAD)
    write_chunk = flight.chunk_writer()
    write_chunk(CHUNK)
    assert client.sent == [b"head", CHUNK]
    assert list(flight.pieces) == [(EVENT, EVENT)]


def test_a_chunk_of_content_finds_passengers_too(alone: Alone):
    flight, client, _ = alone
    flight.start(200, HEAD)
    write_chunk = flight.chunk_writer()
    client.owner.client_slow()  # so it is a passenger now
    write_chunk(CHUNK)
    assert client.sent == [b"head"]
    client.owner.client_ready()
    assert client.sent == [b"head", EVENT]


def test_a_chunk_that_makes_the_client_slow_is_not_sent_again(alone: Alone, monkeypatch: pytest.MonkeyPatch):
    """A transport says in the middle of a write that it is full."""
    flight, client, _ = alone

    def write(chunk: bytes) -> None:
        client.sent.append(chunk)
        client.owner.client_slow()

    monkeypatch.setattr(client, "chunk_writer", lambda: write)
    flight.start(200, HEAD)
    flight.chunk_writer()(CHUNK)
    client.owner.client_ready()
    assert client.sent == [b"head", CHUNK]


def test_chunks_of_content_are_counted_until_they_are_too_many_to_be_kept(alone: Alone):
    flight, client, provider = alone
    flight.start(200, HEAD)
    write_chunk = flight.chunk_writer()
    many = 10_000 // len(EVENT) + 1
    for _ in range(many):
        write_chunk(CHUNK)
    assert list(flight.pieces) == []
    assert flight._came == [], "nor does it take memory"
    write_chunk(CHUNK)
    assert len(client.sent) == 1 + many + 1, "it goes on all the same"
    client.owner.client_slow()
    assert provider.heard == ["slow"], "nothing is kept that could wait for it"


def test_a_client_without_chunks_is_sent_content_without_their_framing(alone: Alone, monkeypatch: pytest.MonkeyPatch):
    flight, client, _ = alone
    monkeypatch.setattr(client, "chunk_writer", lambda: None)
    flight.start(200, HEAD)
    flight.chunk_writer()(CHUNK)
    assert client.sent == [b"head", EVENT]
