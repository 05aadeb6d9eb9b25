"""Streams that break: never a silent end, and no error behind an answer that was whole."""

import asyncio
from typing import Any

import msgspec
import pytest

from gossamer.core.record import Usage
from tests.wire.delivery.gateway import (
    ASK,
    DONE,
    END,
    PATIENCE_S,
    STREAM,
    STREAM_HEAD,
    Gateway,
    Origin,
    Visit,
    chunk,
    usage,
    whole,
    word,
)

DIALECTS = {
    "chat": ("/v1/chat/completions", b"data: "),
    "completions": ("/v1/completions", b"data: "),
    "responses": ("/v1/responses", b"event: error\ndata: "),
    "messages": ("/v1/messages", b"event: error\ndata: "),
}


def said(body: bytes) -> Any:
    return msgspec.json.decode(body)["error"]


def break_off(visit: Visit, way: str) -> None:
    """In the middle of an answer in chunks. A silence is broken by the gateway's own limit."""
    if way == "cut":
        visit.close()
    elif way == "reset":
        visit.reset()
    elif way == "bad chunk":
        visit.write(b"zz\r\n")


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("way", ["cut", "reset", "silence", "bad chunk"])
async def test_a_stream_that_breaks_ends_in_an_error_event_and_no_clean_end(
    gateway: Gateway, origin: Origin, dialect: str, way: str
):
    path, mark = DIALECTS[dialect]
    client = await gateway.client()
    await client.ask(STREAM, path)
    visit = await origin.visit()
    visit.write(STREAM_HEAD, chunk(word("a")), chunk(usage(7, 1) + b'data: {"half'))
    await client.until(word("a"))
    break_off(visit, way)
    rest = await client.rest()
    assert END not in rest
    assert b"half" not in rest, "an event that never was whole is not passed on"
    _, found, event = rest.rpartition(mark)
    assert found
    code = "provider_timeout" if way == "silence" else "provider_unavailable"
    if dialect == "messages":
        assert said(event.rstrip(b"\r\n"))["type"] == ("timeout_error" if way == "silence" else "api_error")
    else:
        assert said(event.rstrip(b"\r\n"))["code"] == code
    record = await gateway.record()
    assert (record.status, record.outcome, record.error) == (200, "stream_broken", code)
    assert record.usage == Usage(input=7, output=1)


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_a_stream_without_its_last_event_has_broken(gateway: Gateway, origin: Origin, dialect: str):
    path, mark = DIALECTS[dialect]
    client = await gateway.client()
    await client.ask(STREAM, path)
    (await origin.visit()).write(STREAM_HEAD, chunk(word("a")), END)
    rest = await client.rest()
    assert word("a") in rest
    assert mark in rest
    assert b"in the middle of the answer" in rest
    assert not rest.endswith(END)
    record = await gateway.record()
    assert (record.outcome, record.error) == ("stream_broken", "provider_unavailable")


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_half_an_event_before_a_clean_end_is_not_passed_on(gateway: Gateway, origin: Origin, dialect: str):
    path, mark = DIALECTS[dialect]
    client = await gateway.client()
    await client.ask(STREAM, path)
    (await origin.visit()).write(STREAM_HEAD, chunk(word("a")), chunk(b'data: {"half'), END)
    rest = await client.rest()
    assert b"half" not in rest, "the error would stand in the same line"
    assert b"\n" + mark in rest.replace(b"\r\n", b"\n")


async def test_a_last_event_without_its_empty_line_is_passed_on(gateway: Gateway, origin: Origin):
    client = await gateway.client()
    await client.ask(STREAM)
    (await origin.visit()).write(STREAM_HEAD, chunk(word("a")), chunk(b"data: [DONE]"), END)
    assert (await client.answer()).body == word("a") + b"data: [DONE]"
    record = await gateway.record()
    assert (record.outcome, record.response_bytes) == ("completed", len(word("a")) + 12)


