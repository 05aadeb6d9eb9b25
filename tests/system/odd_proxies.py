"""Proxies that do what a gateway must not: `python odd_proxies.py KIND PORT UPSTREAM_PORT`.

They speak just enough HTTP/1.1 for the yardstick's own requests.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator

HELD_BACK = 6
DROPPED = 500
LIED = 10
LAST = b"0\r\n\r\n"
OWN = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"
LIE = b'{"error":{"message":"the provider is down","type":"server_error"}}'


class Proxy:
    def __init__(self, kind: str, upstream_port: int) -> None:
        self.kind = kind
        self.upstream_port = upstream_port
        self.chunks = self.requests = 0

    async def serve(self, client: asyncio.StreamReader, out: asyncio.StreamWriter) -> None:
        if self.kind == "alone":
            head = await client.readuntil(b"\r\n\r\n")
            await client.readexactly(length_of(head))
            out.write(OWN)
            out.close()
            return
        upstream, upstream_out = await asyncio.open_connection("127.0.0.1", self.upstream_port)
        try:
            while True:
                head = await client.readuntil(b"\r\n\r\n")
                upstream_out.write(head + await client.readexactly(length_of(head)))
                await self.answer(upstream, out)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            upstream_out.close()
            out.close()

    async def answer(self, upstream: asyncio.StreamReader, out: asyncio.StreamWriter) -> None:
        head = await upstream.readuntil(b"\r\n\r\n")
        self.requests += 1
        if self.kind == "dying" and self.requests > 1:
            os._exit(7)
        if b"chunked" in head.lower():
            out.write(head)
            async for piece in self.pieces(chunks_of(upstream)):
                out.write(piece)
            return
        body = await upstream.readexactly(length_of(head))
        if self.kind == "lying" and self.requests % LIED == 0:
            head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(LIE)
            body = LIE
        out.write(head + body)

    async def pieces(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        held = b""
        async for chunk in chunks:
            self.chunks += chunk != LAST
            if self.kind == "dropping" and self.chunks % DROPPED == 0 and chunk != LAST:
                continue
            if self.kind == "buffering" and chunk != LAST:
                held += chunk
                if self.chunks % HELD_BACK == 0:
                    yield held
                    held = b""
                continue
            yield held + chunk
            held = b""


async def chunks_of(upstream: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """Each with its framing, the last one too."""
    while True:
        line = await upstream.readuntil(b"\r\n")
        chunk = line + await upstream.readexactly(int(line, 16) + 2)
        yield chunk
        if int(line, 16) == 0:
            return


def length_of(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0


async def main(kind: str, port: int, upstream_port: int) -> None:
    server = await asyncio.start_server(Proxy(kind, upstream_port).serve, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
