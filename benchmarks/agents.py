"""What a run of an agent costs beyond the time of its model, how many run at once, and what plain requests feel of it;
what a server of tools that is down adds, and how soon a tool ends when its client has left.

    PYTHONPATH=src:. python -m benchmarks.agents [--runs 400] [--ttft 50] [--only overhead beside dead leaving]

Plain requests are also asked beside the calls of models that such runs make, without agents: by as much as these keep
them waiting, any client would that asks models as often. What runs add to that is the agents' own.

A run has three steps: a tool, a tool, the answer. The mock, a process of its own as providers are, takes --ttft for
each, give or take a tenth: each of 20 agents has a model with a time of its own. With the same time for all, runs
that a hiccup brings together stay in step for ever, and what is measured is a queue of 20. The tool is a function of
no work. Budgets: p99 under 15 ms beyond the mock at 20 runs at once; 200 at once without an error; the p99 of plain
requests beside 20 runs at once within 20 % of that without; a server that is down adds less than 1 ms once its
breaker is open; a tool ends within 100 ms. Rounds alternate, so that a busy machine is busy for both.
"""

import argparse
import asyncio
import multiprocessing
import os
import socket
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import count, cycle
from pathlib import Path
from typing import Any, Final, NamedTuple

import httptools
import msgspec
import uvloop

from benchmarks.paced import Taken
from benchmarks.paced import run as run_paced
from tests.system.gateway import TOKEN, Gateway, eventually, start_gateway, start_mock
from tests.system.packages import HANG, installed

STEPS: Final = 3
PLAIN_PER_S: Final = 300.0
PLAIN_CONNECTIONS: Final = 50
ROUND_S: Final = 5.0
MS: Final = 1e6
QUESTION: Final = "What is it?\nmock-call nothing {}\nmock-call nothing {}"
TOLD: Final = {
    "type": "function",
    "function": {"name": "nothing", "description": "Does nothing.", "parameters": {"type": "object", "properties": {}}},
}
LEAVERS: Final = 100
TEMPOS: Final = 20
TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK")
NOTHING: Final = '''
async def nothing() -> str:
    """Does nothing."""
    return "x"
'''

PARTS: Final = ("overhead", "beside", "dead", "leaving")


class Run(NamedTuple):
    status: int
    beyond_ns: int
    """The time of its model."""
    steps: int


def request(model: str, asked: str | list[dict[str, Any]], **more: Any) -> bytes:
    messages = [{"role": "user", "content": asked}] if isinstance(asked, str) else asked
    body = msgspec.json.encode({"model": model, "messages": messages, **more})
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n"
    return head.encode() + b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


