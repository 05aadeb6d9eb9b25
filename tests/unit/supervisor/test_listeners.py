"""The listening sockets, on loopback: who shares a port, who is refused, and what the refusal says."""

import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from gossamer.supervisor.errors import StartFailed
from gossamer.supervisor.listeners import open_listeners


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which another program listens."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]


def accept_one(sockets: tuple[socket.socket, ...]) -> bool:
    sockets[0].settimeout(0)
    try:
        sockets[0].accept()[0].close()
    except BlockingIOError:
        return False
    return True


def test_each_worker_has_a_socket_of_its_own_on_one_port():
    with closing(open_listeners("127.0.0.1", 0, workers=3)) as listeners:
        names = {sockets[0].getsockname() for sockets in listeners.of_worker}
        assert names == {("127.0.0.1", listeners.port)}
        assert len({sockets[0].fileno() for sockets in listeners.of_worker}) == 3


def test_connections_wait_for_a_worker_that_is_not_there_yet():
    with closing(open_listeners("127.0.0.1", 0, workers=2)) as listeners:
        for _ in range(20):
            socket.create_connection(("127.0.0.1", listeners.port), timeout=5).close()
        waiting = sum(accept_one(sockets) for sockets in listeners.of_worker for _ in range(20))
        assert waiting == 20


def test_after_close_the_port_refuses():
    listeners = open_listeners("127.0.0.1", 0, workers=2)
    listeners.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", listeners.port), timeout=5)


def test_a_port_in_use_is_refused_and_the_text_says_what_to_do(taken: int):
    with pytest.raises(StartFailed) as refused:
        open_listeners("127.0.0.1", taken, workers=1)
    assert f"127.0.0.1:{taken} is in use" in str(refused.value)
    assert "--port" in str(refused.value)


def test_a_second_gateway_does_not_slip_in_beside_the_first():
    with closing(open_listeners("127.0.0.1", 0, workers=1)) as first, pytest.raises(StartFailed, match="in use"):
        open_listeners("127.0.0.1", first.port, workers=1)


def test_connections_of_an_earlier_run_that_linger_do_not_keep_a_new_one_out():
    earlier = open_listeners("127.0.0.1", 0, workers=1)
    client = socket.create_connection(("127.0.0.1", earlier.port), timeout=5)
    accepted, _ = earlier.of_worker[0][0].accept()
    accepted.close()  # The side that closes first is the one that lingers.
    client.close()
    earlier.close()
    open_listeners("127.0.0.1", earlier.port, workers=1).close()


@pytest.mark.parametrize(
    ("host", "says"),
    [
        ("a..b", "'a..b' has no address .not a name.*such as 127.0.0.1"),
        ("192.0.2.1", "This machine has no address 192.0.2.1"),
    ],
)
def test_a_host_that_is_not_ours_is_refused(host: str, says: str):
    with pytest.raises(StartFailed, match=says):
        open_listeners(host, 0, workers=1)


def test_a_name_that_nobody_knows_is_refused(monkeypatch: pytest.MonkeyPatch):
    def unknown(*args: object, **kwargs: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(StartFailed, match=r"'gatewy' has no address .Name or service not known"):
        open_listeners("gatewy", 0, workers=1)


def test_a_name_listens_on_all_its_addresses_that_this_machine_has(monkeypatch: pytest.MonkeyPatch):
    def both(*args: object, **kwargs: object) -> list[tuple[object, ...]]:
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", 0)),
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 0)),
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.2", 0)),
        ]

    monkeypatch.setattr(socket, "getaddrinfo", both)
    with closing(open_listeners("both", 0, workers=1)) as listeners:
        names = [sock.getsockname() for sock in listeners.of_worker[0]]
    assert names == [("127.0.0.1", listeners.port), ("127.0.0.2", listeners.port)]


# --- the Unix socket ---


def test_the_unix_socket_is_one_for_all_workers(tmp_path: Path):
    with closing(open_listeners("127.0.0.1", 0, workers=2, uds=str(tmp_path / "g.sock"))) as listeners:
        (_, first), (_, second) = listeners.of_worker
        assert first is second
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(tmp_path / "g.sock"))
    assert not (tmp_path / "g.sock").exists()


def test_closing_twice_leaves_a_successors_socket_alone(tmp_path: Path):
    first = open_listeners("127.0.0.1", 0, workers=1, uds=str(tmp_path / "g.sock"))
    first.close()
    with closing(open_listeners("127.0.0.1", 0, workers=1, uds=str(tmp_path / "g.sock"))):
        first.close()
        assert (tmp_path / "g.sock").exists()


def test_the_socket_of_a_gateway_that_was_killed_is_replaced(tmp_path: Path):
    with socket.socket(socket.AF_UNIX) as killed:
        killed.bind(str(tmp_path / "g.sock"))
    open_listeners("127.0.0.1", 0, workers=1, uds=str(tmp_path / "g.sock")).close()


def test_a_socket_that_answers_is_left_alone(tmp_path: Path):
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(tmp_path / "g.sock"))
        other.listen()
        with pytest.raises(StartFailed, match="Another program listens"):
            open_listeners("127.0.0.1", 0, workers=1, uds=str(tmp_path / "g.sock"))
    assert (tmp_path / "g.sock").exists()


def test_a_file_of_another_kind_is_left_alone(tmp_path: Path):
    (tmp_path / "g.sock").write_text("precious")
    with pytest.raises(StartFailed, match="no socket"):
        open_listeners("127.0.0.1", 0, workers=1, uds=str(tmp_path / "g.sock"))
    assert (tmp_path / "g.sock").read_text() == "precious"


@pytest.mark.parametrize("name", ["missing/g.sock", "x" * 200])
def test_a_path_that_cannot_be_bound_leaves_the_port_free_too(tmp_path: Path, name: str):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
    with pytest.raises(StartFailed, match=r"Choose (another path as|a shorter) server\.uds"):
        open_listeners("127.0.0.1", port, workers=2, uds=str(tmp_path / name))
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5)
