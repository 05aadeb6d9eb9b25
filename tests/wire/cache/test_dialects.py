"""A hit in each dialect and both forms, whichever form had filled it and whatever its provider speaks."""

from typing import Any

import pytest
from msgspec.structs import replace

from gossamer.config.cache import CacheSettings
from gossamer.config.usage import PriceSettings
from gossamer.core.clock import wall_time
from gossamer.core.endpoints import Wire
from tests.wire.cache.conftest import Open
from tests.wire.conftest import Answer
from tests.wire.delivery.gateway import END, STREAM_HEAD, Client, Gateway, Origin, chunk, whole
from tests.wire.delivery.test_translated import speaking
from tests.wire.delivery.voices import (
    ASKS,
    CLOSING,
    OPENING,
    PATHS,
    STOPS,
    WHOLE,
    WIRES,
    Heard,
    hear,
    hear_stream,
    piece,
)

A_CENT = PriceSettings(request_nanos=10_000_000)
FORMS = pytest.mark.parametrize("fills", ["whole", "stream"])
LATER_S = 7.0


async def ask(client: Client, wire: Wire, form: str) -> None:
    body: dict[str, Any] = {**ASKS[wire], "stream": True} if form == "stream" else ASKS[wire]
    if wire == "chat" and form == "stream":
        body["stream_options"] = {"include_usage": True}
    await client.ask(body, PATHS[wire])


async def fill(client: Client, origin: Origin, wire: Wire, provider: Wire, form: str) -> bytes:
    """What the first one is told."""
    await ask(client, wire, form)
    visit = await origin.visit()
    if form == "whole":
        visit.write(whole(WHOLE[provider]))
        answer = await client.answer()
        body = answer.body
    else:
        pieces = (OPENING[provider], piece(provider, "Hello "), piece(provider, "there"), CLOSING[provider])
        visit.write(STREAM_HEAD, *(chunk(each) for each in pieces if each), END)
        answer = await client.head()
        body = await client.chunked_body()
    assert (answer.headers[b"x-gossamer-cache"], b"age" in answer.headers) == (b"miss", False)
    return body


def heard(wire: Wire, form: str, body: bytes) -> Heard:
    told = hear(wire, body) if form == "whole" else hear_stream(wire, body)
    if wire == "messages" and told.read is None:  # its first event says so, where it was not told anew
        assert b'"usage":{"input_tokens":7,"output_tokens":1}' in body
        return told._replace(read=7)
    return told


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("provider", WIRES)
@FORMS
@pytest.mark.parametrize("wants", ["whole", "stream"])
async def test_the_same_answer_in_the_words_and_the_form_that_were_asked_for(
    opened: Open, origin: Origin, wire: Wire, provider: Wire, fills: str, wants: str, monkeypatch: pytest.MonkeyPatch
):
    gateway = await opened(CacheSettings(enabled=True))
    gateway.reload(
        replace(speaking(origin, provider), cache=CacheSettings(enabled=True), prices={"local/real": A_CENT})
    )
    client = await gateway.client()
    first = await fill(client, origin, wire, provider, fills)
    monkeypatch.setattr("gossamer.delivery.replay.wall_time", lambda: wall_time() + LATER_S)
    await ask(client, wire, wants)
    again = await client.answer()
    assert heard(wire, wants, again.body) == heard(wire, fills, first) == Heard("Hello there", STOPS[wire], 7, 3)
    if wants == fills:
        assert again.body == first
    assert lines_of(again) == (
        b"hit-l1", b"7", b"local/real", b"application/json" if wants == "whole" else b"text/event-stream",
    )  # fmt: skip
    assert await charged(gateway) == [("miss", 10_000_000, None), ("l1", 0, 10_000_000)]
    assert origin.accepted == 1


def lines_of(answer: Answer) -> tuple[bytes, ...]:
    named = (answer.headers[name] for name in (b"x-gossamer-cache", b"age", b"x-gossamer-target"))
    return (*named, answer.headers[b"content-type"].partition(b";")[0])


async def charged(gateway: Gateway) -> list[tuple[str, int | None, int | None]]:
    await gateway.record(2)
    return [
        (record.cache.tier, record.cost_nanos, record.cache.saved_nanos)
        for record in gateway.records.all
        if record.cache is not None
    ]
