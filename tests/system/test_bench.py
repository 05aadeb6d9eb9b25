"""The yardstick with whole processes: what it reads of them, how it ends them, and a gate from end to end."""

import argparse
import os
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from gossamer.bench.errors import RigBroken, SubjectBroken
from gossamer.bench.kernel import cpu_ns, family, holder, memory_bytes
from gossamer.bench.neighbours import Neighbours
from gossamer.bench.pace import pace_ms
from gossamer.bench.placement import Place
from gossamer.bench.precise import PreciseSelector
from gossamer.bench.processes import Process, free_port, wait_for_port
from gossamer.bench.sampler import sitecustomize
from gossamer.bench.sampler.sitecustomize import FOLDER
from gossamer.bench.subject import Subject, running_gateway
from gossamer.cli.bench import add_commands

HERE = Place(min(os.sched_getaffinity(0)))
BUSY_THREAD = """
import threading, time
def burn():
    while time.thread_time() < 0.2: pass
thread = threading.Thread(target=burn); thread.start(); thread.join()
print("burnt", flush=True); time.sleep(60)
"""
STANDIN = f"{sys.executable} -m gossamer.bench.standin fast {{port}}"
needs_nginx = pytest.mark.skipif(
    shutil.which("nginx") is None, reason="nginx is not installed (apt-get install nginx-light)"
)


def python(code: str, name: str, folder: Path) -> Process:
    return Process(name, [sys.executable, "-c", code], HERE, folder / "words")


def wait_for_words(process: Process, words: str) -> None:
    deadline = time.monotonic() + 20
    while words not in process.last_words():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def is_alive(pid: int) -> bool:
    """A zombie that nobody has reaped yet is not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_cpu_of_ended_threads_counts(tmp_path: Path):
    process = python(BUSY_THREAD, "burner", tmp_path)
    try:
        wait_for_words(process, "burnt")
        assert cpu_ns(process.pid) > 200_000_000
    finally:
        process.stop()


def test_neighbours_are_seen_and_we_are_not(tmp_path: Path):
    core = {HERE.core}
    burner = subprocess.Popen(
        ["sh", "-c", f"{sys.executable} -c 'while True: pass' >/dev/null & echo $!"], stdout=subprocess.PIPE
    )
    try:
        orphan = int(burner.communicate()[0])
    finally:
        burner.wait()
    try:
        os.sched_setaffinity(orphan, core)
        window = Neighbours(core)
        time.sleep(0.5)
        beside = window.share()
    finally:
        os.kill(orphan, signal.SIGKILL)
    assert beside > 0.2


def test_the_pace_is_taken_elsewhere_and_we_come_back():
    before = os.sched_getaffinity(0)
    assert pace_ms(max(before)) > 0
    assert os.sched_getaffinity(0) == before


def test_own_cpu_is_what_python_says():
    before, ours = time.process_time_ns(), cpu_ns(os.getpid())
    assert before <= ours <= time.process_time_ns()


def test_memory_is_at_least_the_private_part():
    memory = memory_bytes(os.getpid())
    assert memory["Rss"] >= memory["Pss"] > 1_000_000


def test_family_is_all_generations(tmp_path: Path):
    process = Process("sh", ["/bin/sh", "-c", "sh -c 'sleep 60; true'; true"], HERE, tmp_path / "words")
    try:
        deadline = time.monotonic() + 20
        while len(family(process.pid)) < 3:
            assert time.monotonic() < deadline
        assert family(process.pid)[0] == process.pid
    finally:
        process.stop()


def test_stop_leaves_nobody_behind(tmp_path: Path):
    stubborn = "trap '' TERM; sleep 60 & echo up; wait; sleep 60"
    process = Process("sh", ["/bin/sh", "-c", stubborn], HERE, tmp_path / "words")
    wait_for_words(process, "up")
    members = family(process.pid)
    assert len(members) == 2
    process.child.kill()
    process.stop()
    deadline = time.monotonic() + 20
    while any(is_alive(pid) for pid in members):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_an_early_death_shows_its_last_words(tmp_path: Path):
    process = python("raise SystemExit('the port is taken')", "gateway", tmp_path)
    with pytest.raises(RigBroken, match=r"gateway ended with code 1(.|\n)*the port is taken"):
        wait_for_port(process, free_port(), 20)
    process.stop()


def test_a_command_that_does_not_exist(tmp_path: Path):
    with pytest.raises(RigBroken, match="/no/such could not be started: /no/such"):
        Process("/no/such", ["/no/such"], HERE, tmp_path / "words")


def test_the_holder_of_a_connection_is_found():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as client, server.accept()[0]:
            own_port = client.getsockname()[1]
            assert holder(port, own_port, [1 << 30, os.getpid()]) == os.getpid()
            assert holder(port, own_port, [1 << 30]) is None
            assert holder(port, 1, [os.getpid()]) is None


def shortest_wait(selector: selectors.BaseSelector) -> float:
    best = 1.0
    for _ in range(20):
        began = time.perf_counter()
        selector.select(0.0002)
        best = min(best, time.perf_counter() - began)
    return best


def test_precise_timers_are_finer_than_epolls():
    with PreciseSelector() as precise, selectors.EpollSelector() as epoll:
        assert 0.0002 <= shortest_wait(precise) < shortest_wait(epoll)


def test_precise_selector_wakes_for_a_socket():
    ours, theirs = socket.socketpair()
    with PreciseSelector() as selector, ours, theirs:
        selector.register(ours, 1)
        assert selector.select(0) == []
        theirs.send(b"x")
        assert [key.fileobj for key, _ in selector.select(20)] == [ours]


def test_the_worker_is_who_holds_the_connection(tmp_path: Path):
    """A parent that only waits, and a child that serves."""
    command = f"/bin/sh -c '{STANDIN}; true'"
    with running_gateway(Subject(command), 1, HERE, tmp_path) as gateway:
        assert gateway.worker != gateway.process.pid
        assert gateway.worker in gateway.node()
        assert gateway.start_s > 0


REFUSING = """
import http.server, sys
class Refusing(http.server.BaseHTTPRequestHandler):
    def do_POST(self): self.send_error(401, "no such key")
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Refusing).serve_forever()
"""


def test_a_gateway_that_refuses_is_to_blame(tmp_path: Path):
    script = tmp_path / "refusing.py"
    script.write_text(REFUSING)
    gateway = running_gateway(Subject(f"{sys.executable} {script} {{port}}"), 1, HERE, tmp_path)
    with pytest.raises(SubjectBroken, match="the gateway answered 401"):
        gateway.__enter__()


SAMPLED = """
import time
def burn():
    while time.process_time() < 1.0: pass
