"""What a client gets of answers that the provider gave well, in every form in which they come."""

import gzip

import msgspec
import pytest

from gossamer.core.record import Usage
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

ANSWER = b'{ "id":"c1", "x_new":[1.50], "usage":{"prompt_tokens":7,"completion_tokens":3}}'
ASK_WITH_USAGE = {**STREAM, "stream_options": {"include_usage": True}}
MEGABYTE = 1024 * 1024


async def test_a_json_answer_comes_as_it_was_with_its_record(gateway: Gateway, origin: Origin):
    client = await gateway.client()
    await client.ask(ASK, "/v1/chat/completions", "x-request-id: mine-1")
    visit = await origin.visit()
    visit.write(whole(ANSWER, 200, "application/json", "x-request-id: theirs-1", "openai-version: 2"))
    answer = await client.answer()
    assert (answer.status, answer.body) == (200, ANSWER)
    assert answer.headers[b"x-request-id"] == b"mine-1"
    assert answer.headers[b"x-upstream-request-id"] == b"theirs-1"
    assert answer.headers[b"openai-version"] == b"2"
    assert answer.headers[b"x-gossamer-target"] == b"local/real"
    assert answer.headers[b"x-gossamer-attempts"] == b"1"
    record = await gateway.record()
    assert (record.status, record.outcome, record.error) == (200, "completed", None)
    assert (record.request_id, record.key, record.model, record.target) == ("mine-1", "tester", "alias", "local/real")
    assert (record.method, record.path, record.stream) == ("POST", "/v1/chat/completions", False)
    assert record.usage == Usage(input=7, output=3)
    assert (record.attempts, record.response_bytes) == ((), len(ANSWER))
    assert record.request_bytes == len(msgspec.json.encode(ASK))
    assert record.peer.startswith("127.0.0.1:")
    assert 0 < record.overhead_ns < record.total_ns
    assert 0 < record.first_byte_ns <= record.total_ns


async def test_the_provider_sees_its_own_key_its_own_model_and_no_more_of_the_caller(gateway: Gateway, origin: Origin):
    client = await gateway.client()
    await client.ask(ASK)
    visit = await origin.visit()
    assert b"authorization: Bearer sk-the-providers\r\n" in visit.head
    assert b"gsm_" not in visit.head
    assert msgspec.json.decode(visit.body) == {**ASK, "model": "real"}
    visit.write(whole(ANSWER))
    assert (await client.answer()).status == 200


async def test_connections_are_kept_on_both_sides(gateway: Gateway, origin: Origin):
    client = await gateway.client()
    for n in range(1, 4):
        await client.ask(ASK)
        (await origin.visit()).write(whole(ANSWER))
        assert (await client.answer()).body == ANSWER
        assert (await gateway.record(n)).seq == n
    assert origin.accepted == 1


async def test_pipelined_requests_are_answered_in_order(gateway: Gateway, origin: Origin):
    client = await gateway.client()
    for n in range(5):
        await client.ask({**ASK, "n": n})
    for n in range(5):
        visit = await origin.visit()
        assert msgspec.json.decode(visit.body)["n"] == n
        visit.write(whole(b'{"n":%d}' % n))
    assert [(await client.answer()).body for _ in range(5)] == [b'{"n":%d}' % n for n in range(5)]
    assert (await gateway.record(5)).seq == 5


async def test_a_json_answer_in_single_bytes_is_read_whole(gateway: Gateway, origin: Origin):
    client = await gateway.client()
    await client.ask(ASK)
    visit = await origin.visit()
    raw = whole(ANSWER)
    for at in range(len(raw)):
        visit.write(raw[at : at + 1])
        await visit.drain()
    assert (await client.answer()).body == ANSWER
    assert (await gateway.record()).usage == Usage(input=7, output=3)


async def test_a_json_answer_in_chunks_gets_a_length(gateway: Gateway, origin: Origin):
    client = await gateway.client()
    await client.ask(ASK)
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
    (await origin.visit()).write(head, chunk(ANSWER[:20]), chunk(ANSWER[20:]), END)
    answer = await client.answer()
    assert (answer.body, answer.headers[b"content-length"]) == (ANSWER, b"%d" % len(ANSWER))


async def test_the_usage_of_a_compressed_answer_is_read_and_its_bytes_go_on(gateway: Gateway, origin: Origin):
    client = await gateway.client()
    await client.ask(ASK)
    packed = gzip.compress(ANSWER)
    (await origin.visit()).write(whole(packed, 200, "application/json", "content-encoding: gzip"))
    answer = await client.answer()
    assert (answer.body, answer.headers[b"content-encoding"]) == (packed, b"gzip")
    assert (await gateway.record()).usage == Usage(input=7, output=3)


