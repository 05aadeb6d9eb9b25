"""Each probe against the thing itself: real directories, ports and sockets of this machine."""

import os
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import trustme

from gossamer.cli import probe_node
from gossamer.cli.probe_node import (
    probe_certificate,
    probe_data_dir,
    probe_disk,
    probe_garbled,
    probe_port,
    probe_unix_socket,
)
from gossamer.config.settings import JournalSettings, ServerSettings, TlsSettings
from gossamer.journal.aside import Aside
from gossamer.journal.reader import Garbled, Position

GOSSAMER = b'HTTP/1.1 200 OK\r\ncontent-length: 32\r\n\r\n{"status":"ok","name":"Gossamer"}'
STRANGER = b"HTTP/1.1 404 Not Found\r\nserver: nginx\r\ncontent-length: 0\r\n\r\n"

Serve = Callable[[socket.socket, bytes], None]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Answers one connection of a listening socket with these bytes."""
    threads: list[threading.Thread] = []

    def answer(listener: socket.socket, reply: bytes) -> None:
        peer, _ = listener.accept()
        with peer:
            peer.recv(4096)
            peer.sendall(reply)

    def serve(listener: socket.socket, reply: bytes) -> None:
        thread = threading.Thread(target=answer, args=(listener, reply), daemon=True)
        thread.start()
        threads.append(thread)

    yield serve
    for thread in threads:
        thread.join(5)
        assert not thread.is_alive()


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with closing(socket.create_server(("127.0.0.1", 0))) as sock:
        yield sock


def server_on(sock: socket.socket) -> ServerSettings:
    return ServerSettings(port=sock.getsockname()[1])


# --- disk ---


def test_a_directory_that_can_be_written(tmp_path):
    assert probe_data_dir(tmp_path).word == "ok"
    assert list(tmp_path.iterdir()) == []


def test_a_directory_that_can_be_made(tmp_path):
    finding = probe_data_dir(tmp_path / "a" / "b")
    assert (finding.word, finding.text) == ("ok", f"{tmp_path / 'a' / 'b'} does not exist yet and can be made")
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_way(tmp_path):
    (tmp_path / "a").write_text("")
    finding = probe_data_dir(tmp_path / "a" / "b")
    assert finding.word == "fail"
    assert finding.text == f"{tmp_path / 'a'} is no directory; move it away, or set data_dir to another path"


def test_a_directory_that_cannot_be_written():
    # Nobody, not even root, makes a file there.
    finding = probe_data_dir(Path("/proc/gossamer"))
    assert finding.word == "fail"
    assert finding.text.startswith("nothing can be written in /proc (")
    assert f"user {os.geteuid()}" in finding.text


def test_a_relative_directory_is_named_from_the_root(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert str(tmp_path / ".gossamer") in probe_data_dir(Path(".gossamer")).text


@pytest.mark.parametrize(
    ("free_bytes", "word"), [(100 << 20, "ok"), ((100 << 20) - 1, "warn"), (10 << 20, "warn"), ((10 << 20) - 1, "fail")]
)
def test_room_for_the_journal(tmp_path, monkeypatch, free_bytes, word):
    usage = shutil.disk_usage(tmp_path)._replace(free=free_bytes)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    journal = JournalSettings(segment_size_bytes=10 << 20, max_size_bytes=100 << 20)
    finding = probe_disk(tmp_path / "not yet", journal)
    assert finding.word == word
    assert "the journal may take 100MiB" in finding.text


# --- port ---


def test_a_free_port(listener):
    server = server_on(listener)
    listener.close()
    finding = probe_port(server)
    assert (finding.word, finding.text) == ("ok", f"127.0.0.1:{server.port} is free")


def test_any_port():
    assert probe_port(ServerSettings(port=0)).text == "127.0.0.1:0 takes any free port"


def test_a_port_that_gossamer_holds(listener, serve):
    serve(listener, GOSSAMER)
    finding = probe_port(server_on(listener))
    assert finding.word == "ok"
    assert finding.text.endswith("is in use by a running gossamer")


def test_a_port_that_another_holds(listener, serve):
    serve(listener, STRANGER)
    finding = probe_port(server_on(listener))
    port = listener.getsockname()[1]
    assert finding.word == "fail"
    assert finding.text == (
        f"127.0.0.1:{port} is in use by another program; stop it (`ss -ltnp 'sport = :{port}'` names it), "
        "or set server.port"
    )


def test_a_port_that_somebody_silent_holds(listener, monkeypatch):
    monkeypatch.setattr(probe_node, "ASK_S", 0.05)
    assert probe_port(server_on(listener)).word == "fail"


def test_an_address_that_is_not_here():
    # Of the range that is kept for documentation: nobody has it.
    finding = probe_port(ServerSettings(host="192.0.2.1", port=0))
    assert finding.word == "fail"
    assert finding.text == "192.0.2.1 is no address of this machine; set server.host to one that is"


def test_a_name_without_an_address(monkeypatch):
    def find_nothing(*_, **__):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", find_nothing)
    finding = probe_port(ServerSettings(host="nowhere", port=0))
    assert finding.word == "fail"
    assert finding.text == "the name nowhere has no address; set server.host to one of this machine"


# --- Unix socket ---


@pytest.fixture
def unix(tmp_path) -> Iterator[tuple[Path, socket.socket]]:
    path = tmp_path / "g.sock"
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(path))
        yield path, sock


def test_a_socket_that_can_be_made(tmp_path):
    assert probe_unix_socket(str(tmp_path / "g.sock")).text == f"{tmp_path / 'g.sock'} is free"


def test_a_socket_in_a_directory_that_is_not_there(tmp_path):
    assert probe_unix_socket(str(tmp_path / "a" / "g.sock")).word == "fail"


def test_a_file_in_place_of_the_socket(tmp_path):
    (tmp_path / "g.sock").write_text("")
    finding = probe_unix_socket(str(tmp_path / "g.sock"))
    assert finding.word == "fail"
    assert "is no socket" in finding.text


def test_a_socket_that_is_left_over(unix):
    finding = probe_unix_socket(str(unix[0]))
    assert (finding.word, finding.text) == ("ok", f"{unix[0]} is left over from an earlier run and will be replaced")


@pytest.mark.parametrize(("reply", "word"), [(GOSSAMER, "ok"), (STRANGER, "fail")])
def test_a_socket_in_use(unix, serve, reply, word):
    path, sock = unix
    sock.listen()
    serve(sock, reply)
    assert probe_unix_socket(str(path)).word == word


# --- certificate ---


@pytest.fixture
def pems(tmp_path) -> tuple[str, str]:
    issued = trustme.CA().issue_cert("localhost")
    certificate, key = tmp_path / "c.pem", tmp_path / "k.pem"
    issued.cert_chain_pems[0].write_to_path(certificate)
    issued.private_key_pem.write_to_path(key)
    return str(certificate), str(key)


def test_a_certificate_and_its_key(pems):
    assert probe_certificate(TlsSettings(certificate=pems[0], key=pems[1])).word == "ok"


def test_the_key_of_another_certificate(pems, tmp_path):
    other = tmp_path / "other.pem"
    trustme.CA().issue_cert("localhost").private_key_pem.write_to_path(other)
    finding = probe_certificate(TlsSettings(certificate=pems[0], key=str(other)))
    assert finding.word == "fail"
    assert str(other) in finding.text


def test_a_certificate_that_is_not_there(pems):
    finding = probe_certificate(TlsSettings(certificate="/nope.pem", key=pems[1]))
    assert finding.word == "fail"
    assert "/nope.pem" in finding.text


def test_what_was_no_record_is_told(tmp_path: Path):
    assert probe_garbled(tmp_path) is None
    Aside(tmp_path / "journal-garbled").keep([Garbled(Position("w00.ndjson", 7), b"!", "not a JSON object")])
    finding = probe_garbled(tmp_path)
    assert finding is not None
    assert finding.word == "warn"
    assert f"1 of its lines were no records, and are set aside in {tmp_path}/journal-garbled" in finding.text
