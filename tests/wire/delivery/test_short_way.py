"""Plain chunks go a shorter way than others. Nobody may see which way a chunk went."""

import pytest

from gossamer.core.record import Usage
from gossamer.delivery.pieces import Streaming
from tests.wire.delivery.gateway import DONE, END, STREAM, STREAM_HEAD, Gateway, Origin, chunk, usage, word

PLAIN = [word("one"), word("two"), word("x" * 300)]
LONG = word("y" * 5000)
TWO_IN_ONE = word("three") + word("four")
COMMENT = b": a comment\n\n"
CRLF = word("five").replace(b"\n\n", b"\r\n\r\n")


@pytest.fixture
def ways(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether each chunk that was shown to the short way went it."""
    went: list[bool] = []
    original = Streaming._take_framed

    def watched(self: Streaming, data: bytes, begin: int) -> bool:
        went.append(original(self, data, begin))
        return went[-1]

    monkeypatch.setattr(Streaming, "_take_framed", watched)
    return went


async def test_odd_chunks_between_plain_ones(gateway: Gateway, origin: Origin, ways: list[bool]):
    client = await gateway.client()
    await client.ask(STREAM)
    visit = await origin.visit()
    visit.write(STREAM_HEAD)
    await visit.drain()
    await client.head()
    pieces = [PLAIN[0], COMMENT, PLAIN[1], TWO_IN_ONE, CRLF, LONG, PLAIN[2]]
    body = b"".join(pieces)
    for piece in pieces:
        visit.write(chunk(piece))
        await visit.drain()
        await client.until(piece + b"\r\n")
    visit.write(chunk(usage(7, 3)), chunk(DONE), END)
    await client.until(b"0\r\n\r\n")
    record = await gateway.record()
    assert ways.count(True) == 3, "the plain ones went the short way"
    assert ways.count(False) >= 3, "the odd ones did not"
    assert (record.outcome, record.usage) == ("completed", Usage(input=7, output=3))
    assert record.response_bytes == len(body + DONE)


@pytest.mark.parametrize(
    "wire",
    [
        chunk(PLAIN[0][:30]) + chunk(PLAIN[0][30:]),
        b"%X\r\n%b\r\n" % (len(PLAIN[2]), PLAIN[2]),
        b"0%x\r\n%b\r\n" % (len(PLAIN[1]), PLAIN[1]),
        b"%x;ext=1\r\n%b\r\n" % (len(PLAIN[1]), PLAIN[1]),
        chunk(PLAIN[0]) + chunk(PLAIN[1]),
    ],
)
async def test_chunks_that_are_written_otherwise_arrive_all_the_same(gateway: Gateway, origin: Origin, wire: bytes):
    client = await gateway.client()
    await client.ask(STREAM)
    visit = await origin.visit()
    visit.write(STREAM_HEAD)
    await visit.drain()
    head = await client.head()
    assert head.status == 200
    visit.write(wire)
    await visit.drain()
    visit.write(chunk(DONE), END)
    body = await client.chunked_body()
    assert body.endswith(DONE)
    assert body[: -len(DONE)] in (PLAIN[0], PLAIN[1], PLAIN[2], PLAIN[0] + PLAIN[1])


async def test_an_old_client_gets_no_framing(gateway: Gateway, origin: Origin):
    """An HTTP/1.0 client knows no chunks."""
    client = await gateway.client()
    body = b'{"model": "alias", "stream": true, "messages": []}'
    head = b"POST /v1/chat/completions HTTP/1.0\r\nauthorization: Bearer gsm_the_callers_own\r\n"
    await client.send(head + b"content-length: %d\r\n\r\n" % len(body) + body)
    visit = await origin.visit()
    visit.write(STREAM_HEAD)
    for piece in PLAIN:
        visit.write(chunk(piece))
        await visit.drain()
    visit.write(chunk(DONE), END)
    assert (await client.rest()).partition(b"\r\n\r\n")[2] == b"".join(PLAIN) + DONE