@pytest.mark.parametrize("framing", ["length", "chunks"])
async def test_a_large_json_answer_goes_on_as_it_comes_and_its_usage_is_read_at_the_end(
    gateway: Gateway, origin: Origin, framing: str
):
    client = await gateway.client()
    await client.ask(ASK)
    visit = await origin.visit()
    body = b'{"text":"%b","usage":{"prompt_tokens":70,"completion_tokens":30}}' % (b"x" * 2 * MEGABYTE)
    raw = whole(body)
    if framing == "chunks":
        head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
        raw = head + b"".join(chunk(body[at : at + 60_000]) for at in range(0, len(body), 60_000)) + END
    half = len(raw) * 2 // 3
    visit.write(raw[:half])
    received = await client.until(b"\r\n\r\n")
    assert received.startswith(b"HTTP/1.1 200 OK\r\n"), "it has begun before the provider is through"
    visit.write(raw[half:])
    if framing == "length":
        assert await client.reader.readexactly(len(body)) == body
    else:
        assert await client.chunked_body() == body
    record = await gateway.record()
    assert (record.usage, record.response_bytes) == (Usage(input=70, output=30), len(body))


@pytest.mark.parametrize("cut_at", [-1, 30, 200], ids=["one piece", "in an event", "in another"])
async def test_a_stream_comes_event_by_event_to_the_byte(gateway: Gateway, origin: Origin, cut_at: int):
    client = await gateway.client()
    await client.ask(ASK_WITH_USAGE)
    events = b": hello\n\n" + word("a") + b"id: 7\r\nx-field: kept\r\ndata: {}\r\n\r\n" + usage(7, 3) + DONE
    visit = await origin.visit()
    if cut_at < 0:
        visit.write(STREAM_HEAD, chunk(events), END)
    else:
        visit.write(STREAM_HEAD, chunk(events[:cut_at]))
        await visit.drain()
        visit.write(chunk(events[cut_at:]), END)
    answer = await client.answer()
    assert answer.body == events
    assert answer.headers[b"content-type"] == b"text/event-stream"
    record = await gateway.record()
    assert (record.stream, record.outcome, record.usage) == (True, "completed", Usage(input=7, output=3))
    assert record.response_bytes == len(events)


async def test_usage_that_nobody_asked_for_is_asked_for_read_and_taken_out(gateway: Gateway, origin: Origin):
    client = await gateway.client()
    await client.ask(STREAM)
    visit = await origin.visit()
    assert msgspec.json.decode(visit.body)["stream_options"] == {"include_usage": True}
    visit.write(STREAM_HEAD, chunk(word("a")), chunk(usage(7, 3)), chunk(DONE), END)
    assert (await client.answer()).body == word("a") + DONE
    assert (await gateway.record()).usage == Usage(input=7, output=3)


async def test_a_stream_that_was_answered_whole_is_passed_whole(gateway: Gateway, origin: Origin):
    """Some providers answer JSON to a request for a stream."""
    client = await gateway.client()
    await client.ask(STREAM)
    (await origin.visit()).write(whole(ANSWER))
    assert (await client.answer()).body == ANSWER
    assert (await gateway.record()).outcome == "completed"


async def test_an_answer_that_ends_with_its_connection_is_whole(gateway: Gateway, origin: Origin):
    client = await gateway.client()
    for kind in (b"application/json", b"application/octet-stream"):
        await client.ask(ASK)
        visit = await origin.visit()
        visit.write(b"HTTP/1.1 200 OK\r\ncontent-type: %b\r\n\r\n" % kind, ANSWER)
        visit.close()
        assert (await client.answer()).body == ANSWER
    assert (await gateway.record(2)).outcome == "completed"


async def test_a_head_has_the_length_and_no_body(gateway: Gateway, origin: Origin):
    client = await gateway.client()
    await client.ask(b"", "/v1/files/f1/content", method="HEAD")
    visit = await origin.visit()
    assert visit.head.startswith(b"HEAD /v1/files/f1/content HTTP/1.1\r\n")
    visit.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\ncontent-length: 1000000\r\n\r\n")
    assert (await client.head()).headers[b"content-length"] == b"1000000"
    await client.ask(b"", "/v1/files/f1/content")
    (await origin.visit()).write(whole(b"bytes", kind="application/octet-stream"))
    assert (await client.answer()).body == b"bytes"
    assert origin.accepted == 1


async def test_a_head_of_json_keeps_its_length(gateway: Gateway, origin: Origin):
    client = await gateway.client()
    await client.ask(b"", "/v1/files/f1", method="HEAD")
    visit = await origin.visit()
    visit.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1234\r\n\r\n")
    assert (await client.head()).headers[b"content-length"] == b"1234"


async def test_no_content_stays_no_content(gateway: Gateway, origin: Origin):
    client = await gateway.client()
    await client.ask(b"", "/v1/files/f1", method="DELETE")
    (await origin.visit()).write(b"HTTP/1.1 204 No Content\r\n\r\n")
    answer = await client.answer()
    assert (answer.status, b"content-length" in answer.headers) == (204, False)
    await client.ask(ASK)
    (await origin.visit()).write(whole(ANSWER))
    assert (await client.answer()).body == ANSWER
    assert origin.accepted == 1


async def test_interim_answers_are_passed_over(gateway: Gateway, origin: Origin):
    client = await gateway.client()
    await client.ask(ASK)
    (await origin.visit()).write(b"HTTP/1.1 103 Early Hints\r\nlink: <x>\r\n\r\n", whole(ANSWER))
    assert (await client.answer()).body == ANSWER
