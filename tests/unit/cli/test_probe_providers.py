"""Providers on real sockets of this machine: there, gone, silent, with a certificate and with a wrong one."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from gossamer.cli import probe_providers as probes
from gossamer.cli.probe_node import Finding
from gossamer.cli.probe_providers import probe_providers
from gossamer.config.upstreams import CompatibleProvider, MockProvider


def findings_of(base_url: str, **more) -> list[Finding]:
    return probe_providers({"p": CompatibleProvider(base_url=base_url, **more)}, {})


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as sock:
        yield sock


@pytest.fixture
def authority(tmp_path) -> tuple[trustme.CA, str]:
    authority = trustme.CA()
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return authority, str(path)


@pytest.fixture
def tls_port(listener, authority) -> Iterator[int]:
    """Shakes hands with one client; the client may break it off."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority[0].issue_cert("127.0.0.1").configure_cert(context)

    def shake() -> None:
        peer, _ = listener.accept()
        with peer, contextlib.suppress(OSError), context.wrap_socket(peer, server_side=True) as wrapped:
            wrapped.recv(1)

    thread = threading.Thread(target=shake, daemon=True)
    thread.start()
    yield listener.getsockname()[1]
    thread.join(5)
    assert not thread.is_alive()


def test_a_provider_that_takes_a_connection(listener):
    port = listener.getsockname()[1]
    reached, keys = findings_of(f"http://127.0.0.1:{port}/v1", api_keys=("sk-0123456789ab", "short"))
    assert (reached.word, reached.subject) == ("ok", "providers.p")
    assert reached.text.startswith(f"http://127.0.0.1:{port} took a connection in ")
    assert (keys.word, keys.text) == ("ok", "has 2 keys: ****89ab, ****")


def test_a_provider_without_a_key(listener):
    _, keys = findings_of(f"http://127.0.0.1:{listener.getsockname()[1]}")
    assert (keys.word, keys.text) == ("ok", "has no key, and is asked without one")


def test_a_provider_that_is_down(listener):
    port = listener.getsockname()[1]
    listener.close()
    reached, _ = findings_of(f"http://127.0.0.1:{port}/v1")
    assert reached.word == "fail"
    assert "refused" in reached.text
    assert reached.text.endswith("is base_url right, and is it up?")


def test_a_provider_that_says_nothing(listener, monkeypatch):
    monkeypatch.setattr(probes, "ASK_S", 0.05)
    reached, _ = findings_of(f"https://127.0.0.1:{listener.getsockname()[1]}")
    assert reached.word == "fail"
    assert "within 0.05 s" in reached.text


def test_a_certificate_of_the_authority_that_is_named(tls_port, authority):
    reached, _ = findings_of(f"https://127.0.0.1:{tls_port}", verify_tls=authority[1])
    assert reached.word == "ok"


def test_a_certificate_that_nobody_knows(tls_port):
    reached, _ = findings_of(f"https://127.0.0.1:{tls_port}")
    assert reached.word == "fail"
    assert "certificate" in reached.text


def test_a_certificate_that_nobody_asks_for(tls_port):
    reached, _ = findings_of(f"https://127.0.0.1:{tls_port}", verify_tls=False)
    assert reached.word == "ok"


def test_an_authority_that_is_not_there():
    reached, _ = findings_of("https://127.0.0.1:1", verify_tls="/nope.pem")
    assert reached.word == "fail"
    assert "/nope.pem" in reached.text


def test_a_unix_socket_that_is_not_there(tmp_path: Path):
    reached, _ = findings_of(f"unix:{tmp_path}/model.sock")
    assert reached.word == "fail"
    assert "model.sock" in reached.text


def test_the_mock_needs_nobody():
    assert probe_providers({"mock": MockProvider()}, {}) == [
        Finding("ok", "providers.mock", "answers inside the gateway")
    ]


def test_a_proxy_that_makes_no_sense_is_the_finding():
    (finding,) = probe_providers({"mock": MockProvider()}, {"HTTPS_PROXY": "socks5://127.0.0.1:1"})
    assert (finding.word, finding.subject) == ("fail", "proxy")
    assert "HTTPS_PROXY" in finding.text
