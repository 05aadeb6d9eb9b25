"""`gossamer mock` as whole processes: its address, its options, its end."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import msgspec
import pytest

COMMAND = [sys.executable, "-c", "import sys; from gossamer.cli.main import main; sys.exit(main())", "mock"]
WAIT_S = 20
HELLO = msgspec.json.encode({"model": "m", "messages": [{"role": "user", "content": "hi"}]})

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc")


class Launched(subprocess.Popen[str]):
    url: str


@pytest.fixture
def launch():
    """Starts the command and waits for its one line; `url` is the address in it."""
    started = []

    def launched(*options):
        command = [*COMMAND, "--port", "0", *options]
        process = Launched(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
        assert found is not None
        process.url = found.group()
        return process

    yield launched
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=WAIT_S)


def get(url: str, body: bytes | None = None, **headers: str) -> tuple[dict[str, str], Any]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    with urllib.request.urlopen(urllib.request.Request(url, body, named), timeout=WAIT_S) as answer:  # noqa: S310
        return dict(answer.headers), msgspec.json.decode(answer.read())


def pids_at(url: str, count: int) -> set[int]:
    """The processes behind one port: each new connection may meet another."""
    found: set[int] = set()
    deadline = time.monotonic() + WAIT_S
    while len(found) < count and time.monotonic() < deadline:
        found.add(get(f"{url}/mock/stats")[1]["pid"])
    return found


def is_alive(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()  # a zombie only waits to be counted
    except FileNotFoundError:
        return False


def are_gone(pids: set[int]) -> bool:
    deadline = time.monotonic() + WAIT_S
    while any(map(is_alive, pids)) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not any(map(is_alive, pids))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("processes", [1, 3])
def test_it_serves_until_it_is_told_to_stop(launch, processes, number):
    process = launch("--processes", str(processes))
    pids = pids_at(process.url, processes)
    assert len(pids) == processes
    assert (process.pid in pids) is (processes == 1)
    process.send_signal(number)
    _, complaints = process.communicate(timeout=WAIT_S)
    assert (process.returncode, complaints) == (0, "")
    assert are_gone(pids)


def test_options_reach_the_answers(launch):
    process = launch("--ttft", "5", "--tokens", "7", "--jitter", "uniform:0.1", "--seed", "9", "--stamp")
    headers, answer = get(f"{process.url}/v1/chat/completions", HELLO, x_request_id="a")
    assert answer["usage"]["completion_tokens"] == 7
    assert int(headers["x-mock-sent-ns"]) - int(headers["x-mock-received-ns"]) >= 4_500_000
    assert launch("--seed", "9").url != process.url


def test_processes_give_the_same_answers(launch):
    process = launch("--processes", "2", "--seed", "4")
    pids_at(process.url, 2)
    bodies = [get(f"{process.url}/v1/chat/completions", HELLO, x_request_id="a")[1] for _ in range(12)]
    assert all(body == bodies[0] for body in bodies)


def test_a_fault_is_taken(launch):
    process = launch("--fault", "503")
    with pytest.raises(urllib.error.HTTPError, match="503") as refused:
        get(f"{process.url}/v1/chat/completions", HELLO)
    refused.value.close()


def test_when_one_of_them_dies_all_end(launch):
    process = launch("--processes", "2")
    pids = pids_at(process.url, 2)
    os.kill(min(pids), signal.SIGKILL)
    process.wait(WAIT_S)
    assert process.returncode == 1
    assert are_gone(pids)


def test_when_the_parent_is_killed_the_children_end(launch):
    process = launch("--processes", "2")
    pids = pids_at(process.url, 2)
    process.kill()
    process.wait(WAIT_S)
    assert are_gone(pids)


def test_a_stream_that_hangs_does_not_hold_up_the_end(launch):
    process = launch("--fault", "hang")
    host, port = process.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), WAIT_S) as sock:
        sock.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}")
        process.terminate()
        process.communicate(timeout=WAIT_S)
    assert process.returncode == 0


@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_port_that_is_taken_is_not_shared(launch, processes):
    port = launch("--processes", "2").url.rpartition(":")[2]
    command = [*COMMAND, "--port", port, "--processes", processes]
    refused = subprocess.run(command, capture_output=True, text=True, timeout=WAIT_S, check=False)
    assert refused.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port}" in refused.stderr
    assert "Choose another --port" in refused.stderr


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--fault", "flood"], "no fault is called 'flood'"),
        (["--jitter", "much"], "uniform:FRACTION"),
        (["--ttft", "-1"], "not a number of milliseconds"),
        (["--tokens", "0"], "not a whole number between 1"),
        (["--port", "70000"], "not a whole number between 0"),
        (["--processes", "many"], "not a whole number between 1"),
    ],
)
def test_a_wrong_option_is_told_what_to_say(options, says):
    command = [*COMMAND, *options]
    refused = subprocess.run(command, capture_output=True, text=True, timeout=WAIT_S, check=False)
    assert refused.returncode == 2
    assert says in refused.stderr


def test_the_help_names_every_fault():
    command = [*COMMAND, "--help"]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=WAIT_S, check=True).stdout
    for name in ("429-always", "500-once", "reset", "slow-first", "half-usage", "outage:START_S:END_S"):
        assert name in shown
