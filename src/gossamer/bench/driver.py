"""Our end of the load process: an order goes down a pipe, its report comes back, both within bounded time."""

import os
import select
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import msgspec

from gossamer.bench.blocks import BLOCK_WITHIN_S
from gossamer.bench.errors import BenchError, RigBroken
from gossamer.bench.orders import Failed, Measured, Opened, Order, PacedDone, Report, WavesDone
from gossamer.bench.placement import Place
from gossamer.bench.processes import Process

R = TypeVar("R", Opened, Measured, PacedDone, WavesDone)

REPORT_WITHIN_S = BLOCK_WITHIN_S + 10.0
"""The block's own bound first: its error says more."""
_READ_BYTES = 1 << 16


class Driver:
    """One load process."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self._decode = msgspec.json.Decoder(Report).decode
        self._heard = b""

    def tell(self, order: Order, expected: type[R], blame: type[BenchError] = RigBroken) -> R:
        """Carry out an order; `blame` is raised when the arm did not do its part."""
        pipe = self.process.child.stdin
        if pipe is None:
            raise RigBroken("the load process has no pipes")
        try:
            pipe.write(msgspec.json.encode(order) + b"\n")
        except BrokenPipeError:
            self.process.check()
        report = self._decode(self._line())
        if isinstance(report, Failed):
            raise blame(report.reason)
        if not isinstance(report, expected):
            raise RigBroken(f"the load process said {report} to {order}")
        return report

    def _line(self) -> bytes:
        deadline = time.monotonic() + REPORT_WITHIN_S
        pipe = self.process.child.stdout
        if pipe is None:
            raise RigBroken("the load process has no pipes")
        while b"\n" not in self._heard:
            ready, _, _ = select.select([pipe], [], [], max(0.0, deadline - time.monotonic()))
            data = os.read(pipe.fileno(), _READ_BYTES) if ready else b""
            if not data:
                self.process.child.poll() if not ready else self.process.child.wait(1)
                self.process.check()
                raise RigBroken(f"the load process said nothing for {REPORT_WITHIN_S:g} s")
            self._heard += data
        line, _, self._heard = self._heard.partition(b"\n")
        return line


@contextmanager
def running_load(place: Place, workspace: Path) -> Iterator[Driver]:
    """Start a load process, and end it."""
    process = Process(
        "load process", [sys.executable, "-m", "gossamer.bench.load"], place, workspace / "load.log", pipes=True
    )
    try:
        yield Driver(process)
    finally:
        process.stop()