burn()
"""


def test_a_sampled_process_tells_where_it_was_and_ends_well(tmp_path: Path):
    env = {FOLDER: str(tmp_path), "PYTHONPATH": str(Path(sitecustomize.__file__).parent)}
    process = Process("burner", [sys.executable, "-c", SAMPLED], HERE, tmp_path / "words", env=env)
    assert process.child.wait(30) == 0, process.last_words()
    stacks = msgspec.json.decode((tmp_path / f"{process.pid}.json").read_bytes())
    assert max(stacks, key=stacks.__getitem__) == "__main__:burn;__main__:<module>"


def bench(*words: str) -> int:
    parser = argparse.ArgumentParser()
    add_commands(parser.add_subparsers())
    args = parser.parse_args(["bench", *words])
    code: int = args.run(args)
    return code


@needs_nginx
def test_a_gate_from_end_to_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    written = tmp_path / "gate.json"
    code = bench("gate", "--only", "rss-idle", "--arm-command", STANDIN, "--json", str(written), "--seed", "1")
    document = msgspec.json.decode(written.read_bytes())
    assert code == document["exit_code"] == 0
    assert document["results"][0]["answer"] == "pass"
    assert len(document["results"][0]["rounds"]["rss_mb"]) == 5
    assert "rss-idle  pass" in capsys.readouterr().out
    assert not list(Path(os.environ.get("TMPDIR", "/tmp")).glob("gossamer-bench-*/rss-idle"))


@needs_nginx
@pytest.mark.skipif(shutil.which("wrk") is None, reason="wrk is not installed (apt-get install wrk)")
@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="takes two cores")
def test_answers_without_the_provider_are_not_accepted(capsys: pytest.CaptureFixture[str]):
    assert bench("gate", "--only", "request-cpu", "--rounds", "1", "--arm-command", STANDIN) == 1
    assert "reached the provider: is a cache on?" in capsys.readouterr().out


@needs_nginx
@pytest.mark.skipif(shutil.which("wrk") is None, reason="wrk is not installed (apt-get install wrk)")
def test_a_profile_names_the_functions_of_the_worker(capsys: pytest.CaptureFixture[str]):
    assert bench("profile", "--seconds", "3", "--arm-command", STANDIN) == 0
    assert "__main__:Answering.data_received" in capsys.readouterr().out
