"""Is the load generator the limit? What the bench's own processes took of their core while a measure ran."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from gossamer.bench.kernel import cpu_ns
from gossamer.bench.processes import Process

WARN_SHARE = 0.8
"""From here on, waits for the core of load and provider are a part of every figure."""


class Busy:
    """A window over some processes. `share` is of one core, waits between turns included."""

    def __init__(self, *processes: Process) -> None:
        self._pids = [process.pid for process in processes]
        self._began_ns = time.perf_counter_ns()
        self._cpu_ns = self._now()
        self.share = 0.0

    def close(self) -> None:
        """The window ends here."""
        self.share = (self._now() - self._cpu_ns) / (time.perf_counter_ns() - self._began_ns)

    def _now(self) -> int:
        return sum(cpu_ns(pid) for pid in self._pids)

    def note(self) -> str:
        """For the verdict."""
        text = f"load and provider kept their core {self.share:.0%} busy"
        return f"{text}: RIG-BOUND, do not trust this figure" if self.share > WARN_SHARE else text


@contextmanager
def busy(*processes: Process) -> Iterator[Busy]:
    """Watch them for as long as the block lasts."""
    window = Busy(*processes)
    yield window
    window.close()
