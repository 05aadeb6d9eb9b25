"""A stream that was cut is never kept as a whole one, in whichever way it was, and by whom."""

from collections.abc import Callable

import pytest

from gossamer.core.endpoints import Wire
from tests.wire.cache.answers import piece as chat_piece
from tests.wire.conftest import eventually
from tests.wire.delivery.gateway import END, STREAM_HEAD, Client, Gateway, Origin, Visit, chunk, usage, whole
from tests.wire.delivery.voices import ASKS, CLOSING, ERROR_EVENTS, OPENING, PATHS, WHOLE, WIRES, event, piece

TO_THE_END = STREAM_HEAD.replace(b"transfer-encoding: chunked", b"connection: close")
"""Of a stream that ends with its connection."""


def said_why(wire: Wire) -> bytes:
    """All of the closing but its last word; a response says both at once, so of that a part."""
    if wire == "chat":
        return chat_piece(None, "stop") + usage(7, 3)
    if wire == "messages":
        return CLOSING["messages"].removesuffix(event("message_stop"))
    return CLOSING["responses"][:-10]


def ended_by(wire: Wire, reason: str) -> bytes:
    """A closing with another reason than a good one."""
    words = {
        "length": {"chat": "length", "messages": "max_tokens", "responses": "max_output_tokens"},
        "filtered": {"chat": "content_filter", "messages": "refusal", "responses": "content_filter"},
    }[reason]
    if wire == "responses":
        response = {"id": "resp_1", "status": "incomplete", "incomplete_details": {"reason": words[wire]}, "output": []}
        return event("response.incomplete", response=response)
    return CLOSING[wire].replace(b'"stop"', b'"%b"' % words[wire].encode()).replace(
        b'"end_turn"', b'"%b"' % words[wire].encode()
    )  # fmt: skip


def begin(visit: Visit, wire: Wire) -> None:
    visit.write(STREAM_HEAD, chunk(OPENING[wire] + piece(wire, "Hello ")))


def in_chunks(*pieces: bytes) -> Callable[[Visit], None]:
    return lambda visit: visit.write(*map(chunk, pieces), END)


def and_then(act: Callable[[Visit], None], *pieces: bytes) -> Callable[[Visit], None]:
    def cut(visit: Visit) -> None:
        visit.write(*map(chunk, pieces))
        act(visit)

    return cut


CUTS: dict[str, Callable[[Wire], Callable[[Visit], None]]] = {
    "the connection ends": lambda wire: and_then(Visit.close),
    "it is reset": lambda wire: and_then(Visit.reset),
    "the chunks end": lambda wire: in_chunks(),
    "in the middle of an event": lambda wire: in_chunks(piece(wire, "there")[:-9]),
    "before the last word": lambda wire: in_chunks(said_why(wire)),
    "before the last word, with the connection": lambda wire: and_then(Visit.close, said_why(wire)),
    "by its length": lambda wire: in_chunks(ended_by(wire, "length")),
    "filtered": lambda wire: in_chunks(ended_by(wire, "filtered")),
    "by an error": lambda wire: in_chunks(ERROR_EVENTS[wire]),
    "by an error behind which it goes on": lambda wire: in_chunks(ERROR_EVENTS[wire], CLOSING[wire]),
}


async def ask(gateway: Gateway, wire: Wire, *, stream: bool = True) -> Client:
    client = await gateway.client()
    await client.ask({**ASKS[wire], "stream": True} if stream else ASKS[wire], PATHS[wire])
    return client


async def asked_anew(gateway: Gateway, origin: Origin, wire: Wire) -> None:
    """In both forms nobody knows an answer."""
    for stream in (True, False):
        client = await ask(gateway, wire, stream=stream)
        (await origin.visit()).write(whole(b'{"error":{"message":"asked"}}', 400))
        assert (await client.answer()).status == 400


wires = pytest.mark.parametrize("wire", WIRES)


@wires
@pytest.mark.parametrize("way", CUTS)
async def test_it_is_given_to_who_gets_it_and_to_nobody_later(gateway: Gateway, origin: Origin, wire: Wire, way: str):
    leader = await ask(gateway, wire)
    visit = await origin.visit()
    follower = await ask(gateway, wire)
    begin(visit, wire)
    for client in (leader, follower):
        await client.head()
    CUTS[way](wire)(visit)
    await gateway.record(2)
    await asked_anew(gateway, origin, wire)


@wires
@pytest.mark.parametrize("closes", [b"", "why"], ids=["in the middle", "before the last word"])
async def test_nor_one_whose_end_is_that_of_its_connection(
    gateway: Gateway, origin: Origin, wire: Wire, closes: bytes | str
):
    await ask(gateway, wire)
    visit = await origin.visit()
    visit.write(TO_THE_END, OPENING[wire], piece(wire, "Hello "), said_why(wire) if closes else b"")
    visit.close()
    await gateway.record()
    await asked_anew(gateway, origin, wire)


@wires
async def test_nor_what_nobody_waited_for_to_the_end(gateway: Gateway, origin: Origin, wire: Wire):
    clients = [await ask(gateway, wire) for _ in range(2)]
    visit = await origin.visit()
    begin(visit, wire)
    for client in clients:
        await client.head()
        client.close()
    await visit.ends()
    await gateway.record(2)
    await asked_anew(gateway, origin, wire)


@wires
async def test_what_one_of_them_stayed_for_is_whole_and_kept(gateway: Gateway, origin: Origin, wire: Wire):
    leader, follower = [await ask(gateway, wire) for _ in range(2)]
    visit = await origin.visit()
    begin(visit, wire)
    for client in (leader, follower):
        await client.head()
    leader.close()
    await eventually(lambda: gateway.server.in_flight == 1)
    visit.write(chunk(piece(wire, "there")), chunk(CLOSING[wire]), END)
    told = await follower.chunked_body()
    later = await ask(gateway, wire)
    answer = await later.answer()
    assert (answer.headers[b"x-gossamer-cache"], answer.body) == (b"hit-l1", told)


@wires
@pytest.mark.parametrize("reason", ["length", "filtered"])
async def test_nor_a_whole_one_that_says_why_it_is_not(gateway: Gateway, origin: Origin, wire: Wire, reason: str):
    word = {"length": b"length", "filtered": b"content_filter"}[reason]
    body = WHOLE[wire]
    for good in (b'"finish_reason":"stop"', b'"stop_reason":"end_turn"'):
        body = body.replace(good, good.partition(b":")[0] + b':"%b"' % word)
    body = body.replace(b'"status":"completed","output"', b'"status":"incomplete","output"')
    assert body != WHOLE[wire]
    client = await ask(gateway, wire, stream=False)
    (await origin.visit()).write(whole(body))
    assert (await client.answer()).status == 200
    await asked_anew(gateway, origin, wire)
