"""One name for two targets of different dialects: each is asked in its own, and the client hears its own of either."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from gossamer.config.routes import RouteSettings
from gossamer.config.settings import Settings
from gossamer.config.upstreams import Spoken
from gossamer.core.endpoints import Wire
from tests.wire.conftest import eventually
from tests.wire.delivery.gateway import END, STREAM_HEAD, Gateway, Origin, chunk, whole
from tests.wire.delivery.routes import provider, settings_of
from tests.wire.delivery.voices import (
    ASKS,
    CLOSING,
    OPENING,
    PATHS,
    REFUSAL_WORDS,
    STOPS,
    WHOLE,
    Heard,
    error_in,
    hear,
    hear_stream,
    piece,
)

Origins = tuple[Origin, Origin]
CASES: list[tuple[Wire, Spoken, Spoken]] = [
    ("chat", "messages", "chat"),
    ("chat", "chat", "messages"),
    ("messages", "responses", "chat"),
    ("responses", "chat", "messages"),
    ("messages", "chat", "messages"),
]
"""The client's dialect, and those of both targets."""

cases = pytest.mark.parametrize(("client", "first", "second"), CASES)


@pytest.fixture
async def gateway(origins: Origins) -> AsyncIterator[Gateway]:
    before = asyncio.all_tasks()
    gateway = Gateway(tiered(origins, "chat", "chat"))
    await gateway.listen()
    yield gateway
    await gateway.close()
    await eventually(lambda: asyncio.all_tasks() <= before | {asyncio.current_task()})


def tiered(origins: Origins, first: Spoken, second: Spoken) -> Settings:
    """`alias`: first `a/one`, then `b/two`."""
    spoken = {
        name: msgspec.structs.replace(provider(origin.port), speaks=(wire,))
        for name, origin, wire in (("a", origins[0], first), ("b", origins[1], second))
    }
    return settings_of(spoken, RouteSettings(targets=("a/one", "b/two")))


async def asked(gateway: Gateway, origins: Origins, client: Wire, first: Spoken, second: Spoken, **more: Any):
    gateway.reload(tiered(origins, first, second))
    asking = await gateway.client()
    await asking.ask({**ASKS[client], **more}, PATHS[client])
    return asking


FAILURES = {
    "500": lambda wire: whole(REFUSAL_WORDS[wire], 500),
    "429": lambda wire: whole(REFUSAL_WORDS[wire], 429),
    "401": lambda wire: whole(REFUSAL_WORDS[wire], 401),
    "nonsense": lambda wire: whole(b"<html>", 200, "text/html"),
}


@cases
@pytest.mark.parametrize("failure", FAILURES)
async def test_the_second_target_answers_in_its_own_dialect(
    gateway: Gateway, origins: Origins, client: Wire, first: Spoken, second: Spoken, failure: str
):
    if failure == "nonsense" and client == first:
        return  # to one who speaks the same, whatever comes is the answer
    asking = await asked(gateway, origins, client, first, second)
    visit = await origins[0].visit()
    assert visit.head.startswith(b"POST %b " % PATHS[first].encode())
    visit.write(FAILURES[failure](first))
    visit = await origins[1].visit()
    assert visit.head.startswith(b"POST %b " % PATHS[second].encode())
    assert msgspec.json.decode(visit.body)["model"] == "two"
    visit.write(whole(WHOLE[second]))
    answer = await asking.answer()
    assert hear(client, answer.body) == Heard("Hello there", STOPS[client], 7, 3)
    assert (answer.headers[b"x-gossamer-target"], answer.headers[b"x-gossamer-attempts"]) == (b"b/two", b"2")
    record = await gateway.record()
    assert (record.outcome, record.target, len(record.attempts)) == ("completed", "b/two", 2)


@cases
async def test_a_stream_of_the_second_target_is_told(
    gateway: Gateway, origins: Origins, client: Wire, first: Spoken, second: Spoken
):
    asking = await asked(gateway, origins, client, first, second, stream=True)
    (await origins[0].visit()).write(whole(REFUSAL_WORDS[first], 503))
    visit = await origins[1].visit()
    said = OPENING[second] + piece(second, "Hello") + piece(second, " there") + CLOSING[second]
    visit.write(STREAM_HEAD, chunk(said), END)
    heard = hear_stream(client, (await asking.answer()).body)
    assert (heard.text, heard.stop) == ("Hello there", STOPS[client])


@cases
async def test_the_callers_own_mistake_ends_it_in_the_callers_words(
    gateway: Gateway, origins: Origins, client: Wire, first: Spoken, second: Spoken
):
    asking = await asked(gateway, origins, client, first, second)
    (await origins[0].visit()).write(whole(REFUSAL_WORDS[first], 400))
    answer = await asking.answer()
    assert (answer.status, error_in(client, answer.body)["message"]) == (400, "No such luck")
    assert origins[1].accepted == 0


async def test_who_cannot_be_told_is_passed_over(gateway: Gateway, origins: Origins):
    asking = await asked(gateway, origins, "chat", "messages", "chat", logit_bias={"1": 2})
    visit = await origins[1].visit()
    assert msgspec.json.decode(visit.body)["logit_bias"] == {"1": 2}
    visit.write(whole(WHOLE["chat"]))
    assert (await asking.answer()).body == WHOLE["chat"], "the same dialect, to the byte"
    assert origins[0].accepted == 0


async def test_where_nobody_can_be_told_it_is_a_400_that_names_the_member(gateway: Gateway, origins: Origins):
    asking = await asked(gateway, origins, "chat", "messages", "responses", logit_bias={"1": 2})
    answer = await asking.answer()
    assert (answer.status, error_in("chat", answer.body)["param"]) == (400, "logit_bias")


async def test_tokens_are_counted_where_several_targets_could(gateway: Gateway, origins: Origins):
    gateway.reload(tiered(origins, "chat", "messages"))
    asking = await gateway.client()
    await asking.ask(ASKS["messages"], "/v1/messages/count_tokens")
    answer = await asking.answer()
    assert (answer.status, answer.headers[b"x-gossamer-estimate"]) == (200, b"input_tokens")
