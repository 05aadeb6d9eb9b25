"""The supervisor as a process: what clients see while workers die, and what each signal does.

The workers are stand-ins (standin_worker.py): a server of a few lines behind the real entry and the real link.
"""

import hashlib
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

SERVE = str(Path(__file__).with_name("standin_serve.py"))
PATIENCE_S = 20.0
"""For what must happen; a pass takes milliseconds."""

TAKE_TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
)


class Answer(NamedTuple):
    """What the stand-in says of itself."""

    pid: int
    number: int
    log_level: str


def eventually(happens: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not happens():
        assert time.monotonic() < deadline, "did not happen"
        time.sleep(0.01)


def is_alive(pid: int) -> bool:
    """A zombie is none: whoever has to reap it may not be here."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def children_of(pid: int, program: str) -> list[int]:
    """Those whose command line has this in it."""
    found = []
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        with suppress(FileNotFoundError, ProcessLookupError):
            if program in Path(f"/proc/{child}/cmdline").read_text():
                found.append(int(child))
    return found


class Gateway:
    """A supervisor in a directory of its own, and a client of it."""

    def __init__(self, home: Path, behaviour: str, control: str) -> None:
        self.home = home
        self.behaviour = behaviour
        self.control = control
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self.process: subprocess.Popen[bytes] | None = None

    def configure(self, workers: int = 1, level: str = "info", drain: float = 30.0, port: int | None = None) -> None:
        self.write_settings(
            {
                "server": {
                    "port": port or self.port,
                    "workers": workers,
                    "uds": str(self.home / "g.sock"),
                    "limits": {"drain_timeout": drain},
                },
                "data_dir": str(self.home / "data"),
                "log": {"level": level, "format": "text"},
            }
        )

    def write_settings(self, settings: object) -> None:
        (self.home / "settings.json").write_bytes(msgspec.json.encode(settings))

    def start(self, stdin: int = subprocess.DEVNULL, before: tuple[str, ...] = ()) -> "Gateway":
        command = [*before, sys.executable, SERVE, str(self.home / "settings.json"), self.behaviour, self.control]
        with (self.home / "out").open("ab") as out, (self.home / "err").open("ab") as err:
            self.process = subprocess.Popen(command, stdin=stdin, stdout=out, stderr=err, start_new_session=True)
        return self

    def started(self) -> "Gateway":
        self.start()
        eventually(lambda: "is ready at" in self.out)
        return self

    @property
    def out(self) -> str:
        return (self.home / "out").read_text()

    @property
    def log(self) -> str:
        return (self.home / "err").read_text()

    def kept(self) -> str:
        """What the control process keeps of the first key."""
        return (self.home / "data" / "first-key").read_text()

    def logs(self, text: str, times: int = 1) -> None:
        eventually(lambda: self.log.count(text) >= times)

    def signal(self, number: int) -> None:
        assert self.process
        self.process.send_signal(number)

    def ended(self) -> int:
        assert self.process
        return self.process.wait(PATIENCE_S)

    def send(self, path: str = "/") -> socket.socket:
        client = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S)
        client.sendall(f"GET {path} HTTP/1.1\r\nhost: g\r\n\r\n".encode())
        return client

    def get(self, path: str = "/") -> Answer:
        return read_answer(self.send(path))

    def send_slow(self, count: int = 1) -> list[socket.socket]:
        """Requests that a worker has in hand, and answers when they are let go."""
        clients = [self.send("/slow") for _ in range(count)]
        eventually(lambda: len(list((self.home / "data").glob("in-hand-*"))) == count)
        return clients

    def let_go(self) -> None:
        (self.home / "data" / "go").touch()

    def refuses(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S).close()
        except ConnectionRefusedError:
            return True
        return False

    def children(self) -> list[int]:
        """The workers."""
        return children_of(self.pid, "standin_worker")

    def control_pid(self) -> int:
        (pid,) = children_of(self.pid, "standin_control")
        return pid

    @property
    def pid(self) -> int:
        assert self.process
        return self.process.pid

    def close(self) -> None:
        if self.process is not None and self.process.poll() is None:
            for pid in [*children_of(self.pid, ""), self.process.pid]:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self.process.wait()


def read_answer(client: socket.socket) -> Answer:
    with client, client.makefile("rb") as stream:
        pid, number, level = stream.read().decode().rpartition("\r\n\r\n")[2].split()
    return Answer(int(pid), int(number), level)


MakeGateway = Callable[..., Gateway]


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[MakeGateway]:
    made: list[Gateway] = []

    def make(behaviour: str = "good", control: str = "good", **settings: float) -> Gateway:
        home = tmp_path / str(len(made))
        home.mkdir()
        made.append(Gateway(home, behaviour, control))
        made[-1].configure(**settings)  # type: ignore[arg-type]
        return made[-1]

    yield make
    for each in made:
        each.close()


# --- the start ---


def test_the_first_start_shows_a_key_once_and_later_starts_keep_it(gateway: MakeGateway):
    served = gateway().started()
    (token,) = set(re.findall(r"gsm_[a-z2-7]{26}_[a-z2-7]{32}", served.out))
    assert served.kept() == hashlib.sha256(token.encode()).hexdigest()
    served.signal(signal.SIGTERM)
    assert served.ended() == 0
    (served.home / "out").unlink()

    served.started()
    assert token not in served.out
    assert "The first key was shown at the first start" in served.out
    assert served.kept() == hashlib.sha256(token.encode()).hexdigest()


def test_a_store_that_is_late_does_not_keep_the_banner_and_its_key_follows(gateway: MakeGateway):
    served = gateway(control="hesitates").started()
    assert "gsm_" not in served.out
    assert "The state store does not answer yet" in served.out
    os.kill(served.control_pid(), signal.SIGKILL)
    served.logs("control ready", times=2)
    (served.home / "data" / "store").touch()
    eventually(lambda: "Your first key" in served.out)
    (token,) = set(re.findall(r"gsm_[a-z2-7]{26}_[a-z2-7]{32}", served.out))
    assert served.kept() == hashlib.sha256(token.encode()).hexdigest()


def test_a_data_directory_with_too_long_a_name_is_refused_in_words(gateway: MakeGateway):
    served = gateway()
    served.write_settings({"data_dir": str(served.home / ("x" * 100))})
    assert served.start().ended() == 1
    assert served.log.splitlines()[-1].endswith("Choose a shorter data_dir.")


def test_a_second_gateway_in_the_same_data_directory_is_refused(gateway: MakeGateway):
    first, second = gateway().started(), gateway()
    second.write_settings({"server": {"port": 0}, "data_dir": str(first.home / "data")})
    assert second.start().ended() == 1
    assert "Another gossamer serves from the data directory" in second.log
    first.signal(signal.SIGTERM)
    assert first.ended() == 0
    assert not list((first.home / "data").glob("*.sock"))


def test_a_port_that_is_taken_is_refused_in_words(gateway: MakeGateway):
    first, second = gateway().started(), gateway()
    second.configure(port=first.port)
    assert second.start().ended() == 1
    assert second.log.startswith(f"gossamer: 127.0.0.1:{first.port} is in use")
    assert "Traceback" not in second.log
    assert first.get().pid


def test_workers_that_cannot_start_end_it_and_their_last_words_are_said(gateway: MakeGateway):
    served = gateway("fails", workers=5).start()
    assert served.ended() == 1
    last = served.log.splitlines()[-1]
    assert last.startswith("gossamer: 10 workers in a row ended before they were ready")
    assert last.endswith("RuntimeError: no room for a journal")
    assert not (served.home / "data" / "first-key").exists(), "nobody has seen the key"


def test_the_unix_socket_is_served_as_well(gateway: MakeGateway):
    served = gateway(workers=2).started()
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(PATIENCE_S)
    client.connect(str(served.home / "g.sock"))
    client.sendall(b"GET / HTTP/1.1\r\n\r\n")
    assert read_answer(client).pid in served.children()


# --- workers that die ---


def test_the_port_never_refuses_while_workers_are_killed(gateway: MakeGateway):
    served = gateway(workers=2).started()
    outcomes: list[str] = []
    is_over = threading.Event()

    def call_without_end() -> None:
        while not is_over.is_set():
            try:
                served.get()
                outcomes.append("answered")
            except ConnectionRefusedError:
                outcomes.append("refused")
            except (ConnectionError, ValueError):
                outcomes.append("cut")  # It was in the hands of the worker that was killed.

    callers = [threading.Thread(target=call_without_end) for _ in range(4)]
    for caller in callers:
        caller.start()
    for death in range(1, 4):
        os.kill(served.children()[0], signal.SIGKILL)
        served.logs("starting another", times=death)
        served.logs("worker ready", times=2 + death)
    is_over.set()
    for caller in callers:
        caller.join()
    assert "refused" not in outcomes
    assert outcomes.count("answered") > 10
    assert outcomes.count("cut") <= 3 * len(callers)


def test_a_request_to_a_dead_worker_is_answered_by_its_successor(gateway: MakeGateway):
    served = gateway().started()
    first = served.get().pid
    os.kill(first, signal.SIGKILL)
    assert served.get().pid != first
    assert "killed by SIGKILL" in served.log


def test_a_worker_that_is_told_to_end_finishes_its_requests_and_is_replaced(gateway: MakeGateway):
    served = gateway().started()
    first = served.get().pid
    (slow,) = served.send_slow()
    os.kill(first, signal.SIGTERM)
    assert is_alive(first)
    served.let_go()
    assert read_answer(slow).pid == first
    assert served.get().pid != first


def test_the_unix_socket_outlives_a_worker_that_ends(gateway: MakeGateway):
    served = gateway(workers=2).started()
    os.kill(served.children()[0], signal.SIGTERM)
    served.logs("worker ready", times=3)
    assert (served.home / "g.sock").is_socket()


# --- the end ---


def test_sigterm_lets_requests_under_way_finish_and_takes_no_new_ones(gateway: MakeGateway):
    served = gateway(workers=2).started()
    slow = served.send_slow(6)
    served.signal(signal.SIGTERM)
    eventually(served.refuses)
    assert not (served.home / "g.sock").exists()
    served.let_go()
    assert all(read_answer(client).pid for client in slow)
    assert served.ended() == 0
    assert "stopped" in served.log


def test_who_does_not_drain_is_killed_in_the_end(gateway: MakeGateway):
    served = gateway("stubborn", drain=0.05).started()
    (pid,) = served.children()
    served.signal(signal.SIGTERM)
    assert served.ended() == 0
    assert "did not drain in time" in served.log
    assert not is_alive(pid)


def test_a_second_interrupt_cuts(gateway: MakeGateway):
    served = gateway(drain=3600.0).started()
    (slow,) = served.send_slow()
    (pid,) = served.children()
    served.signal(signal.SIGINT)
    served.logs("draining")
    served.signal(signal.SIGINT)
    assert served.ended() == 130
    assert not is_alive(pid)
    with slow, suppress(ConnectionResetError):
        assert slow.recv(1) == b""


def test_a_supervisor_that_is_killed_leaves_no_orphans(gateway: MakeGateway):
    served = gateway(workers=2).started()
    (slow,) = served.send_slow()
    pids = served.children()
    served.signal(signal.SIGKILL)
    served.ended()
    eventually(served.refuses)
    served.let_go()
    assert read_answer(slow).pid in pids
    eventually(lambda: not any(map(is_alive, pids)))


def test_a_terminal_that_closes_ends_it(gateway: MakeGateway):
    served = gateway()
    ours, theirs = pty.openpty()
    served.start(stdin=theirs, before=(sys.executable, "-c", TAKE_TERMINAL))
    os.close(theirs)
    eventually(lambda: "is ready at" in served.out)
    os.close(ours)
    assert served.ended() == 0


# --- SIGHUP ---


def test_bad_settings_are_told_and_the_old_ones_stay(gateway: MakeGateway):
    served = gateway().started()
    before = served.get()
    served.write_settings({"server": {"prt": 1}})
    served.signal(signal.SIGHUP)
    served.logs("the old ones stay")
    assert "prt" in served.log
    assert served.get() == before


def test_good_settings_reach_every_worker_and_those_that_come_later(gateway: MakeGateway):
    served = gateway(workers=2).started()
    served.configure(workers=2, level="warning")
    served.signal(signal.SIGHUP)
    eventually(lambda: {served.get().log_level for _ in range(20)} == {"warning"})
    old = served.children()
    os.kill(old[0], signal.SIGKILL)
    eventually(lambda: served.get().pid not in old)
    assert {served.get().log_level for _ in range(20)} == {"warning"}


def test_what_needs_a_restart_is_named_and_left(gateway: MakeGateway):
    served = gateway().started()
    served.configure(port=1, workers=7)
    served.signal(signal.SIGHUP)
    served.logs("changes only by a restart", times=2)
    assert "setting=server.port" in served.log
    assert "setting=server.workers" in served.log
    assert len(served.children()) == 1


def test_a_worker_may_refuse_and_keeps_what_it_has(gateway: MakeGateway):
    served = gateway("refuses-reload").started()
    served.configure(level="debug")
    served.signal(signal.SIGHUP)
    served.logs("these settings do not suit me")
    assert served.get().log_level == "info"
    os.kill(served.get().pid, signal.SIGKILL)
    assert served.get().log_level == "info"


def test_a_reload_before_the_start_is_done_loses_no_key(gateway: MakeGateway):
    served = gateway("hesitates").start()
    eventually(lambda: (served.home / "data").exists() and bool(served.children()))
    served.signal(signal.SIGHUP)
    served.logs("settings read")
    served.let_go()
    eventually(lambda: "is ready at" in served.out)
    (token,) = set(re.findall(r"gsm_[a-z2-7]{26}_[a-z2-7]{32}", served.out))
    assert served.kept() == hashlib.sha256(token.encode()).hexdigest()


def test_a_reload_reaches_the_control_process_too(gateway: MakeGateway):
    served = gateway().started()
    served.signal(signal.SIGHUP)
    served.logs("control reloaded")


def test_a_control_process_that_is_killed_is_replaced_and_no_request_notices(gateway: MakeGateway):
    served = gateway().started()
    before = served.get()
    os.kill(served.control_pid(), signal.SIGKILL)
    served.logs("control ready", times=2)
    assert served.get() == before
