"""Through a proxy: a small one that really tunnels, and some that do not."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from gossamer.http.connect import Connector
from gossamer.http.errors import ConnectFailed
from gossamer.http.origin import Origin
from gossamer.http.proxy import Proxy, parse_proxy
from tests.wire.opening import LONG_S, Caller, Certificates, cancel_at_each_turn, no_socket_left

Manner = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Greeter(asyncio.Protocol):
    """The origin: greets back."""

    transport: Any

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.transport.write(b"hello " + data)


@asynccontextmanager
async def greeting(tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    async with await asyncio.get_running_loop().create_server(Greeter, "127.0.0.1", 0, ssl=tls) as server:
        yield server.sockets[0].getsockname()[1]


class TunnelProxy:
    """Leads every CONNECT to one port of this machine, and keeps the heads that it was sent."""

    def __init__(self, leads_to: int) -> None:
        self.leads_to = leads_to
        self.heads: list[bytes] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.heads.append(await reader.readuntil(b"\r\n\r\n"))
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self.leads_to)
        writer.write(b"HTTP/1.1 200 Connection established\r\nVia: 1.1 test\r\n\r\n")
        await asyncio.gather(pipe(reader, there_writer), pipe(there_reader, writer))


async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(4096):
            writer.write(data)
    await hang_up(writer)


async def hang_up(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()


def answering(*pieces: bytes) -> Manner:
    """A proxy that sends these pieces, whatever it is asked, and hangs up."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for piece in pieces:
            writer.write(piece)
            await asyncio.sleep(0)

    return serve


@asynccontextmanager
async def proxy_that(serve: Manner) -> AsyncIterator[Proxy]:
    """A proxy with this manner, which has let go of everybody when the block ends."""
    busy: list[Any] = []

    async def attend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        busy.append(asyncio.current_task())
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await serve(reader, writer)
        await hang_up(writer)

    async with await asyncio.start_server(attend, "127.0.0.1", 0) as server:
        yield Proxy(Origin("http", "127.0.0.1", server.sockets[0].getsockname()[1]))
        await asyncio.gather(*busy)


async def greeted(connector: Connector) -> None:
    transport, protocol = await connector.open(Caller)
    transport.write(b"you")
    assert await protocol.heard == b"hello you"
    transport.abort()


async def refusal(serve: Manner, origin: Origin) -> str:
    async with proxy_that(serve) as proxy:
        with pytest.raises(ConnectFailed) as failure:
            await Connector(origin, proxy=proxy, connect_s=LONG_S).open(Caller)
    return str(failure.value)


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    return Certificates(tmp_path)


async def test_a_plain_origin_is_reached_through_a_tunnel():
    async with greeting() as port:
        there = TunnelProxy(leads_to=port)
        async with proxy_that(there.serve) as proxy, no_socket_left():
            await greeted(Connector(Origin("http", "models.test", 8000), proxy=proxy, connect_s=LONG_S))
    assert there.heads == [b"CONNECT models.test:8000 HTTP/1.1\r\nHost: models.test:8000\r\n\r\n"]


async def test_tls_is_spoken_with_the_origin_and_not_with_the_proxy(certificates):
    async with greeting(tls=certificates.server("api.test")) as port:
        there = TunnelProxy(leads_to=port)
        async with proxy_that(there.serve) as proxy, no_socket_left():
            origin = Origin("https", "api.test", 443)
            await greeted(Connector(origin, tls=certificates.trusted, proxy=proxy, connect_s=LONG_S))
    assert there.heads == [b"CONNECT api.test:443 HTTP/1.1\r\nHost: api.test:443\r\n\r\n"]


async def test_the_certificate_must_be_the_origin_s(certificates):
    async with (
        greeting(tls=certificates.server("127.0.0.1")) as port,
        proxy_that(TunnelProxy(leads_to=port).serve) as proxy,
        no_socket_left(),
    ):
        connector = Connector(Origin("https", "api.test", 443), tls=certificates.trusted, proxy=proxy, connect_s=LONG_S)
        with pytest.raises(ConnectFailed, match=f"api.test through the proxy {proxy}: certificate verify failed"):
            await connector.open(Caller)


