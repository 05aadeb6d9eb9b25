"""Fills a `traces.db` with traces that differ in all that searches go by, and says how long searches in it take.

    PYTHONPATH=src:. python -m benchmarks.traces --count 10000000     # 9 GB; a filled file is used again

They are made by SQLite itself, and marked as the recorder marks them. Asked is the reader of the admin API.
"""

import argparse
import asyncio
import random
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from benchmarks.trace_searches import SEARCH_BUDGET_MS, Span, asked_of, show
from gossamer.projections.paths import traces_path
from gossamer.projections.traces import blocks
from gossamer.projections.traces.reader import FileTraces
from gossamer.projections.traces.writer import TraceFile

STAGES = "queue identify authenticate verify_agent read_body route limit dispatch provider forward"
PER_S = 1_000
"""Requests that end each second."""
BATCH = 500 * 1_024
ENDED_S = 1_800_000_000
"""Unix time at which the last one ends."""
LONGEST_US = 60_000_000
VARIETY = 499_979
"""Different requests, over and over with other times, ids and sessions. A prime: they fall into step with nothing."""
WORDS = 9_000
_FILL = (Path(__file__).parent / "sqlite" / "fill.sql").read_text()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1_000_000, help="traces")
    parser.add_argument("--dir", type=Path, default=Path("/tmp/gossamer-traces"), help="where the file lies")  # noqa: S108
    args = parser.parse_args()
    args.dir.mkdir(parents=True, exist_ok=True)
    path = traces_path(args.dir)
    fill(path, args.count)
    print(f"{args.count:,} traces, {path.stat().st_size / 1e9:.1f} GB")
    ended_us = ENDED_S * 10**6
    span = Span(args.count, ended_us - args.count * 10**6 // PER_S, ended_us)
    is_within = asyncio.run(show("search, in SQLite", asked_of(FileTraces(path), span), SEARCH_BUDGET_MS))
    sys.exit(0 if is_within else 1)


def fill(path: Path, count: int) -> None:
    with closing(TraceFile(path)) as file:
        run = file.run
        (last,) = run.execute("SELECT ifnull(max(n), 0) FROM traces").fetchone()
        if last >= count:
            return
        began = time.monotonic()
        run.execute("INSERT OR IGNORE INTO stages (n, names) VALUES (1, ?)", (STAGES,))
        _make_varied(run)
        for first in range(last + 1, count + 1, BATCH):
            _fill_some(file, first, min(first + BATCH - 1, count), count)
        print(f"filled in {time.monotonic() - began:.0f} s")


def _fill_some(file: TraceFile, first: int, last: int, count: int) -> None:
    values = {"first": first, "last": last, "count": count, "variety": VARIETY, "ended_us": ENDED_S * 10**6}
    with file.moving({}, ()) as run:
        run.execute(_FILL, values)
        run.execute(
            "INSERT INTO contents SELECT id, said FROM traces JOIN varied ON number = traces.n % ?"
            " WHERE traces.n BETWEEN ? AND ? AND said IS NOT NULL",
            (VARIETY, first, last),
        )
        for block in blocks.full_blocks(run):
            blocks.mark(run, block)


def _make_varied(run: sqlite3.Connection) -> None:
    run.execute(
        "CREATE TEMP TABLE varied (number INTEGER PRIMARY KEY, key, user, agent, model, target, status, outcome,"
        " total_us, cost, error, said)"
    )
    run.executemany("INSERT INTO varied VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", _varied())


def _varied() -> Iterator[tuple[object, ...]]:
    chance = random.Random(11)  # noqa: S311 - the same traces each time
    for number in range(VARIETY):
        key = int(chance.paretovariate(0.6)) % 2_000
        agent = int(chance.paretovariate(0.5)) % 700
        model = f"model-{int(chance.paretovariate(0.8)) % 30}"
        status = chance.choices((200, 429, 502, 503), (970, 20, 6, 4))[0]
        outcome = {200: "completed", 429: "refused"}.get(status, "provider_failed")
        total_us = min(LONGEST_US, 1_302 + int(1e6 * chance.lognormvariate(0.5, 1.2)))
        cost = chance.randrange(4_000) * 150 + chance.randrange(900) * 600
        error = None if status == 200 else f"upstream_said_{chance.randrange(500)}"
        said = None if number % 100 else " ".join(f"word{chance.randrange(WORDS)}" for _ in range(80))
        yield (
            number, f"key_{key}", f"usr_{key % 300}", f"agt_{agent}", model, f"up{key % 3}/{model}", status, outcome,
            total_us, cost, error, said,
        )  # fmt: skip


if __name__ == "__main__":
    main()
