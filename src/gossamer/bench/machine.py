"""What the machine does around a visit, and what it is: pace, neighbours, stolen time, pressure. Reads only."""

import os
import platform
import time
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from gossamer.bench.neighbours import Neighbours
from gossamer.bench.pace import pace_ms
from gossamer.bench.record import Machine, Visited

_TICKS = os.sysconf("SC_CLK_TCK")
_STEAL = 8
"""Column of /proc/stat."""
_PRESSURE = Path("/proc/pressure/cpu")


class Surroundings:
    """A window that begins with a visit. The pace is taken first, so that its own work is not in the window."""

    def __init__(self, gateway_core: int, cores: Collection[int]) -> None:
        self._pace_ms = pace_ms(gateway_core)
        self._neighbours = Neighbours(cores)
        self._began_s = time.monotonic()
        self._before = _steal_s(), _pressure_s()

    def close(self, turn: int, cell: str) -> Visited:
        """The window ends here."""
        passed_s = time.monotonic() - self._began_s
        steal_s, pressure_s = (now - then for now, then in zip((_steal_s(), _pressure_s()), self._before, strict=True))
        return Visited(turn, cell, self._neighbours.share(), self._pace_ms, steal_s / passed_s, pressure_s / passed_s)


def _steal_s() -> float:
    """What a hypervisor took from all cores together."""
    with suppress(OSError, IndexError):
        return int(Path("/proc/stat").read_text().split("\n", 1)[0].split()[_STEAL]) / _TICKS
    return 0.0


def _pressure_s() -> float:
    with suppress(OSError, IndexError, ValueError):
        return int(_PRESSURE.read_text().split("total=", 1)[1].split()[0]) / 1e6
    return 0.0


def machine() -> Machine:
    """What absolute figures depend on."""
    return Machine(_cpu(), os.cpu_count() or 0, platform.release(), platform.python_version())


def _cpu() -> str:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()