async def test_a_password_travels_to_the_proxy():
    async with greeting() as port:
        there = TunnelProxy(leads_to=port)
        async with proxy_that(there.serve) as proxy:
            known = parse_proxy(f"http://ada:secret@127.0.0.1:{proxy.origin.port}")
            await greeted(Connector(Origin("http", "fd00::1", 80), proxy=known, connect_s=LONG_S))
    target = b"CONNECT [fd00::1]:80 HTTP/1.1\r\nHost: [fd00::1]:80\r\n"
    assert there.heads == [target + b"Proxy-Authorization: Basic YWRhOnNlY3JldA==\r\n\r\n"]


async def test_an_answer_that_comes_byte_by_byte_is_an_answer():
    answer = b"HTTP/1.0 200 \r\n\r\n"
    async with proxy_that(answering(*[answer[n : n + 1] for n in range(len(answer))])) as proxy, no_socket_left():
        transport, _ = await Connector(Origin("http", "api.test", 80), proxy=proxy, connect_s=LONG_S).open(Caller)
        transport.abort()


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "answered 407: it wants a user name and a password"),
        (b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno", "answered CONNECT with 403 Forbidden"),
        (b"HTTP/1.1 502\r\n\r\n", "answered CONNECT with 502"),
        (b"HTTP/1.1 302 Found\r\nLocation: /login\r\n\r\n", "answered CONNECT with 302 Found"),
        (b"HTTP/1.1 199 \r\n\r\n", "answered CONNECT with 199"),
        (b"\x05\xff\r\n\r\n", "is no HTTP"),
        (b"HTTP/1.1 200 OK\nVia: x\r\n\r\n", "is no HTTP"),
        (b"HTTP/1.1 200 OK\r\n folded: x\r\n\r\n", "is no HTTP"),
        (b"HTTP/1.1 200 OK\r\n\r\nhello", "sent more than its answer"),
        (b"HTTP/1.1 200 OK\r\n", "closed the connection instead of answering"),
        (b"", "closed the connection instead of answering"),
        (b"HTTP/1.1 200 OK\r\nx: " + b"x" * 20_000, "longer than 16384 bytes"),
    ],
)
async def test_an_answer_that_opens_no_tunnel_is_told_with_the_proxy_s_name(answer, says):
    async with no_socket_left():
        text = await refusal(answering(answer), Origin("https", "api.test", 443))
    assert text.startswith("cannot connect to https://api.test through the proxy http://127.0.0.1:")
    assert says in text


async def test_a_proxy_that_cuts_the_connection_is_told_of():
    async def cut(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # so that close() sends a reset
        writer.transport.abort()

    async with no_socket_left():
        assert "the proxy cut the connection" in await refusal(cut, Origin("http", "api.test", 80))


async def test_a_proxy_that_is_not_there_is_named():
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        where = f"127.0.0.1:{nobody.getsockname()[1]}"
        with pytest.raises(ConnectFailed) as failure:
            await Connector(Origin("https", "api.test", 443), proxy=parse_proxy(f"u:hunter2@{where}")).open(Caller)
    route = f"https://api.test through the proxy http://{where}"
    assert str(failure.value) == f"cannot connect to {route}: {where}: connection refused (nothing listens there)"


async def test_cancelled_at_any_turn_of_the_loop_it_leaves_no_socket(certificates):
    async with (
        greeting(tls=certificates.server("api.test")) as port,
        proxy_that(TunnelProxy(leads_to=port).serve) as proxy,
        no_socket_left(),
    ):
        connector = Connector(Origin("https", "api.test", 443), tls=certificates.trusted, proxy=proxy, connect_s=LONG_S)
        await cancel_at_each_turn(lambda: connector.open(Caller))
