"""The null hop where nginx is not: `python -m gossamer.bench.relay PORT UPSTREAM_PORT [WAIT_US]` hands bytes on.

It reads nothing of them, so it costs less than any proxy that speaks HTTP can. With a wait, what clients send is held
back so long: a hop of a known cost, to test the yardstick itself with.
"""

import asyncio
import sys
from typing import cast

import uvloop

from gossamer.bench.precise import precise_loop
from gossamer.bench.processes import HOST


class Upstream(asyncio.Protocol):
    """The provider's side of one client."""

    transport: asyncio.Transport

    def __init__(self, client: asyncio.Transport) -> None:
        self._client = client

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._client.write(data)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - whatever ended it, it is over
        self._client.close()


class Relay(asyncio.Protocol):
    """One client. What it sends before its upstream stands waits."""

    def __init__(self, upstream_port: int, wait_s: float) -> None:
        self._upstream_port = upstream_port
        self._wait_s = wait_s
        self._waiting: list[bytes] = []
        self._upstream: Upstream | None = None
        self._opening: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._client = cast("asyncio.Transport", transport)
        self._opening = asyncio.get_running_loop().create_task(self._open())

    async def _open(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            _, self._upstream = await loop.create_connection(lambda: Upstream(self._client), HOST, self._upstream_port)
        except OSError:
            self._client.abort()
            return
        self._upstream.transport.writelines(self._waiting)
        self._waiting.clear()

    def data_received(self, data: bytes) -> None:
        if self._wait_s:
            asyncio.get_running_loop().call_later(self._wait_s, self._hand_on, data)
        else:
            self._hand_on(data)

    def _hand_on(self, data: bytes) -> None:
        if self._upstream is None:
            self._waiting.append(data)
        elif not self._upstream.transport.is_closing():
            self._upstream.transport.write(data)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - as above
        if self._upstream is not None:
            self._upstream.transport.close()


async def serve(port: int, upstream_port: int, wait_s: float) -> None:
    """Until the process is ended."""
    server = await asyncio.get_running_loop().create_server(
        lambda: Relay(upstream_port, wait_s), HOST, port, backlog=4096
    )
    await server.serve_forever()


def main(port: int, upstream_port: int, wait_us: int = 0) -> None:
    """Waits need timers finer than a millisecond; without them the faster loop does."""
    with asyncio.Runner(loop_factory=precise_loop if wait_us else uvloop.new_event_loop) as runner:
        runner.run(serve(port, upstream_port, wait_us / 1e6))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
