"""Uploads that go through unread: piece by piece to the provider, and what happens when either side gives up."""

import asyncio
import socket
import struct

import msgspec
import pytest

from tests.wire.conftest import eventually
from tests.wire.delivery.gateway import ASK, PATIENCE_S, TOKEN, Client, Gateway, Origin, Visit, settings_for, whole

HEAD = b"POST /v1/files HTTP/1.1\r\nhost: g\r\nauthorization: Bearer %b\r\n" % TOKEN.encode()
NAMED = HEAD + b"content-type: application/zip\r\nx-gossamer-provider: local\r\n"
MEGABYTE = 1024 * 1024


@pytest.fixture
def origin(origin: Origin) -> Origin:
    """The provider reads no body by itself."""
    origin.reads_bodies = False
    return origin


async def begin(gateway: Gateway, origin: Origin, framing: bytes) -> tuple[Client, Visit]:
    """An upload whose head has reached the provider."""
    client = await gateway.client()
    await client.send(NAMED + framing + b"\r\n\r\n")
    return client, await origin.visit()


async def test_an_upload_of_known_length_goes_on_as_it_comes(gateway: Gateway, origin: Origin):
    client, visit = await begin(gateway, origin, b"content-length: 10")
    assert b"content-length: 10\r\n" in visit.head
    for piece in (b"abc", b"defg", b"hij"):
        await client.send(piece)
        assert await visit.reader.readexactly(len(piece)) == piece
    visit.write(whole(b'{"id":"f1"}'))
    assert (await client.answer()).body == b'{"id":"f1"}'
    record = await gateway.record()
    assert (record.status, record.outcome, record.path) == (200, "completed", "/v1/files")
    visit.close()


async def test_an_upload_in_chunks_goes_on_in_chunks(gateway: Gateway, origin: Origin):
    client, visit = await begin(gateway, origin, b"transfer-encoding: chunked")
    assert b"transfer-encoding: chunked\r\n" in visit.head
    await client.send(b"5;x=1\r\nhello\r\n")
    assert await visit.reader.readexactly(10) == b"5\r\nhello\r\n"
    await client.send(b"0\r\n\r\n")
    assert await visit.reader.readexactly(5) == b"0\r\n\r\n"
    visit.write(whole(b"{}"))
    assert (await client.answer()).body == b"{}"
    visit.close()


async def test_who_waits_to_be_invited_is_invited_once_the_provider_is_there(gateway: Gateway, origin: Origin):
    client, visit = await begin(gateway, origin, b"content-length: 5\r\nexpect: 100-continue")
    assert (await client.answer()).status == 100
    assert b"expect" not in visit.head
    await client.send(b"hello")
    assert await visit.reader.readexactly(5) == b"hello"
    visit.write(whole(b"{}"))
    assert (await client.answer()).status == 200
    visit.close()


async def test_a_provider_that_reads_slowly_slows_the_client(gateway: Gateway, origin: Origin):
    size = 32 * MEGABYTE
    client, visit = await begin(gateway, origin, b"content-length: %d" % size)
    sending = asyncio.ensure_future(client.send(b"x" * size))
    await eventually(lambda: any(connection._is_paused for connection in gateway.server.connections))
    assert not sending.done()
    async with asyncio.timeout(PATIENCE_S):
        assert await visit.reader.readexactly(size) == b"x" * size
        await sending
    visit.write(whole(b"{}"))
    assert (await client.answer()).status == 200
    visit.close()


@pytest.mark.parametrize("way", ["closed", "half-closed", "aborted"])
async def test_a_client_that_leaves_cancels_the_upload(gateway: Gateway, origin: Origin, way: str):
    client, visit = await begin(gateway, origin, b"content-length: 10")
    await client.send(b"abc")
    if way == "closed":
        client.writer.close()
    elif way == "half-closed":
        client.writer.write_eof()
    else:
        client.writer.transport.abort()
    assert await visit.rest() in (b"", b"abc")
    record = await gateway.record()
    assert (record.status, record.outcome) == (499, "client_gone")


async def test_a_client_that_leaves_while_the_provider_takes_nothing_cancels_the_upload(
    gateway: Gateway, origin: Origin
):
    gateway.reload(settings_for(origin))
    client, visit = await begin(gateway, origin, b"content-length: %d" % (32 * MEGABYTE))
    sending = asyncio.ensure_future(client.send(b"x" * 32 * MEGABYTE))
    await eventually(lambda: any(connection._is_paused for connection in gateway.server.connections))
    sock = client.writer.get_extra_info("socket")
    # A plain close would wait behind what is not taken yet, and nobody could see it; a program that dies resets.
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.writer.transport.abort()
    await asyncio.wait([sending])
    sending.exception()
    try:
        await eventually(lambda: len(gateway.records.all) == 1, within_s=4.0)
        assert gateway.records.all[0].outcome == "client_gone"
    finally:
        await visit.rest()


