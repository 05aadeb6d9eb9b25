"""What the recorder costs at a steady pace: CPU a record, of its whole process and all sinks that are there by default.

    python -m benchmarks.recorder_paced --rate 1000 --seconds 20
    python -m benchmarks.recorder_paced --rate 10000 --traces clickhouse://...

No gateway stands beside it: records are written as a worker writes them, evenly. Shown are CPU by the scheduler's own
clock, how much of it was the kernel's, and what makes it: turns on the processor, and pages of memory that were new.
"""

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from typing import NamedTuple, Self

from msgspec.structs import replace

from benchmarks.made_records import STAGES, record_of, varied
from gossamer.config.load import load_settings
from gossamer.core.record import Record
from gossamer.journal.writer import JournalWriter
from gossamer.process.link import Order, encode_order

WARM_S = 3.0
"""Files are made, and memory is where it stays."""
TURN_S = 0.002
"""What a worker writes in so long it writes at once here."""
SEGMENT_BYTES = 16 * 2**20
JOURNAL_BYTES = 2**30
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


class Spent(NamedTuple):
    """By a process since its start."""

    cpu_s: float
    kernel_s: float
    turns: int
    faults: int

    @classmethod
    def by(cls, pid: int) -> Self:
        stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        cpu_ns = turns = 0
        for thread in Path(f"/proc/{pid}/task").iterdir():
            on_cpu_ns, _, times = (thread / "schedstat").read_text().split()
            cpu_ns += int(on_cpu_ns)
            turns += int(times)
        return cls(cpu_ns / 1e9, int(stat[12]) / _TICKS_PER_S, turns, int(stat[7]))

    def since(self, before: "Spent") -> "Spent":
        return Spent(*(now - then for now, then in zip(self, before, strict=True)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=int, default=1000, help="records a second")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--traces", default="sqlite", help="none, sqlite, or the URL of a ClickHouse")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as home, recorder(Path(home), args.traces) as pid:
        pace = Pace(Path(home) / "data", args.rate)
        pace.write_for(WARM_S)
        before, written = Spent.by(pid), pace.written
        pace.write_for(args.seconds)
        spent, count = Spent.by(pid).since(before), pace.written - written
    print(
        f"{args.rate} records a second, traces: {args.traces.partition(':')[0]}: {spent.cpu_s * 1e6 / count:.1f} us of "
        f"CPU a record ({spent.kernel_s / spent.cpu_s:.0%} the kernel's, by its ticks), "
        f"{spent.turns / args.seconds:.0f} turns and {spent.faults / args.seconds:.0f} new pages a second"
    )


class Pace:
    """A worker's journal, written evenly."""

    def __init__(self, data_dir: Path, rate: int) -> None:
        self.written = 0
        self._rate = rate
        self._writer = JournalWriter(data_dir / "journal", 0, SEGMENT_BYTES, JOURNAL_BYTES, print, stages=STAGES)
        self._records = records()

    def write_for(self, seconds: float) -> None:
        began, before = time.monotonic(), self.written
        while (passed := time.monotonic() - began) < seconds:
            while self.written - before < passed * self._rate:
                name = f"req_6d7bd185b143-{self.written}"
                record = replace(next(self._records), id=name, request_id=name, at=time.time(), seq=self.written)
                self._writer.append(record)
                self.written += 1
            time.sleep(TURN_S)


def records() -> Iterator[Record]:
    return (record_of(1, 10, request) for request in cycle(varied()))


@contextmanager
def recorder(home: Path, traces: str) -> Iterator[int]:
    """As the supervisor starts it; its pid."""
    config = home / "gossamer.yaml"
    config.write_text(f"data_dir: {home}/data\ntraces: {traces}\nkeys: []\nproviders: {{mock: {{kind: mock}}}}\n")
    (home / "data").mkdir()
    settings = load_settings(config, {})
    door, (ours, theirs) = socket.socket(socket.AF_UNIX), socket.socketpair()
    door.bind(str(home / "recorder.sock"))
    door.listen()
    command = [sys.executable, "-m", "gossamer.recorder", "--fd", str(door.fileno()), "--link", str(theirs.fileno())]
    with door, ours, theirs:
        child = subprocess.Popen([*command, "--number", "0"], pass_fds=(door.fileno(), theirs.fileno()))
        theirs.close()
        ours.sendall(encode_order(Order(settings=settings, generation=1)))
        try:
            ours.recv(1024)
            yield child.pid
        finally:
            ours.sendall(encode_order(Order(drain=1.0)))
            child.wait(10)


if __name__ == "__main__":
    main()
