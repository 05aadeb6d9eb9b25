"""Runs while the world changes: the gateway ends or is told anew, a server of tools comes and goes, a client leaves or
takes nothing.
"""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import openai
import pytest

from tests.system.agents_clients import client, openai_of, talker
from tests.system.gateway import (
    TOKEN,
    Gateway,
    eventually,
    quiet_environment,
    start_gateway,
    write_config,
)
from tests.system.packages import HANG, installed
from tests.system.sdk import HELLO
from tests.system.talker import FLOOD, FLOODS, Talker

__all__ = ["client", "talker"]

LEAVERS = 5


def config_for(talker: Talker, **more: Any) -> dict[str, Any]:
    return {
        "providers": {
            "mock": {"kind": "mock", "mock": {"ttft": "0s", "gap": "0s", "tokens": 12}},
            "up": {"kind": "openai-compatible", "base_url": talker.url},
        },
        "models": {"mock": "mock/mock"},
        "keys": [{"name": "test", "token": TOKEN}],
        "log": {"format": "text"},
        "tools": {"hang": {"kind": "python", "entry_point": "hang", "timeout": "1h"}},
        "agents": {
            "helper": {"model": "mock"},
            "patient": {"model": "up/paced", "tools": ["agent:helper"]},
            "hanging": {"model": "mock/mock-agent", "tools": ["hang"], "limits": {"time": "10m"}},
            "flooding": {"model": "up/flood"},
        },
        **more,
    }


@pytest.fixture(scope="module", autouse=True)
def tools(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with installed(tmp_path_factory.mktemp("tools"), HANG, tools=["hang"]):
        yield


@pytest.fixture
def gateway(talker: Talker, tmp_path: Path) -> Iterator[Gateway]:
    with start_gateway(tmp_path / "gateway", config_for(talker)) as running:
        yield running


# --- the gateway ends, or is told anew ---


def begun(client: openai.OpenAI) -> Iterator[Any]:
    """A run that has shown its first word, and has a tool and a step before it."""
    chunks = iter(client.chat.completions.create(model="patient", messages=HELLO, stream=True))
    assert next(chunks).choices
    return chunks


def answer_of(chunks: Iterator[Any]) -> str:
    got = [chunk.choices[0] for chunk in chunks if chunk.choices]
    assert got[-1].finish_reason == "stop"
    return "".join(choice.delta.content or "" for choice in got)


def test_a_run_under_way_goes_on_while_the_gateway_drains(gateway: Gateway, client: openai.OpenAI):
    """Its next calls begin after the workers were told to take nothing new: an agent below, and the last step."""
    chunks = begun(client)
    os.kill(gateway.pid, signal.SIGTERM)
    eventually(lambda: is_refused(gateway.port))
    answer = answer_of(chunks)
    assert answer.startswith("Done: ")
    assert "could not answer" not in answer
    assert gateway.end() == 0
    assert {each.outcome for each in gateway.records()} == {"completed"}
    assert len(gateway.records()) == 5, "the run, its two steps, the agent below and that one's step"


def is_refused(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except ConnectionRefusedError:
        return True
    return False


def test_a_run_under_way_goes_on_through_a_reload(gateway: Gateway, client: openai.OpenAI, talker: Talker):
    """As it began: its agent is there for nobody else any more."""
    chunks = begun(client)
    config = config_for(talker)
    del config["agents"]["patient"]
    config["agents"]["late"] = {"model": "mock"}
    write_config(gateway.home, config)
    os.kill(gateway.pid, signal.SIGHUP)
    eventually(lambda: gateway.log.count("agents reloaded") == 1 and gateway.log.count("worker reloaded") == 1)
    assert client.chat.completions.create(model="late", messages=HELLO).choices[0].message.content
    with pytest.raises(openai.NotFoundError):
        client.chat.completions.create(model="agents/patient", messages=HELLO)
    answer = answer_of(chunks)
    assert answer.startswith("Done: ")
    assert "could not answer" not in answer


# --- a server of tools over HTTP ---


class HttpTools:
    """`gossamer mcp-demo --http`, always at the same port."""

    def __init__(self) -> None:
        self.port = 0
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "gossamer", "mcp-demo", "--http", str(self.port)]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=quiet_environment()
        )
        assert self.process.stdout is not None
        found = re.search(r"http://127.0.0.1:(\d+)/mcp", self.process.stdout.readline())
        assert found is not None
        self.port = int(found[1])

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


