"""Is the bench's own load generator to be believed? Beside wrk and hey on the same target, and how much it can do.

    PYTHONPATH=src python benchmarks/generators.py [--rounds 7]

A mock that takes 10 ms, ten at once, all three by turns; the median of the rounds. Exit code 1 where ours is more than
10 % off, or where one core would not carry 20,000 requests or 50,000 chunks a second: by the CPU that each takes, so
that neighbours count less. In a quiet hour, that is: no machine at work can say anything about 10 %.
"""

import argparse
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from gossamer.bench.cells import Cell, Lane
from gossamer.bench.driver import Driver, running_load
from gossamer.bench.kernel import cpu_ns
from gossamer.bench.nginx import running_provider
from gossamer.bench.orders import Measure, Measured, Open, Opened
from gossamer.bench.placement import Place, core_siblings, pick_cores
from gossamer.bench.processes import Process, free_port, wait_for_port
from gossamer.bench.record import Sample
from gossamer.bench.statistics import median, quantile

AT_ONCE = 10
SERVICE_MS = 10
SECONDS = 2
WITHIN = 0.10
REQUESTS_A_S, CHUNKS_A_S = 20_000, 50_000
TOKENS = 500
WRK = Path(__file__).with_name("wrk.lua")
BODY = '{"model":"mock","messages":[{"role":"user","content":"Hello"}]}'
Figures = tuple[float, float]
"""p50 and p99, milliseconds."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    args = parser.parse_args()
    if missing := [name for name in ("wrk", "hey", "nginx") if shutil.which(name) is None]:
        print(f"{', '.join(missing)}: not here; apt-get install wrk hey nginx-light", file=sys.stderr)
        return 2
    allowed = os.sched_getaffinity(0)
    target, load = (Place(core) for core in pick_cores(allowed, {c: core_siblings(c) for c in allowed}) or (0, 0))
    with tempfile.TemporaryDirectory() as folder, running_load(load, Path(folder)) as driver:
        agreed = agreement(driver, target, load, Path(folder), args.rounds)
        enough = capacity(driver, target, Path(folder))
    return 0 if agreed and enough else 1


def agreement(driver: Driver, target: Place, load: Place, folder: Path, rounds: int) -> bool:
    """All three on one mock, in random order each round."""
    port = free_port()
    mock = mock_process(port, SERVICE_MS, target, folder)
    try:
        url = f"http://127.0.0.1:{port}/v1/chat/completions"
        driver.tell(Open("mock", f"http://127.0.0.1:{port}/v1", AT_ONCE, "x", "mock"), Opened)
        ways = {"ours": lambda: ours(driver), "wrk": lambda: wrk(url, load), "hey": lambda: hey(url, load)}
        found: dict[str, list[Figures]] = {name: [] for name in ways}
        for _ in range(rounds):
            for name in random.sample(list(ways), len(ways)):
                found[name].append(ways[name]())
    finally:
        mock.stop()
    return compare(found)


def compare(found: dict[str, list[Figures]]) -> bool:
    """The table, and whether ours is near both."""
    middle = {name: tuple(median([each[at] for each in figures]) for at in (0, 1)) for name, figures in found.items()}
    good = True
    print("| generator | p50 ms | p99 ms | ours, of it |\n| --- | ---: | ---: | ---: |")
    for name, figures in middle.items():
        shares = [mine / theirs for mine, theirs in zip(middle["ours"], figures, strict=True)]
        good = good and all(abs(share - 1) <= WITHIN for share in shares)
        print(f"| {name} | {figures[0]:.2f} | {figures[1]:.2f} | {shares[0]:.3f}, {shares[1]:.3f} |")
    print(f"within 10 %: {'yes' if good else 'NO'}")
    return good


def capacity(driver: Driver, target: Place, folder: Path) -> bool:
    """How much CPU a request and a chunk take of it."""
    with running_provider(target, folder) as provider:
        driver.tell(Open("instant", f"http://127.0.0.1:{provider.port}/v1", 64, "x", "mock"), Opened)
        before = cpu_ns(driver.process.pid)
        sample = measured(driver, "instant", Cell(Lane.CAPACITY, 64, 20_000))
        requests_us = (cpu_ns(driver.process.pid) - before) / sample.answered / 1000
    port = free_port()
    mock = mock_process(port, 0, target, folder, "--tokens", str(TOKENS))
    try:
        driver.tell(Open("streams", f"http://127.0.0.1:{port}/v1", 20, "x", "mock"), Opened)
        before = cpu_ns(driver.process.pid)
        stream = measured(driver, "streams", Cell(Lane.CAPACITY, 20, 100, is_stream=True))
        spent_us = (cpu_ns(driver.process.pid) - before) / 1000
    finally:
        mock.stop()
    assert stream.streams is not None
    chunks_us = spent_us / stream.streams.events
    told = f"a request {requests_us:.1f} us, a chunk {chunks_us:.1f} us, reading of answers behind the clock included"
    print(f"{told}: one core carries {1e6 / requests_us:,.0f} requests or {1e6 / chunks_us:,.0f} chunks a second")
    print(f"as they came: {sample.answered / sample.seconds:,.0f} requests a second")
    return 1e6 / requests_us >= REQUESTS_A_S and 1e6 / chunks_us >= CHUNKS_A_S


def mock_process(port: int, ttft_ms: int, place: Place, folder: Path, *more: str) -> Process:
    command = [sys.executable, "-m", "gossamer", "mock", "--port", str(port), "--ttft", str(ttft_ms), *more]
    process = Process("mock", command, place, folder / f"mock-{port}.log")
    wait_for_port(process, port, 10)
    return process


def ours(driver: Driver) -> Figures:
    requests = SECONDS * 1000 // SERVICE_MS * AT_ONCE
    ordered = sorted(measured(driver, "mock", Cell(Lane.FLOOR, AT_ONCE, requests)).took_ns)
    return quantile(ordered, 0.5) / 1e6, quantile(ordered, 0.99) / 1e6


def measured(driver: Driver, arm: str, cell: Cell) -> Sample:
    return driver.tell(Measure(arm, cell, 1, 25.0), Measured).sample


def wrk(url: str, place: Place) -> Figures:
    told = output(["wrk", "-t1", f"-c{AT_ONCE}", f"-d{SECONDS}s", "--latency", "-s", str(WRK), url], place)
    found = re.search(r"p50 (\d+) .*p99 (\d+)", told)
    if found is None:
        raise SystemExit(f"wrk said something else than expected:\n{told}")
    return int(found[1]) / 1000, int(found[2]) / 1000


def hey(url: str, place: Place) -> Figures:
    words = ["-z", f"{SECONDS}s", "-c", str(AT_ONCE), "-m", "POST", "-T", "application/json", "-d", BODY]
    told = output(["hey", *words, url], place)
    found = {int(q): float(seconds) for q, seconds in re.findall(r" (\d+)%+ in ([0-9.]+) secs", told)}
    if 50 not in found or 99 not in found:
        raise SystemExit(f"hey said something else than expected:\n{told}")
    return found[50] * 1000, found[99] * 1000


def output(command: list[str], place: Place) -> str:
    with place.entered():
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    return process.communicate(timeout=60)[0]


if __name__ == "__main__":
    sys.exit(main())
