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
