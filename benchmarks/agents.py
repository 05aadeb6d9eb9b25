"""What a run of an agent costs beyond the time of its model, how many run at once, and what plain requests feel of it.

    PYTHONPATH=src:. python -m benchmarks.agents [--runs 400] [--ttft 50]

A run has three steps: a tool, a tool, the answer; the mock in the worker takes --ttft for each. The tool is a function
of no work. Budgets: p99 under 15 ms beyond the mock at 20 runs at once; 200 at once without an error; the p99 of plain
requests beside 20 runs at once within 20 % of that without. Rounds alternate, so that a busy machine is busy for both.
"""

import argparse
import asyncio
import multiprocessing
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, Final, NamedTuple

import httptools
import msgspec
import uvloop

from benchmarks.paced import Taken
from benchmarks.paced import run as run_paced
from tests.system.gateway import TOKEN, Gateway, start_gateway

STEPS: Final = 3
PLAIN_PER_S: Final = 300.0
PLAIN_CONNECTIONS: Final = 50
ROUND_S: Final = 5.0
MS: Final = 1e6
QUESTION: Final = "What is it?\nmock-call nothing {}\nmock-call nothing {}"


class Run(NamedTuple):
    status: int
    ns: int
    steps: int


def request(model: str, text: str) -> bytes:
    body = msgspec.json.encode({"model": model, "messages": [{"role": "user", "content": text}]})
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n"
    return head.encode() + b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


class Asker(asyncio.Protocol):
    """One connection that asks again as soon as it is answered."""

    def __init__(self, asked: bytes, runs: list[Run], left: Iterator[int], most: int) -> None:
        self._asked, self._runs, self._left, self._most = asked, runs, left, most
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
        self._runs.append(Run(status, time.perf_counter_ns() - self._began_ns, steps))
        self._begin()
        self._ask()


async def ask_runs(port: int, at_once: int, most: int, spread_s: float = 0) -> list[Run]:
    """They begin one after the other: the mock keeps the same time for all, so that they would go in step for ever."""
    runs: list[Run] = []
    left = count()
    asked = request("bench_agent", QUESTION)
    askers = []
    for _ in range(at_once):
        _, asker = await asyncio.get_running_loop().create_connection(
            lambda: Asker(asked, runs, left, most), "127.0.0.1", port
        )
        askers.append(asker)
        await asyncio.sleep(spread_s / at_once)
    await asyncio.gather(*(asker.done for asker in askers))
    return runs


def ask_for_ever(port: int, at_once: int, spread_s: float) -> None:
    """In a process of its own, until it is ended."""
    uvloop.run(ask_runs(port, at_once, 10**9, spread_s))


def p99(values: list[float]) -> float:
    return statistics.quantiles(values, n=100)[98]


def overhead(gateway: Gateway, at_once: int, most: int, ttft_ms: float) -> None:
    runs = uvloop.run(ask_runs(gateway.port, at_once, most, STEPS * ttft_ms / 1000))
    wrong = [run for run in runs if run.status != 200 or run.steps != STEPS]
    beyond = [run.ns / MS - STEPS * ttft_ms for run in runs]
    print(
        f"{at_once:>4} at once: {len(runs)} runs, {len(wrong)} wrong; beyond the mock's {STEPS} × {ttft_ms:g} ms: "
        f"median {statistics.median(beyond):.1f} ms, p99 {p99(beyond):.1f} ms"
    )


def plain_round(gateway: Gateway) -> list[float]:
    asked = [request("plain", "Hello")] * round(PLAIN_PER_S * ROUND_S)
    taken: list[Taken] = run_paced(gateway.port, asked, PLAIN_CONNECTIONS, PLAIN_PER_S)
    assert all(one.status == 200 for one in taken)
    return [one.ns / MS for one in taken]


def beside(gateway: Gateway, rounds: int, at_once: int, ttft_ms: float) -> None:
    """Plain requests at a steady pace, by turns with and without runs beside them."""
    alone: list[float] = []
    beside_runs: list[float] = []
    for _ in range(rounds):
        alone.append(p99(plain_round(gateway)))
        askers = multiprocessing.get_context("spawn").Process(
            target=ask_for_ever, args=(gateway.port, at_once, STEPS * ttft_ms / 1000)
        )
        askers.start()
        time.sleep(1.0)  # they are at work by then
        beside_runs.append(p99(plain_round(gateway)))
        askers.terminate()
        askers.join()
    before, after = statistics.median(alone), statistics.median(beside_runs)
    each = ", ".join(f"{one:.1f}/{two:.1f}" for one, two in zip(alone, beside_runs, strict=True))
    print(
        f"plain requests, {PLAIN_PER_S:g} a second: p99 {before:.2f} ms alone, {after:.2f} ms beside {at_once} runs "
        f"at once ({(after / before - 1) * 100:+.0f} %; rounds {each})"
    )


@contextmanager
def gateway_with_tool(ttft_ms: float) -> Iterator[Gateway]:
    """The tool is a package that is installed nowhere but in the path of this gateway."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        package = home / "packages"
        described = package / "bench_tools-1.dist-info"
        described.mkdir(parents=True)
        (package / "bench_tools.py").write_text(
            'async def nothing() -> str:\n    """Does nothing."""\n    return "x"\n'
        )
        (described / "METADATA").write_text("Metadata-Version: 2.1\nName: bench-tools\nVersion: 1\n")
        (described / "entry_points.txt").write_text("[gossamer.tools]\nnothing = bench_tools:nothing\n")
        sys.path.append(str(package))
        config = {
            "providers": {
                "mock": {"kind": "mock", "mock": {"ttft": f"{ttft_ms:g}ms", "gap": "0s", "tokens": 30}},
                "quick": {"kind": "mock", "mock": {"ttft": "0s", "gap": "0s", "tokens": 30}},
            },
            "models": {"plain": "quick/mock"},
            "tools": {"nothing": {"kind": "python", "entry_point": "nothing"}},
            "agents": {"bench_agent": {"model": "mock/mock-agent", "tools": ["nothing"]}},
            "keys": [{"name": "bench", "token": TOKEN}],
            "log": {"format": "text"},
        }
        with start_gateway(home / "gateway", config) as gateway:
            yield gateway


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--ttft", type=float, default=50.0, help="milliseconds of the mock, for each step")
    args = parser.parse_args()
    with gateway_with_tool(args.ttft) as gateway:
        uvloop.run(ask_runs(gateway.port, 5, 50))  # whatever is made once is made
        overhead(gateway, 1, args.runs // 10, args.ttft)
        overhead(gateway, 20, args.runs, args.ttft)
        overhead(gateway, 200, args.runs, args.ttft)
        beside(gateway, args.rounds, 20, args.ttft)


if __name__ == "__main__":
    main()
