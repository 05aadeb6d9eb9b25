"""Why an answer ended stands in its record, whichever way it came."""

import gzip

import msgspec
import pytest

from tests.wire.delivery.gateway import (
    ASK,
    DONE,
    END,
    STREAM,
    STREAM_HEAD,
    Gateway,
    Origin,
    chunk,
    usage,
    whole,
    word,
)

ANSWER = b'{"id":"c1","choices":[{"index":0,"message":{"content":"Hi"},"finish_reason":"length"}]}'
LAST = b'data: {"id":"c1","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}\n\n'


@pytest.mark.parametrize("is_zipped", [False, True])
async def test_of_an_answer_that_is_whole(gateway: Gateway, origin: Origin, is_zipped: bool):
    client = await gateway.client()
    await client.ask(ASK)
    visit = await origin.visit()
    if is_zipped:
        visit.write(whole(gzip.compress(ANSWER), 200, "application/json", "content-encoding: gzip"))
    else:
        visit.write(whole(ANSWER))
    await client.answer()
    assert (await gateway.record()).finish == "length"


@pytest.mark.parametrize("pieces", [[word("a"), LAST, usage(7, 3), DONE], [word("a") + LAST + usage(7, 3) + DONE]])
async def test_of_a_stream(gateway: Gateway, origin: Origin, pieces: list[bytes]):
    client = await gateway.client()
    await client.ask(STREAM)
    visit = await origin.visit()
    visit.write(STREAM_HEAD, *map(chunk, pieces), END)
    await client.answer()
    assert (await gateway.record()).finish == "tools"


async def test_a_stream_that_broke_off_has_no_reason(gateway: Gateway, origin: Origin):
    client = await gateway.client()
    await client.ask(STREAM)
    visit = await origin.visit()
    visit.write(STREAM_HEAD, chunk(word("a")), END)
    await client.head()
    record = await gateway.record()
    assert (record.outcome, record.finish) == ("stream_broken", None)


async def test_nor_has_a_refusal(gateway: Gateway, origin: Origin):
    client = await gateway.client()
    await client.ask(ASK)
    visit = await origin.visit()
    visit.write(whole(msgspec.json.encode({"error": {"message": "no", "code": 400}}), 400))
    await client.answer()
    assert (await gateway.record()).finish is None
