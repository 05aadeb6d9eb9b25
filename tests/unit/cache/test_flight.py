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
