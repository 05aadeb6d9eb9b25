"""New settings while requests are under way: who is in flight ends as it began, who comes later gets the new ones."""

import asyncio
from collections.abc import AsyncIterator

import msgspec
import pytest

from gossamer.config.settings import Settings
from tests.wire.conftest import eventually
from tests.wire.delivery.gateway import (
    ASK,
    DONE,
    END,
    STREAM,
    STREAM_HEAD,
    Gateway,
    Origin,
    chunk,
    listening,
    settings_for,
    whole,
    word,
)


@pytest.fixture(autouse=True)  # so that it is there before the gateway, and ends after it
async def successor() -> AsyncIterator[Origin]:
    """The provider that the new settings name."""
    async with listening(Origin()) as successor:
        yield successor
        await eventually(lambda: successor.open == 0)


async def test_a_stream_under_way_ends_as_it_began(gateway: Gateway, origin: Origin, successor: Origin):
    client = await gateway.client()
    await client.ask(STREAM)
    visit = await origin.visit()
    visit.write(STREAM_HEAD, chunk(word("a")))
    await client.until(word("a"))
    gateway.reload(settings_for(successor))
    visit.write(chunk(word("b")), chunk(DONE), END)
    await client.until(word("b"))
    await client.until(END)
    await visit.ends()
    assert (await gateway.record()).outcome == "completed"

    await client.ask(ASK)
    (await successor.visit()).write(whole(b'{"new":true}'))
    assert (await client.answer()).body == b'{"new":true}', "the client's connection goes on, with the new settings"
    assert (await gateway.record(2)).seq == 2


async def test_what_waits_for_its_body_keeps_the_services_that_it_came_in_with(
    gateway: Gateway, origin: Origin, successor: Origin
):
    client = await gateway.client()
    raw = msgspec.json.encode(ASK)
    await client.ask(b"", "/v1/chat/completions", f"content-length: {len(raw)}")
    await client.send(raw[:10])
    await eventually(lambda: gateway.server.in_flight == 1)
    gateway.reload(settings_for(successor))
    await client.send(raw[10:])
    visit = await origin.visit()
    visit.write(whole(b"{}"))
    assert (await client.answer()).status == 200
    await visit.ends()
    assert successor.accepted == 0


async def test_connections_that_nobody_uses_are_closed_at_once(gateway: Gateway, origin: Origin, successor: Origin):
    client = await gateway.client()
    await client.ask(ASK)
    visit = await origin.visit()
    visit.write(whole(b"{}"))
    await client.answer()
    assert origin.open == 1
    gateway.reload(settings_for(successor))
    await visit.ends()


async def test_a_key_that_is_taken_away_is_refused_on_a_kept_connection(gateway: Gateway, origin: Origin):
    client = await gateway.client()
    await client.ask(ASK)
    (await origin.visit()).write(whole(b"{}"))
    assert (await client.answer()).status == 200
    gateway.reload(msgspec.structs.replace(settings_for(origin), keys=()))
    await client.ask(ASK)
    answer = await client.answer()
    assert (answer.status, msgspec.json.decode(answer.body)["error"]["code"]) == (401, "invalid_api_key")
    gateway.reload(settings_for(origin))
    await client.ask(ASK)
    (await origin.visit()).write(whole(b"{}"))
    assert (await client.answer()).status == 200


async def test_under_load_no_reload_costs_a_request(gateway: Gateway, origin: Origin, successor: Origin):
    """Two providers by turns, each answering by its own name; what was sent to one is answered by it."""
    answering = [asyncio.ensure_future(answer_all(each, b'{"from":%d}' % each.port)) for each in (origin, successor)]
    turns: list[Settings] = [settings_for(successor), settings_for(origin)]
    is_over = False

    async def ask_without_end() -> list[bytes]:
        client, answers = await gateway.client(), []
        while not is_over:
            await client.ask(ASK)
            answer = await client.answer()
            assert answer.status == 200
            answers.append(answer.body)
        return answers

    callers = [asyncio.ensure_future(ask_without_end()) for _ in range(8)]
    for n in range(10):
        count = len(gateway.records.all)
        await eventually(lambda: len(gateway.records.all) >= count + 50)  # noqa: B023 - over before count changes
        gateway.reload(turns[n % 2])
    is_over = True
    answers = [answer for each in await asyncio.gather(*callers) for answer in each]
    for each in answering:
        each.cancel()
    assert {b'{"from":%d}' % origin.port, b'{"from":%d}' % successor.port} == set(answers)
    assert [record.seq for record in gateway.records.all] == list(range(1, len(answers) + 1))
    assert {record.outcome for record in gateway.records.all} == {"completed"}


async def answer_all(origin: Origin, body: bytes) -> None:
    while True:
        (await origin.visit()).write(whole(body))