@pytest.mark.parametrize("way", ["closed", "reset"])
async def test_a_provider_that_gives_up_is_unavailable(gateway: Gateway, origin: Origin, way: str):
    client, visit = await begin(gateway, origin, b"content-length: 10")
    await client.send(b"abc")
    await visit.reader.readexactly(3)
    (visit.close if way == "closed" else visit.reset)()
    answer = await client.answer()
    assert (answer.status, msgspec.json.decode(answer.body)["error"]["code"]) == (502, "provider_unavailable")
    assert answer.headers[b"connection"] == b"close", "nobody will read the rest"
    record = await gateway.record()
    assert (record.status, record.outcome) == (502, "provider_failed")


async def test_an_answer_that_comes_before_the_upload_is_whole_goes_on(gateway: Gateway, origin: Origin):
    client, visit = await begin(gateway, origin, b"content-length: 10")
    await client.send(b"abc")
    await visit.reader.readexactly(3)
    visit.write(whole(b'{"error":{"message":"too much"}}', 413))
    answer = await client.answer()
    assert (answer.status, answer.body) == (413, b'{"error":{"message":"too much"}}')
    assert answer.headers[b"connection"] == b"close"
    assert await visit.rest() == b"", "the connection is not used again"
    assert (await gateway.record()).status == 413


async def test_an_upload_that_stops_is_refused_as_too_slow(gateway: Gateway, origin: Origin):
    settings = settings_for(origin)
    limits = msgspec.structs.replace(settings.server.limits, body_timeout_s=0.1)
    gateway.reload(msgspec.structs.replace(settings, server=msgspec.structs.replace(settings.server, limits=limits)))
    client, visit = await begin(gateway, origin, b"content-length: 10")
    await client.send(b"abc")
    answer = await client.answer()
    assert (answer.status, msgspec.json.decode(answer.body)["error"]["code"]) == (408, "request_timeout")
    assert await visit.rest() == b"abc"
    record = await gateway.record()
    assert (record.status, record.outcome, record.error) == (408, "refused", "request_timeout")


async def test_an_upload_whose_chunks_are_malformed_is_refused(gateway: Gateway, origin: Origin):
    client, visit = await begin(gateway, origin, b"transfer-encoding: chunked")
    await client.send(b"3\r\nabc\r\nzz\r\n")
    answer = await client.answer()
    assert (answer.status, msgspec.json.decode(answer.body)["error"]["code"]) == (400, "invalid_request")
    assert await visit.rest() in (b"", b"3\r\nabc\r\n")
    record = await gateway.record()
    assert (record.status, record.outcome, record.error) == (400, "refused", "invalid_request")


async def test_the_model_in_a_form_decides_before_the_file_has_come(gateway: Gateway, origin: Origin):
    field = b'--b\r\ncontent-disposition: form-data; name="%b"\r\n\r\n'
    form = field % b"model" + b"alias\r\n" + field % b'file"; filename="a.wav' + b"x" * 5000
    client = await gateway.client()
    kind = b"content-type: multipart/form-data; boundary=b\r\n"
    await client.send(HEAD + kind + b"content-length: 100000\r\n\r\n" + form)
    visit = await origin.visit()
    renamed = form.replace(b"alias", b"real")
    assert await visit.reader.readexactly(len(renamed)) == renamed
    rest = b"y" * (100_000 - len(form))
    await client.send(rest)
    assert await visit.reader.readexactly(len(rest)) == rest
    visit.write(whole(b'{"text":"hi"}'))
    assert (await client.answer()).status == 200
    record = await gateway.record()
    assert record.model == "alias"
    visit.close()


async def test_an_upload_that_names_no_provider_goes_to_the_default_one(gateway: Gateway, origin: Origin):
    client = await gateway.client()
    await client.send(HEAD + b"content-type: application/zip\r\ncontent-length: 10000\r\n\r\n" + b"x" * 9000)
    await eventually(lambda: gateway.server.in_flight == 1 or bool(gateway.records.all))
    await client.send(b"x" * 1000)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(take_upload(origin, 10_000))
        assert (await client.answer()).status == 200


async def take_upload(origin: Origin, size: int) -> None:
    visit = await origin.visit()
    assert await visit.reader.readexactly(size) == b"x" * size
    visit.write(whole(b"{}"))
    await visit.drain()
    visit.close()


async def test_the_connection_is_good_for_the_next_request(gateway: Gateway, origin: Origin):
    client, visit = await begin(gateway, origin, b"content-length: 3")
    await client.send(b"abc")
    assert await visit.reader.readexactly(3) == b"abc"
    visit.write(whole(b"{}"))
    assert (await client.answer()).status == 200
    await client.ask(ASK)
    head = await visit.reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"POST /v1/chat/completions HTTP/1.1\r\n")
    visit.write(whole(b"{}"))
    assert (await client.answer()).status == 200
    visit.close()
