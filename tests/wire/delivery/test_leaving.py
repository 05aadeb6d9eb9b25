"""A client that leaves: at every moment, the provider's work is cancelled and the record says so."""

import pytest

from gossamer.core.record import Usage
from tests.wire.conftest import eventually
from tests.wire.delivery.gateway import (
    ASK,
    DONE,
    STREAM,
    STREAM_HEAD,
    Client,
    Gateway,
    Origin,
    Visit,
    chunk,
    usage,
    whole,
    word,
)


async def leave(client: Client, way: str) -> None:
    """By closing, by closing only our sending side, or by a reset."""
    if way == "half-closed":
        client.writer.write_eof()
    elif way == "closed":
        client.writer.close()
    else:
        client.writer.transport.abort()


ways = pytest.mark.parametrize("way", ["closed", "half-closed", "aborted"])


@ways
@pytest.mark.parametrize("body", [ASK, STREAM], ids=["whole", "stream"])
async def test_before_the_first_byte(gateway: Gateway, origin: Origin, body: object, way: str):
    client = await gateway.client()
    await client.ask(body)
    visit = await origin.visit()
    await leave(client, way)
    await visit.ends()
    record = await gateway.record()
    assert (record.status, record.outcome, record.error) == (499, "client_gone", None)
    assert (record.first_byte_ns, record.response_bytes) == (0, 0)
    (attempt,) = record.attempts
    assert (attempt.target, attempt.error) == ("local/real", "cancelled: the client left")


@ways
async def test_in_the_middle_of_a_stream(gateway: Gateway, origin: Origin, way: str):
    client = await gateway.client()
    await client.ask(STREAM)
    visit = await origin.visit()
    visit.write(STREAM_HEAD, chunk(usage(7, 1) + word("a")))
    await client.until(word("a"))
    await leave(client, way)
    await visit.ends()
    record = await gateway.record()
    assert (record.status, record.outcome, record.attempts) == (200, "client_gone", ())
    assert (record.usage, record.response_bytes) == (Usage(input=7, output=1), len(word("a")))
    assert record.first_byte_ns > 0


@ways
async def test_in_the_middle_of_a_json_answer(gateway: Gateway, origin: Origin, way: str):
    client = await gateway.client()
    await client.ask(ASK)
    visit = await origin.visit()
    visit.write(whole(b"{}" + b" " * 1000)[:-900])
    await visit.drain()
    await leave(client, way)
    await visit.ends()
    record = await gateway.record()
    assert (record.status, record.outcome) == (499, "client_gone")


@ways
async def test_in_the_middle_of_a_download(gateway: Gateway, origin: Origin, way: str):
    client = await gateway.client()
    await client.ask(b"", "/v1/files/f1/content")
    visit = await origin.visit()
    visit.write(whole(b"x" * 1000, kind="application/octet-stream")[:-900])
    await client.until(b"\r\n\r\nx")
    await leave(client, way)
    await visit.ends()
    assert (await gateway.record()).outcome == "client_gone"


@ways
async def test_with_half_a_body_sent_nothing_reaches_the_provider(gateway: Gateway, origin: Origin, way: str):
    client = await gateway.client()
    await client.ask(b"", "/v1/chat/completions", "content-length: 100", "content-type: application/json")
    await client.send(b'{"model":"alias"')
    await eventually(lambda: gateway.server.in_flight == 1)
    await leave(client, way)
    record = await gateway.record()
    assert (record.status, record.outcome) == (499, "client_gone")
    assert origin.accepted == 0


async def test_what_was_pipelined_behind_it_is_not_begun(gateway: Gateway, origin: Origin):
    client = await gateway.client()
    for _ in range(3):
        await client.ask(ASK)
    visit = await origin.visit()
    await leave(client, "closed")
    await visit.ends()
    assert (await gateway.record()).outcome == "client_gone"
    assert origin.accepted == 1


ANTHROPIC = b'event: message_stop\ndata: {"type":"message_stop"}\n\n'
COMPLETED = b'event: response.completed\ndata: {"type":"response.completed","response":{}}\n\n'
FAILED = b'event: response.failed\ndata: {"type":"response.failed","response":{"error":{"message":"No more."}}}\n\n'
endings = pytest.mark.parametrize(
    ("path", "last", "outcome", "error"),
    [
        ("/v1/chat/completions", DONE, "completed", None),
        ("/v1/messages", ANTHROPIC, "completed", None),
        ("/v1/responses", COMPLETED, "completed", None),
        ("/v1/responses", FAILED, "provider_failed", "No more."),
    ],
)


async def told(gateway: Gateway, origin: Origin, path: str, last: bytes) -> tuple[Client, Visit]:
    """A client that has the last event of its stream, and of which the provider has not said that it is over."""
    client = await gateway.client()
    await client.ask(STREAM, path)
    visit = await origin.visit()
    visit.write(STREAM_HEAD, chunk(word("a")), chunk(last))
    await client.until(last)
    return client, visit


@ways
@endings
async def test_behind_the_last_event_it_has_the_answer(
    gateway: Gateway, origin: Origin, way: str, path: str, last: bytes, outcome: str, error: str | None
):
    client, visit = await told(gateway, origin, path, last)
    await leave(client, way)
    await visit.ends()
    record = await gateway.record()
    assert (record.status, record.outcome, record.error) == (200, outcome, error)


async def test_unless_it_has_not_taken_it(gateway: Gateway, origin: Origin):
    client, visit = await told(gateway, origin, "/v1/chat/completions", DONE)
    (connection,) = gateway.server.connections
    connection.pause_writing()
    await leave(client, "aborted")
    await visit.ends()
    assert (await gateway.record()).outcome == "client_gone"


async def test_an_answer_that_was_written_still_goes_out(gateway: Gateway, origin: Origin):
    client = await gateway.client()
    await client.ask(ASK)
    visit = await origin.visit()
    visit.write(whole(b"{}"))
    answer = await client.answer()
    await leave(client, "half-closed")
    assert answer.body == b"{}"
    assert await client.rest() == b""
    assert (await gateway.record()).outcome == "completed"


async def test_nobody_elses_request_is_touched(gateway: Gateway, origin: Origin):
    leaver, stayer = await gateway.client(), await gateway.client()
    await leaver.ask(ASK)
    left = await origin.visit()
    await stayer.ask(ASK)
    stayed = await origin.visit()
    await leave(leaver, "aborted")
    await left.ends()
    stayed.write(whole(b'{"here":true}'))
    assert (await stayer.answer()).body == b'{"here":true}'
    assert [record.outcome for record in gateway.records.all] == ["client_gone", "completed"]


async def test_the_record_of_one_who_left_says_who_it_was(gateway: Gateway, origin: Origin):
    client = await gateway.client()
    port = client.writer.get_extra_info("sockname")[1]
    await client.ask(ASK)
    visit = await origin.visit()
    await leave(client, "aborted")
    await visit.ends()
    record = await gateway.record()
    assert (record.key, record.peer) == ("tester", f"127.0.0.1:{port}")
