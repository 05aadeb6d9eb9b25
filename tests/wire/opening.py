"""What the tests of opening connections share: a count of open sockets, cancelling at every moment, certificates."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import trustme

from gossamer.http.tls import client_context, server_context

LONG_S = 20.0  # a limit that no passing test reaches
SHORT_S = 0.3  # a limit that is meant to pass


def open_sockets() -> int:
    count = 0
    for fd in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # the one that lists the folder is gone by now
            count += str(fd.readlink()).startswith("socket:")
    return count


@asynccontextmanager
async def no_socket_left() -> AsyncIterator[None]:
    """A block that fails where more sockets are open after it than before."""
    before = open_sockets()
    yield
    for _ in range(300):
        if open_sockets() <= before:
            return
        await asyncio.sleep(0.01)
    pytest.fail(f"{open_sockets() - before} sockets stayed open")


async def cancel_at_each_turn(start: Callable[[], Awaitable[tuple[asyncio.Transport, Any]]]) -> None:
    """Starts an opening anew and cancels it one turn of the loop later each time, until it is done before that."""
    for turns in range(1000):
        opening = asyncio.ensure_future(start())
        for _ in range(turns):
            await asyncio.sleep(0)
        opening.cancel()
        with suppress(asyncio.CancelledError):
            transport, _ = await opening
            transport.abort()
            return
    pytest.fail("it never came to an end")


class Certificates:
    """An authority of its own, with its files in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.authority = trustme.CA()
        self.ca_file = folder / "ca.pem"
        self.ca_file.write_bytes(self.authority.cert_pem.bytes())
        self.trusted = client_context(verify=str(self.ca_file))

    def server(self, *names: str, **details: Any) -> ssl.SSLContext:
        """A server's context with a certificate for these names."""
        issued = self.authority.issue_cert(*names, **details)
        chain, key = self.folder / "chain.pem", self.folder / "key.pem"
        chain.write_bytes(b"".join(pem.bytes() for pem in issued.cert_chain_pems))
        key.write_bytes(issued.private_key_pem.bytes())
        return server_context(chain, key)


class Caller(asyncio.Protocol):
    """Our side of a connection: remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.heard: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.told.append("made")

    def data_received(self, data: bytes) -> None:
        self.heard.set_result(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self.told.append("lost")
