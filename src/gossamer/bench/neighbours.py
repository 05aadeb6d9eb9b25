"""What processes that are not ours take of the cores that we measure on.

Two readings, and the smaller one counts, since each errs upwards: what the cores were busy beyond our own processes
(where the kernel keeps interrupts apart, those are in it too), and what other processes used on any core.
"""

import contextlib
import os
import time
from collections.abc import Collection
from pathlib import Path

from gossamer.bench.kernel import PROC, cpu_of, family

_TICKS = os.sysconf("SC_CLK_TCK")


class Neighbours:
    """A window that begins now."""

    def __init__(self, cores: Collection[int]) -> None:
        self._cores = cores
        self._began_s = time.monotonic()
        self._before = self._read()

    def share(self) -> float:
        """Of one core, since the window began."""
        passed_s = time.monotonic() - self._began_s
        ours, idle, others = (now - then for now, then in zip(self._read(), self._before, strict=True))
        return share(passed_s, len(self._cores), ours, idle, others)

    def _read(self) -> tuple[float, float, float]:
        ours = set(family(os.getpid()))
        return _used_s(ours), _idle_s(self._cores), _used_s(_all() - ours)


def share(passed_s: float, cores: int, ours_s: float, idle_s: float, others_s: float) -> float:
    """The smaller of the two readings, never below nought."""
    beyond_ours_s = passed_s * cores - idle_s - ours_s
    return max(0.0, min(beyond_ours_s, others_s)) / passed_s


def _all() -> set[int]:
    return {int(entry.name) for entry in PROC.glob("[0-9]*")}


def _used_s(pids: Collection[int]) -> float:
    """With what their ended children used, so that nothing is lost when a process ends within the window."""
    return sum(cpu_of(pids).values()) / 1e9 + sum(map(_reaped_s, pids))


def _reaped_s(pid: int) -> float:
    with contextlib.suppress(OSError):
        text = (PROC / str(pid) / "stat").read_text()
        fields = text[text.rindex(")") + 2 :].split()
        return (int(fields[13]) + int(fields[14])) / _TICKS
    return 0.0


def _idle_s(cores: Collection[int]) -> float:
    """Idle and waiting for a disk."""
    lines = [line.split() for line in Path("/proc/stat").read_text().splitlines() if line.startswith("cpu")]
    wanted = {f"cpu{core}" for core in cores}
    return sum(int(line[4]) + int(line[5]) for line in lines if line[0] in wanted) / _TICKS