def test_a_server_over_http_is_used_dies_and_comes_back(talker: Talker, tmp_path: Path):
    server = HttpTools()
    tools = {"far": {"kind": "mcp", "url": f"http://127.0.0.1:{server.port}/mcp", "timeout": "5s"}}
    agents = {"counter": {"model": "mock/mock-agent", "tools": ["far.calculate"]}}
    sum_up: Any = [{"role": "user", "content": 'What is it?\nmock-call far__calculate {"expression": "6 * 7"}'}]
    try:
        with (
            start_gateway(tmp_path, config_for(talker, tools=tools, agents=agents)) as gateway,
            openai_of(gateway) as client,
        ):

            def result() -> tuple[str, bool]:
                answer = client.chat.completions.create(model="counter", messages=sum_up)
                (step,) = answer.choices[0].message.gossamer["steps"]  # type: ignore[attr-defined]
                return step["tool_result"]["text"], step["tool_result"]["is_error"]

            assert result() == ("42", False)
            server.kill()
            text, is_error = result()
            assert is_error
            assert "The call was lost" in text
            server.start()
            eventually(lambda: result() == ("42", False))
    finally:
        server.kill()


# --- a client that leaves, and one that takes nothing ---


def asked(gateway: Gateway, model: str, text: str = "Hello", *, is_stream: bool = True) -> socket.socket:
    body = b'{"model":"%b","stream":%b,"messages":[{"role":"user","content":"%b"}]}'
    body %= (model.encode(), b"true" if is_stream else b"false", text.encode())
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n"
    client = socket.create_connection(("127.0.0.1", gateway.port))
    client.sendall(head.encode() + b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
    return client


def has_words(file: Path) -> bool:
    return file.read_text() != ""


@pytest.mark.parametrize("is_stream", [True, False])
def test_the_tools_of_a_client_that_leaves_end_at_once(gateway: Gateway, tmp_path: Path, is_stream: bool):
    """Within 100 ms. The quickest of a few is taken: a machine that is busy is late for anybody. What it mostly takes,
    benchmarks/agents.py says.
    """
    late_ms = []
    for number in range(LEAVERS):
        file = tmp_path / f"hang-{number}"
        client = asked(gateway, "hanging", rf"Go on.\nmock-call hang {{\"file\": \"{file}\"}}", is_stream=is_stream)
        eventually(file.exists)
        left_ns = time.monotonic_ns()
        client.close()
        eventually(partial(has_words, file))
        late_ms.append((int(file.read_text()) - left_ns) / 1e6)
    assert min(late_ms) < 100, late_ms


def test_the_model_waits_for_a_client_that_takes_nothing(gateway: Gateway, talker: Talker):
    """The sockets on the way hold a part of it; the rest is not read before it is wanted."""
    whole = len(FLOOD) * FLOODS
    client = asked(gateway, "flooding")
    assert client.recv(1000)
    stood = -1
    while stood != (stood := talker.sent_bytes) or not stood:
        time.sleep(0.5)
    assert stood < whole / 2, f"{stood} of {whole} bytes were read for somebody who reads nothing"
    tail = b""
    while not tail.endswith(b"0\r\n\r\n"):
        piece = client.recv(1 << 20)
        assert piece, "the answer was cut off"
        tail = (tail + piece)[-1000:]
    assert b"[DONE]" in tail
    assert talker.sent_bytes > whole
    client.close()


def test_an_agent_over_the_inner_socket_is_nobodys_way_in(gateway: Gateway):
    """The front door of runs is the same door: without a key nobody is let in."""
    client = HTTPConnection("inner")
    client.sock = socket.socket(socket.AF_UNIX)
    client.sock.connect(str(gateway.data_dir / "inner.sock"))
    client.request("POST", "/v1/chat/completions", b'{"model":"mock","messages":[]}')
    assert client.getresponse().status == 401
    client.close()


@pytest.mark.skipif(not hasattr(os, "SCHED_BATCH"), reason="a way of Linux")
def test_agents_give_way_to_workers(gateway: Gateway):
    (agents,), (worker,) = gateway._running("gossamer.agents"), gateway.workers
    assert os.sched_getscheduler(worker) == os.SCHED_OTHER
    assert os.sched_getscheduler(agents) == os.SCHED_BATCH, "it takes no core from a worker that is at work"
    assert os.getpriority(os.PRIO_PROCESS, agents) > os.getpriority(os.PRIO_PROCESS, worker)