class Asker(asyncio.Protocol):
    """One connection that asks again as soon as it is answered."""

    def __init__(self, asked: bytes, model_ns: int, runs: list[Run], left: Iterator[int], most: int) -> None:
        self._asked, self._model_ns, self._runs, self._left, self._most = asked, model_ns, runs, left, most
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._transport: asyncio.WriteTransport
        self._begin()

    def _begin(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._body = b""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._ask()

    def _ask(self) -> None:
        if next(self._left) >= self._most:
            self._transport.close()
            self.done.set_result(None)
            return
        self._began_ns = time.perf_counter_ns()
        self._transport.write(self._asked)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_body(self, data: bytes) -> None:
        self._body += data

    def on_message_complete(self) -> None:
        status = self._parser.get_status_code()
        steps = msgspec.json.decode(self._body)["gossamer"]["steps"] if status == 200 else 0
        self._runs.append(Run(status, time.perf_counter_ns() - self._began_ns - self._model_ns, steps))
        self._begin()
        self._ask()


async def ask_runs(port: int, at_once: int, most: int, ttft_ms: float = 0, agent: str = "") -> list[Run]:
    """Of the agent, or of all tempos by turns. They begin one after the other."""
    runs: list[Run] = []
    left = count()
    askers = []
    for number in range(at_once):
        tempo = number % TEMPOS
        asked = request(agent or f"bench_agent_{tempo}", QUESTION)
        model_ns = 0 if agent else round(STEPS * ttft_of(ttft_ms, tempo) * MS)
        _, asker = await asyncio.get_running_loop().create_connection(
            partial(Asker, asked, model_ns, runs, left, most), "127.0.0.1", port
        )
        askers.append(asker)
        await asyncio.sleep(STEPS * ttft_ms / 1000 / at_once)
    await asyncio.gather(*(asker.done for asker in askers))
    return runs


class Calling(asyncio.Protocol):
    """One connection that asks what a run asks of its model, a stream after the other, for ever."""

    def __init__(self, calls: Iterator[bytes]) -> None:
        self._calls = calls
        self._transport: asyncio.WriteTransport

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._ask()

    def _ask(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._transport.write(next(self._calls))

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        assert self._parser.get_status_code() == 200
        self._ask()


async def ask_calls(port: int, at_once: int, ttft_ms: float) -> None:
    for number in range(at_once):
        tempo = number % TEMPOS
        calls = cycle(calls_of_a_run(f"mock-{tempo}/mock-agent"))
        await asyncio.get_running_loop().create_connection(partial(Calling, calls), "127.0.0.1", port)
        await asyncio.sleep(STEPS * ttft_ms / 1000 / at_once)
    await asyncio.Event().wait()


def calls_of_a_run(model: str) -> list[bytes]:
    """As the agents' process words them."""
    talk: list[dict[str, Any]] = [{"role": "user", "content": QUESTION}]
    calls = []
    for step in range(STEPS):
        calls.append(request(model, talk, tools=[TOLD], stream=True, stream_options={"include_usage": True}))
        used = {"id": f"call_{step}", "type": "function", "function": {"name": "nothing", "arguments": "{}"}}
        talk = [*talk, {"role": "assistant", "content": None, "tool_calls": [used]}]
        talk = [*talk, {"role": "tool", "tool_call_id": used["id"], "content": "x"}]
    return calls


def ttft_of(ttft_ms: float, tempo: int) -> float:
    """Whole tenths of a millisecond, around what is asked."""
    return round(ttft_ms * (0.9 + 0.2 * tempo / (TEMPOS - 1)), 1)


def ask_for_ever(what: str, port: int, at_once: int, ttft_ms: float) -> None:
    """In a process of its own, until it is ended. It stands for machines of other people, and takes what is left."""
    os.nice(19)
    uvloop.run(ask_runs(port, at_once, 10**9, ttft_ms) if what == "runs" else ask_calls(port, at_once, ttft_ms))


@contextmanager
def beside_them(gateway: Gateway, what: str, at_once: int, ttft_ms: float) -> Iterator[None]:
    if what == "alone":
        yield
        return
    context = multiprocessing.get_context("spawn")
    asking = context.Process(target=ask_for_ever, args=(what, gateway.port, at_once, ttft_ms))
    asking.start()
    time.sleep(1.0)  # they are at work by then
    yield
    assert asking.is_alive(), f"the {what} ended before they were ended"
    asking.terminate()
    asking.join()


def p99(values: list[float]) -> float:
    return statistics.quantiles(values, n=100)[98]


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def overhead(gateway: Gateway, at_once: int, most: int, ttft_ms: float) -> None:
    pids = {"agents": gateway._running("gossamer.agents")[0], "worker": gateway.workers[0]}
    before = {name: cpu_s(pid) for name, pid in pids.items()}
    runs = uvloop.run(ask_runs(gateway.port, at_once, most, ttft_ms))
    spent = {name: (cpu_s(pid) - before[name]) * 1000 / len(runs) for name, pid in pids.items()}
    wrong = [run for run in runs if run.status != 200 or run.steps != STEPS]
    beyond = [run.beyond_ns / MS for run in runs]
    print(
        f"{at_once:>4} at once: {len(runs)} runs, {len(wrong)} wrong; beyond the mock's {STEPS} × {ttft_ms:g} ms: "
        f"median {statistics.median(beyond):.1f} ms, p99 {p99(beyond):.1f} ms; CPU a run: "
        + ", ".join(f"{name} {each:.2f} ms" for name, each in spent.items())
    )


def plain_round(gateway: Gateway) -> list[float]:
    asked = [request("plain", "Hello")] * round(PLAIN_PER_S * ROUND_S)
    taken: list[Taken] = run_paced(gateway.port, asked, PLAIN_CONNECTIONS, PLAIN_PER_S)
    assert all(one.status == 200 for one in taken)
    return [one.ns / MS for one in taken]


def beside(gateway: Gateway, rounds: int, at_once: int, ttft_ms: float) -> None:
    """Plain requests at a steady pace, by turns alone, beside the calls of runs, and beside runs."""
    taken: dict[str, list[float]] = {"alone": [], "calls": [], "runs": []}
    for _ in range(rounds):
        for what, p99s in taken.items():
            with beside_them(gateway, what, at_once, ttft_ms):
                p99s.append(p99(plain_round(gateway)))
    alone, calls, runs = (statistics.median(p99s) for p99s in taken.values())
    each = ", ".join("/".join(f"{one:.2f}" for one in found) for found in zip(*taken.values(), strict=True))
    print(
        f"plain requests, {PLAIN_PER_S:g} a second: p99 {alone:.2f} ms alone, {calls:.2f} ms beside {at_once} clients "
        f"that ask the models as runs do, {runs:.2f} ms beside {at_once} runs: {(runs / calls - 1) * 100:+.0f} % by "
        f"the agents, {(runs / alone - 1) * 100:+.0f} % by all of it (rounds {each})"
    )


def dead(gateway: Gateway, runs: int) -> None:
    """The same runs, with and without tools of servers that are down. The model takes no time."""
    uvloop.run(ask_runs(gateway.port, 1, 20, agent="with_dead"))  # by then the breakers are open
    taken: dict[str, list[float]] = {"without": [], "with_dead": []}
    for turn in range(2 * runs // 50):
        agent = ("without", "with_dead")[turn % 2]
        taken[agent] += [run.beyond_ns / MS for run in uvloop.run(ask_runs(gateway.port, 1, 50, agent=agent))]
    medians = {name: statistics.median(each) for name, each in taken.items()}
    more = medians["with_dead"] - medians["without"]
    tails = f"p99 {p99(taken['without']):.2f} without, {p99(taken['with_dead']):.2f} with them"
    print(f"two servers that are down add {more:.3f} ms to a run of {medians['without']:.2f} ms ({tails})")


def leaving(gateway: Gateway, leavers: int) -> None:
    late_ms = []
    for number in range(leavers):
        file = gateway.home / f"hang-{number}"
        client = socket.create_connection(("127.0.0.1", gateway.port))
        client.sendall(request("hanging", f'Go on.\nmock-call hang {{"file": "{file}"}}'))
        eventually(file.exists)
        left_ns = time.monotonic_ns()
        client.close()
        eventually(lambda file=file: file.read_text() != "")  # type: ignore[misc]  # its own file
        late_ms.append((int(file.read_text()) - left_ns) / MS)
    print(
        f"{leavers} clients left in the middle of a tool: it ended after {statistics.median(late_ms):.2f} ms, "
        f"p99 {p99(late_ms):.2f} ms"
    )


@contextmanager
def silent_server() -> Iterator[str]:
    """Takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        yield f"http://127.0.0.1:{sock.getsockname()[1]}/mcp"


def mock_of(url: str, ttft_ms: float) -> dict[str, Any]:
    headers = {"X-Mock-TTFT-Ms": f"{ttft_ms:g}", "X-Mock-Gap-Ms": "0", "X-Mock-Tokens": "30"}
    return {"kind": "openai-compatible", "base_url": f"{url}/v1", "api_keys": ["sk-mock"], "headers": headers}


@contextmanager
def gateway_with_tools(ttft_ms: float) -> Iterator[Gateway]:
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        silent, mock = stack.enter_context(silent_server()), stack.enter_context(start_mock())
        stack.enter_context(installed(home, NOTHING + HANG, tools=["nothing", "hang"]))
        config = {
            "providers": {
                **{f"mock-{tempo}": mock_of(mock.url, ttft_of(ttft_ms, tempo)) for tempo in range(TEMPOS)},
                "quick": mock_of(mock.url, 0),
            },
            "models": {"plain": "quick/mock"},
            "tools": {
                "nothing": {"kind": "python", "entry_point": "nothing"},
                "hang": {"kind": "python", "entry_point": "hang", "timeout": "1h"},
                "silent": {"kind": "mcp", "url": silent, "connect_timeout": "1s"},
                "ended": {"kind": "mcp", "command": ["false"]},
            },
            "agents": {
                **{
                    f"bench_agent_{tempo}": {"model": f"mock-{tempo}/mock-agent", "tools": ["nothing"]}
                    for tempo in range(TEMPOS)
                },
                "without": {"model": "quick/mock-agent", "tools": ["nothing"]},
                "with_dead": {"model": "quick/mock-agent", "tools": ["nothing", "silent.*", "ended.*"]},
                "hanging": {"model": "quick/mock-agent", "tools": ["hang"]},
            },
            "keys": [{"name": "bench", "token": TOKEN}],
            "log": {"format": "text"},
        }
        yield stack.enter_context(start_gateway(home / "gateway", config))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--ttft", type=float, default=50.0, help="milliseconds of the mock, for each step")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="some of it")
    args = parser.parse_args()
    with gateway_with_tools(args.ttft) as gateway:
        uvloop.run(ask_runs(gateway.port, TEMPOS, 100))  # whatever is made once is made
        if "overhead" in args.only:
            overhead(gateway, 1, args.runs // 10, args.ttft)
            overhead(gateway, 20, args.runs, args.ttft)
            overhead(gateway, 200, args.runs, args.ttft)
        if "beside" in args.only:
            beside(gateway, args.rounds, 20, args.ttft)
        if "dead" in args.only:
            dead(gateway, args.runs)
        if "leaving" in args.only:
            leaving(gateway, LEAVERS)


if __name__ == "__main__":
    main()
