"""Opening connections, on real sockets of this machine."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gossamer.http.connect import Connector
from gossamer.http.dial import Address, dial, interleave
from gossamer.http.errors import CallTimeout, ConnectFailed, ConnectTimeout
from gossamer.http.origin import Origin, read_address
from gossamer.http.proxy import Proxy
from gossamer.http.tls import client_context
from tests.wire.conftest import eventually
from tests.wire.opening import LONG_S, SHORT_S, Caller, Certificates, cancel_at_each_turn, no_socket_left

Dig = Callable[..., int]


class Greeter(asyncio.Protocol):
    """Their side: greets whoever comes."""

    def connection_made(self, transport: Any) -> None:
        transport.write(b"hello")


@asynccontextmanager
async def greeting(tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """A server that greets; gives the port."""
    async with await asyncio.get_running_loop().create_server(Greeter, "127.0.0.1", 0, ssl=tls) as server:
        yield server.sockets[0].getsockname()[1]


async def greeted(connector: Connector) -> Any:
    """Opens, hears the greeting, closes; gives what the transport knew of its TLS."""
    transport, protocol = await connector.open(Caller)
    assert await protocol.heard == b"hello"
    tls = transport.get_extra_info("ssl_object")
    transport.abort()
    return tls


async def refusal(connector: Connector) -> str:
    with pytest.raises(ConnectFailed) as failure:
        await connector.open(Caller)
    return str(failure.value)


def resolve_to(monkeypatch: pytest.MonkeyPatch, *hosts: str, error: Exception | None = None) -> None:
    """The running loop's DNS, made up for names; addresses stay themselves, since uvloop's sock_connect asks too."""

    async def getaddrinfo(host: str, port: int, **_: Any) -> list[Any]:
        if error is not None:
            raise error
        answers = [host] if read_address(host) else hosts
        return [entry(each, port) for each in answers]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo)


def entry(host: str, port: int) -> tuple[Any, ...]:
    if ":" in host:
        return socket.AF_INET6, socket.SOCK_STREAM, 6, "", (host, port, 0, 0)
    return socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port)


@pytest.fixture
def black_hole() -> Iterator[Dig]:
    """Makes an address that never answers: a listener whose queue is full, so that Linux drops each further SYN."""
    with ExitStack() as open_until_the_end:

        def dig(host: str = "127.0.0.1", port: int = 0) -> int:
            hole = open_until_the_end.enter_context(socket.create_server((host, port), backlog=0))
            for _ in range(3):
                filler = open_until_the_end.enter_context(socket.socket())
                filler.settimeout(0)
                filler.connect_ex(hole.getsockname())
            return int(hole.getsockname()[1])

        yield dig


@pytest.fixture
def mute() -> Iterator[int]:
    """The port of a listener that lets everybody in and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as listener:
        yield listener.getsockname()[1]