LAST = b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/completions"])
@pytest.mark.parametrize("pieces", [[word("a"), LAST], [word("a") + LAST], [LAST, usage(7, 3)], [LAST[:-2]]])
async def test_a_stream_that_said_why_it_ends_is_whole_without_done(
    gateway: Gateway, origin: Origin, path: str, pieces: list[bytes]
):
    client = await gateway.client()
    await client.ask({**STREAM, "stream_options": {"include_usage": True}}, path)
    visit = await origin.visit()
    visit.write(STREAM_HEAD)
    for piece in pieces:
        await visit.drain()
        visit.write(chunk(piece))
    visit.write(END)
    assert (await client.answer()).body == b"".join(pieces), "and nothing is added"
    record = await gateway.record()
    assert (record.outcome, record.error) == ("completed", None)


async def test_a_stream_that_is_cut_behind_its_reason_has_broken(gateway: Gateway, origin: Origin):
    """Its usage, or another choice, may be missing."""
    client = await gateway.client()
    await client.ask(STREAM)
    visit = await origin.visit()
    visit.write(STREAM_HEAD, chunk(LAST))
    await client.until(LAST)
    visit.close()
    assert said((await client.rest()).rpartition(b"data: ")[2].rstrip(b"\r\n"))["code"] == "provider_unavailable"
    assert (await gateway.record()).outcome == "stream_broken"


@pytest.mark.parametrize(
    ("events", "number"),
    [
        ([], 0),
        (
            [b'event: response.created\ndata: {"sequence_number":0,"response":{"id":"r"}}\n\n'],
            1,
        ),
        ([b'event: response.output_text.delta\ndata: {"delta":"a","sequence_number":41}\n\n'], 42),
        ([b'data: {"type":"response.output_text.delta","delta":"a","sequence_number":41}\n\n'], 42),
        ([b'data: {"delta":"a","sequence_number":4}\n\ndata: {"delta":"b","sequence_number":5}\n\n', b": idle\n\n"], 6),
        ([b'data: {"delta":"a","sequence_number":"x"}\n\n'], 0),
    ],
)
async def test_the_error_of_a_broken_response_has_the_next_number(
    gateway: Gateway, origin: Origin, events: list[bytes], number: int
):
    client = await gateway.client()
    await client.ask(STREAM, "/v1/responses")
    visit = await origin.visit()
    visit.write(STREAM_HEAD)
    for event in events:
        visit.write(chunk(event))
        await client.until(event)
    visit.close()
    last = (await client.rest()).rpartition(b"data: ")[2].rstrip(b"\r\n")
    assert msgspec.json.decode(last)["sequence_number"] == number


async def test_an_error_that_the_provider_says_in_its_stream_goes_on_and_is_noted(gateway: Gateway, origin: Origin):
    client = await gateway.client()
    await client.ask(STREAM)
    error = b'data: {"error":{"message":"No such luck"}}\n\n'
    (await origin.visit()).write(STREAM_HEAD, chunk(word("a")), chunk(error), END)
    assert (await client.answer()).body == word("a") + error
    record = await gateway.record()
    assert (record.outcome, record.error) == ("provider_failed", "No such luck")


@pytest.mark.parametrize("way", ["cut", "reset", "silence", "bad chunk"])
async def test_what_breaks_behind_the_last_event_breaks_no_stream(gateway: Gateway, origin: Origin, way: str):
    client = await gateway.client()
    await client.ask(STREAM)
    visit = await origin.visit()
    visit.write(STREAM_HEAD, chunk(word("a")), chunk(usage(7, 3)), chunk(DONE))
    await client.until(DONE)
    break_off(visit, way)
    async with asyncio.timeout(PATIENCE_S):
        assert await client.reader.readexactly(7) == b"\r\n" + END, "a clean end, and nothing before it"
    record = await gateway.record()
    assert (record.outcome, record.error, record.usage) == ("completed", None, Usage(input=7, output=3))
    await visit.ends()
    await client.ask(ASK)
    (await origin.visit()).write(whole(b"{}"))
    assert (await client.answer()).status == 200
