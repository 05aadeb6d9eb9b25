"""How soon after its answer a request can be found among the traces, in SQLite or in ClickHouse's engine, or in its
session.

    PYTHONPATH=src:. python benchmarks/visible.py [--store clickhouse|sessions] [--rate 1000] [--seconds 20]

Requests come evenly from a process of their own; this one asks the store again and again for what is new. Counted is
from the end of a request, by its own record, to the end of the question that found it: up to one question too much.
"""

import argparse
import asyncio
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from urllib.request import Request, urlopen

import msgspec

from tests.real.clickhouse import ClickHouse, running_clickhouse
from tests.real.clickhouse_server import PASSWORD, USER
from tests.system.gateway import TOKEN, start_gateway
from tests.system.raw_client import RawClient

CALLERS = 20
LOOK_EVERY_S = 0.02
SETTLE_S = 2.0
RECENT_S = 4.0
ASK = {"model": "house", "messages": [{"role": "user", "content": "hello"}]}
US = 1e6

Seen = tuple[float, str]
"""When a request ended, Unix time, and its id."""
Look = Callable[[], list[Seen]]
"""What has come since the last look."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", choices=("sqlite", "clickhouse", "sessions"), default="sqlite")
    parser.add_argument("--rate", type=int, default=1000)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--load", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.load is not None:
        asyncio.run(ask_all(args.load, args.rate, args.seconds))
        return
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        store = stack.enter_context(running_clickhouse(folder / "store")) if args.store == "clickhouse" else None
        gateway = stack.enter_context(
            start_gateway(folder / "home", config("sqlite" if store is None else store.url()), 1)
        )
        time.sleep(SETTLE_S)
        file = SessionFile if args.store == "sessions" else File
        look = looking(store) if store is not None else stack.enter_context(closing(file(gateway.data_dir))).look
        (recorder,) = gateway._running("gossamer.recorder")
        before_s = cpu_s(recorder)
        words = ["--load", str(gateway.port), "--rate", str(args.rate), "--seconds", str(args.seconds)]
        with subprocess.Popen([sys.executable, __file__, *words], env=dict(os.environ)) as load:
            delays = sorted(watched(look, load, args.rate * args.seconds))
        spent_s = cpu_s(recorder) - before_s
    p50, p99 = (delays[round((len(delays) - 1) * share)] for share in (0.5, 0.99))
    print(
        f"{args.store}, {args.rate} requests a second: {len(delays)} requests visible after p50 {p50 * 1000:.0f} ms, "
        f"p99 {p99 * 1000:.0f} ms; CPU of the recorder {spent_s / len(delays) * US:.0f} us a record"
    )


def config(traces: str) -> dict[str, object]:
    return {
        "traces": traces,
        "providers": {"mock": {"kind": "mock", "mock": {"ttft": "1ms", "gap": "0s"}}},
        "models": {"house": "mock/mock"},
        "keys": [{"name": "bench", "token": TOKEN}],
    }


async def ask_all(port: int, rate: int, seconds: int) -> None:
    began = time.monotonic()

    async def call(number: int) -> None:
        async with RawClient(port, TOKEN) as client:
            for turn in range(number, rate * seconds, CALLERS):
                await asyncio.sleep(max(0.0, began + turn / rate - time.monotonic()))
                await client.send("POST", "/v1/chat/completions", ASK, x_session_id=f"talk-{number}")
                assert (await client.answer()).status == 200

    await asyncio.gather(*(call(number) for number in range(CALLERS)))


def watched(look: Look, load: "subprocess.Popen[bytes]", count: int) -> Iterator[float]:
    """For each request, how long it was not to be seen."""
    found = 0
    until = time.monotonic() + 600
    while found < count and time.monotonic() < until:
        new = look()
        now = time.time()
        found += len(new)
        yield from (now - ended for ended, _ in new)
        if load.poll() not in (None, 0):
            raise SystemExit("the load did not get through")
        time.sleep(LOOK_EVERY_S)


class File:
    """traces.db, read beside the recorder."""

    def __init__(self, data_dir: Path) -> None:
        self._file = sqlite3.connect(f"file:{data_dir / 'traces.db'}?mode=ro", uri=True)
        self._last = 0

    def look(self) -> list[Seen]:
        rows = self._file.execute(
            "SELECT n, at_us + total_us, id FROM traces WHERE n > ? ORDER BY n", (self._last,)
        ).fetchall()
        if rows:
            self._last = rows[-1][0]
        return [(ended_us / US, trace_id) for _, ended_us, trace_id in rows]

    def close(self) -> None:
        self._file.close()


class SessionFile:
    """The turns in sessions.db, likewise."""

    def __init__(self, data_dir: Path) -> None:
        self._file = sqlite3.connect(f"file:{data_dir / 'sessions.db'}?mode=ro", uri=True)
        self._known: set[str] = set()

    def look(self) -> list[Seen]:
        since_us = round((time.time() - RECENT_S) * US)
        words = "SELECT at_us + record ->> 'total_ns' / 1000, id FROM turns WHERE at_us > ?"
        new = [row for row in self._file.execute(words, (since_us,)) if row[1] not in self._known]
        self._known.update(turn_id for _, turn_id in new)
        return [(ended_us / US, turn_id) for ended_us, turn_id in new]

    def close(self) -> None:
        self._file.close()


def looking(store: ClickHouse) -> Look:
    known: set[str] = set()

    def look() -> list[Seen]:
        words = (
            "SELECT toUnixTimestamp64Micro(at) + total_us, id FROM traces WHERE at > now64(6) - 4 "
            "FORMAT JSONCompactEachRow SETTINGS output_format_json_quote_64bit_integers = 0"
        )
        asked = Request(f"http://127.0.0.1:{store.port}/?database=gossamer", words.encode())
        asked.add_header("x-clickhouse-user", USER)
        asked.add_header("x-clickhouse-key", PASSWORD)
        with urlopen(asked, timeout=30) as answer:  # noqa: S310 - our own server's
            rows = [msgspec.json.decode(line, type=tuple[int, str]) for line in answer.read().splitlines()]
        new = [(ended_us / US, trace_id) for ended_us, trace_id in rows if trace_id not in known]
        known.update(trace_id for _, trace_id in new)
        return new

    return look


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
