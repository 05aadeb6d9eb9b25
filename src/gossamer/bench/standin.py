"""A provider's stand-in, a process of its own: a whole answer after its service time, or a stream 10 ms apart.

`python -m gossamer.bench.standin precise|fast PORT`: timers finer than a millisecond, or the faster loop for streams.
Everything is rendered before the first request comes.
"""

import asyncio
import sys
from typing import cast

import httptools
import uvloop

from gossamer.bench.precise import precise_loop
from gossamer.bench.processes import HOST
from gossamer.bench.traffic import JSON_ANSWER, STREAM_GAP_S, number_of, service_ns, stream_pieces, wants_stream

ANSWER = (
    f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(JSON_ANSWER)}\r\n\r\n{JSON_ANSWER}"
).encode("ascii")
STREAM_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
LAST_CHUNK = b"0\r\n\r\n"
PIECES = stream_pieces()


class Answering(asyncio.Protocol):
    """One connection. Requests come one after the other, as from a pool."""

    transport: asyncio.Transport

    def __init__(self) -> None:
        self._parser = httptools.HttpRequestParser(self)
        self._body = b""
        self._arrived = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._arrived = asyncio.get_running_loop().time()
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        body, self._body = self._body, b""
        begin = stream if wants_stream(body) else answer_later
        begin(self.transport, body, self._arrived)


def answer_later(transport: asyncio.Transport, body: bytes, arrived: float) -> None:
    """The whole answer, when the service time of this request is over."""
    due = arrived + service_ns(number_of(body)) / 1e9
    asyncio.get_running_loop().call_at(due, _write, transport, ANSWER)


def stream(transport: asyncio.Transport, _body: bytes, arrived: float) -> None:
    """The head at once, then a piece every gap, on a grid: a late piece does not delay the next."""
    transport.write(STREAM_HEAD)
    _step(transport, arrived, 0)


def _step(transport: asyncio.Transport, began: float, index: int) -> None:
    _write(transport, PIECES[index])
    if index + 1 < len(PIECES):
        asyncio.get_running_loop().call_at(began + (index + 1) * STREAM_GAP_S, _step, transport, began, index + 1)
    else:
        _write(transport, LAST_CHUNK)


def _write(transport: asyncio.Transport, data: bytes) -> None:
    if not transport.is_closing():
        transport.write(data)


async def serve(port: int) -> None:
    """Until the process is ended."""
    server = await asyncio.get_running_loop().create_server(Answering, HOST, port, backlog=4096)
    await server.serve_forever()


def main(kind: str, port: int) -> None:
    """See the module."""
    with asyncio.Runner(loop_factory=precise_loop if kind == "precise" else uvloop.new_event_loop) as runner:
        runner.run(serve(port))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
