"""Is the figure the gateway's, or the rig's, or the neighbours'? Who used the processors while a measure ran."""

import os
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from gossamer.bench.kernel import cpu_ns, cpu_of, family
from gossamer.bench.processes import Process
from gossamer.bench.verdict import Answer, Result

WARN_SHARE = 0.8
"""From here on, waits for the core of load and provider are a part of every figure."""
NEIGHBOURS_SHARE = 0.1
"""Less than this of one core goes without mention; a desktop at rest uses as much."""
DOUBT_SHARE = 0.25
"""From here on the caches are not the gateway's own: a request was seen to cost 15 % more relative to nginx."""


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


class Neighbours:
    """What processes that are not ours take, from now on."""

    def __init__(self) -> None:
        self._began_s = time.monotonic()
        self._theirs_s = _machine_s() - _ours_s()

    def share(self) -> float:
        """Of one core, so far."""
        return (_machine_s() - _ours_s() - self._theirs_s) / (time.monotonic() - self._began_s)


def beside_neighbours(result: Result, share: float) -> Result:
    """What neighbours do to a result. They only make it dearer: a pass stands, a failure is no longer sure."""
    if share < NEIGHBOURS_SHARE:
        return result
    note = f"other processes took {share:.0%} of a core meanwhile, which makes the figure worse and wider"
    if result.answer is not Answer.FAIL or share < DOUBT_SHARE:
        return replace(result, notes=(*result.notes, note))
    return replace(result, answer=Answer.INCONCLUSIVE, notes=(*result.notes, f"over budget, but {note}: run it again"))


def _machine_s() -> float:
    """CPU of all processes since boot. Interrupts are left out: they belong to nobody."""
    user, nice, system = (int(ticks) for ticks in Path("/proc/stat").read_text().split(maxsplit=4)[1:4])
    return (user + nice + system) / os.sysconf("SC_CLK_TCK")


def _ours_s() -> float:
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return sum(cpu_of(family(os.getpid())).values()) / 1e9 + ended.ru_utime + ended.ru_stime