@pytest.fixture
def nobody() -> Iterator[int]:
    """A port where nothing listens: held by a socket that was never told to."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    return Certificates(tmp_path)


# --- TCP ---


async def test_a_connection_is_open_and_tuned_for_small_writes():
    async with greeting() as port:
        transport, protocol = await Connector(Origin("http", "127.0.0.1", port)).open(Caller)
        sock = transport.get_extra_info("socket")
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) != 0
        assert await protocol.heard == b"hello"
        assert protocol.told == ["made"]
        transport.abort()


async def test_a_real_name_is_resolved():
    async with greeting() as port, no_socket_left():
        await greeted(Connector(Origin("http", "localhost", port), connect_s=LONG_S))


async def test_a_unix_socket_is_an_origin_too(tmp_path):
    path = str(tmp_path / "gateway.sock")
    async with await asyncio.get_running_loop().create_unix_server(Greeter, path), no_socket_left():
        await greeted(Connector(Origin("http", "localhost", 80, unix_path=path)))


async def test_a_unix_socket_that_is_not_there_is_named(tmp_path):
    path = str(tmp_path / "nothing.sock")
    text = await refusal(Connector(Origin("http", "localhost", 80, unix_path=path)))
    assert text == f"cannot connect to unix:{path}: {path}: there is no such socket file"


async def test_a_refused_port_is_named_with_its_host(nobody):
    async with no_socket_left():
        text = await refusal(Connector(Origin("http", "127.0.0.1", nobody)))
    where = f"127.0.0.1:{nobody}"
    assert text == f"cannot connect to http://{where}: {where}: connection refused (nothing listens there)"


@pytest.mark.parametrize(
    ("code", "says"),
    [
        (socket.EAI_NONAME, "name not found: nowhere.test"),
        (socket.EAI_AGAIN, "nowhere.test cannot be resolved: the name servers do not answer"),
    ],
)
async def test_a_name_that_leads_nowhere_is_named(monkeypatch, code, says):
    resolve_to(monkeypatch, error=socket.gaierror(code, "made up"))
    assert says in await refusal(Connector(Origin("http", "nowhere.test", 80)))


async def test_the_second_address_is_tried_when_the_first_refuses(monkeypatch):
    async with greeting() as port, no_socket_left():
        resolve_to(monkeypatch, "127.0.0.2", "127.0.0.1")
        await greeted(Connector(Origin("http", "two.test", port), connect_s=LONG_S, stagger_s=LONG_S))


async def test_the_second_address_is_tried_beside_a_first_that_says_nothing(monkeypatch, black_hole):
    async with greeting() as port:
        black_hole("127.0.0.2", port)
        resolve_to(monkeypatch, "127.0.0.2", "127.0.0.1")
        async with no_socket_left():
            await greeted(Connector(Origin("http", "two.test", port), connect_s=LONG_S, stagger_s=SHORT_S))


async def test_when_all_fail_all_are_named(monkeypatch, nobody):
    resolve_to(monkeypatch, "127.0.0.1", "127.0.0.2", "::1")
    async with no_socket_left():
        text = await refusal(Connector(Origin("http", "three.test", nobody)))
    assert text.count("refused") + text.count("no local address") + text.count("unreachable") == 3
    assert f"127.0.0.1:{nobody}: " in text
    assert f"127.0.0.2:{nobody}: " in text
    assert f"[::1]:{nobody}: " in text


async def test_of_several_winners_one_is_kept(monkeypatch):
    dialed: list[socket.socket] = []
    finish = asyncio.Event()

    async def connect_with_the_others(sock: socket.socket, _: Any) -> None:
        dialed.append(sock)
        await finish.wait()

    monkeypatch.setattr(asyncio.get_running_loop(), "sock_connect", connect_with_the_others)
    race = asyncio.ensure_future(dial([Address(socket.AF_INET, ("127.0.0.1", 9))] * 5, [], stagger_s=0))
    await eventually(lambda: len(dialed) == 5)
    finish.set()
    with await race as kept:
        assert [sock for sock in dialed if sock.fileno() != -1] == [kept]


def test_families_take_turns_and_nothing_is_tried_twice():
    four = [Address(socket.AF_INET, (f"10.0.0.{n}", 80)) for n in (1, 2, 3)]
    six = [Address(socket.AF_INET6, (f"fd00::{n}", 80, 0, 0)) for n in (1, 2)]
    assert interleave([*six, *four, *six]) == [six[0], four[0], six[1], four[1], four[2]]


# --- TLS ---


@pytest.mark.parametrize("host", ["localhost", "localhost.", "127.0.0.1"])
async def test_a_certificate_of_the_ca_file_is_believed(monkeypatch, certificates, host):
    resolve_to(monkeypatch, "127.0.0.1")
    async with greeting(tls=certificates.server("localhost", "127.0.0.1")) as port, no_socket_left():
        tls = await greeted(Connector(Origin("https", host, port), tls=certificates.trusted, connect_s=LONG_S))
        assert tls.selected_alpn_protocol() == "http/1.1"


async def test_an_unknown_authority_is_refused_by_default(certificates):
    async with greeting(tls=certificates.server("localhost")) as port, no_socket_left():
        text = await refusal(Connector(Origin("https", "localhost", port), connect_s=LONG_S))
    assert text.startswith(f"cannot connect to https://localhost:{port}: certificate verify failed: ")
    assert text.endswith("(trust its issuer by a CA file)")


async def test_nothing_is_verified_where_that_was_asked_for(certificates):
    async with greeting(tls=certificates.server("other.test")) as port, no_socket_left():
        tls = client_context(verify=False)
        await greeted(Connector(Origin("https", "localhost", port), tls=tls, connect_s=LONG_S))


@pytest.mark.parametrize(
    ("name", "details", "says"),
    [
        ("other.test", {}, "not valid for 'localhost'"),
        ("localhost", {"not_after": datetime(2020, 1, 1, tzinfo=UTC)}, "certificate has expired"),
    ],
    ids=["wrong host", "expired"],
)
async def test_a_certificate_that_does_not_hold_is_refused_with_the_reason(certificates, name, details, says):
    async with greeting(tls=certificates.server(name, **details)) as port, no_socket_left():
        text = await refusal(Connector(Origin("https", "localhost", port), tls=certificates.trusted, connect_s=LONG_S))
    assert "certificate verify failed: " in text
    assert says in text


async def test_a_peer_that_speaks_plain_http_is_suspected_of_it(certificates):
    async with greeting() as port, no_socket_left():
        text = await refusal(Connector(Origin("https", "localhost", port), tls=certificates.trusted, connect_s=LONG_S))
    assert "TLS handshake failed" in text
    assert "may speak plain http" in text


async def test_a_peer_that_hangs_up_in_the_handshake_is_told_of(certificates):
    class Rude(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            transport.close()

    async with await asyncio.get_running_loop().create_server(Rude, "127.0.0.1", 0) as server, no_socket_left():
        origin = Origin("https", "127.0.0.1", server.sockets[0].getsockname()[1])
        text = await refusal(Connector(origin, tls=certificates.trusted, connect_s=LONG_S))
    assert "the peer closed the connection during the TLS handshake" in text


async def test_a_protocol_that_cannot_be_made_leaves_no_socket():
    class Unwilling(Caller):
        def __init__(self) -> None:
            raise RuntimeError("not today")

    async with greeting() as port, no_socket_left():
        with pytest.raises(RuntimeError, match="not today"):
            await Connector(Origin("http", "127.0.0.1", port)).open(Unwilling)


# --- whatever it is waiting for, it can be ended ---


async def never(*_: object, **__: object) -> None:
    await asyncio.get_running_loop().create_future()


def stuck_in_dns(monkeypatch: pytest.MonkeyPatch, mute: int, black_hole: Dig, **limits: Any) -> Connector:
    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", never)
    return Connector(Origin("http", "slow.test", mute), **limits)


def stuck_in_tcp(monkeypatch: pytest.MonkeyPatch, mute: int, black_hole: Dig, **limits: Any) -> Connector:
    return Connector(Origin("http", "127.0.0.1", black_hole()), **limits)


def stuck_in_a_race(monkeypatch: pytest.MonkeyPatch, mute: int, black_hole: Dig, **limits: Any) -> Connector:
    port = black_hole("127.0.0.1")
    black_hole("127.0.0.2", port)
    resolve_to(monkeypatch, "127.0.0.3", "127.0.0.1", "127.0.0.2")
    return Connector(Origin("http", "three.test", port), stagger_s=0.01, **limits)


def stuck_at_the_proxy(monkeypatch: pytest.MonkeyPatch, mute: int, black_hole: Dig, **limits: Any) -> Connector:
    proxy = Proxy(Origin("http", "127.0.0.1", mute))
    return Connector(Origin("https", "api.test", 443), proxy=proxy, **limits)


def stuck_in_tls(monkeypatch: pytest.MonkeyPatch, mute: int, black_hole: Dig, **limits: Any) -> Connector:
    return Connector(Origin("https", "127.0.0.1", mute), **limits)


PHASES = {
    stuck_in_dns: "still waiting for the name servers",
    stuck_in_tcp: "still waiting for TCP to 127.0.0.1:",
    stuck_in_a_race: "connection refused",
    stuck_at_the_proxy: "still waiting for the proxy's answer to CONNECT",
    stuck_in_tls: "still waiting for the TLS handshake",
}


@pytest.mark.parametrize(("phase", "says"), PHASES.items(), ids=[phase.__name__ for phase in PHASES])
async def test_time_runs_out_and_the_error_says_in_what(monkeypatch, mute, black_hole, phase, says):
    connector = phase(monkeypatch, mute, black_hole, connect_s=SHORT_S)
    async with no_socket_left():
        with pytest.raises(ConnectTimeout, match=f"no connection to {connector.route} within {SHORT_S} s") as failure:
            await connector.open(Caller)
    assert says in str(failure.value)
    assert isinstance(failure.value, CallTimeout)
    assert failure.value.sent is False


@pytest.mark.parametrize("phase", PHASES)
async def test_cancelled_while_it_waits_it_leaves_no_socket(monkeypatch, mute, black_hole, phase):
    connector = phase(monkeypatch, mute, black_hole, connect_s=LONG_S)
    async with no_socket_left():
        opening = asyncio.ensure_future(connector.open(Caller))
        await asyncio.sleep(SHORT_S)
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_cancelled_at_any_turn_of_the_loop_it_leaves_no_socket(monkeypatch, certificates, scheme):
    resolve_to(monkeypatch, "127.0.0.1")
    tls = certificates.server("localhost") if scheme == "https" else None
    async with greeting(tls=tls) as port, no_socket_left():
        connector = Connector(Origin(scheme, "localhost", port), tls=certificates.trusted, connect_s=LONG_S)
        await cancel_at_each_turn(lambda: connector.open(Caller))
