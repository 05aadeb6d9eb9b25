"""What the Linux kernel knows of a process: its time on CPU, its memory, its children, its sockets.

Reads only. For CPU neither /proc/PID/stat (ticks of 10 ms) nor /proc/PID/schedstat (the main thread alone) would do.
"""

import contextlib
import time
from collections.abc import Iterable
from pathlib import Path

PROC = Path("/proc")
_CPU_CLOCK = 2
"""CPUCLOCK_SCHED of the kernel's clock ids: nanoseconds the scheduler gave to all threads of a process."""


def cpu_ns(pid: int) -> int:
    """CPU time of all threads of a process, ended ones included; as clock_getcpuclockid(3) names the clock."""
    return time.clock_gettime_ns((~pid << 3) | _CPU_CLOCK)


def cpu_of(pids: Iterable[int]) -> dict[int, int]:
    """`cpu_ns` of each process that is alive."""
    found = {}
    for pid in pids:
        with contextlib.suppress(OSError):
            found[pid] = cpu_ns(pid)
    return found


def memory_bytes(pid: int) -> dict[str, int]:
    """`Rss` and `Pss` (shared pages divided among those who share them)."""
    lines = (PROC / str(pid) / "smaps_rollup").read_text().splitlines()
    fields = dict(line.split(":", 1) for line in lines[1:])
    return {name: int(fields[name].split()[0]) * 1024 for name in ("Rss", "Pss")}


def family(pid: int) -> list[int]:
    """The process and all that descend from it. `children` files are not in every kernel, so all parents are read."""
    parents = _parents()
    members, frontier = [pid], {pid}
    while frontier := {child for child, parent in parents.items() if parent in frontier}:
        members += sorted(frontier)
    return members


def _parents() -> dict[int, int]:
    parents = {}
    for stat in PROC.glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            text = stat.read_text()
            parents[int(stat.parent.name)] = int(text[text.rindex(")") + 1 :].split()[1])
    return parents


def holder(server_port: int, client_port: int, candidates: Iterable[int]) -> int | None:
    """Which of the candidates holds the server's end of one accepted loopback connection."""
    inode = _inode(server_port, client_port)
    if inode is None:
        return None
    wanted = f"socket:[{inode}]"
    return next((pid for pid in candidates if wanted in _open_files(pid)), None)


def _inode(local_port: int, remote_port: int) -> str | None:
    ends = (f":{local_port:04X}", f":{remote_port:04X}")
    for table in ("net/tcp", "net/tcp6"):
        with contextlib.suppress(OSError):
            for line in (PROC / table).read_text().splitlines()[1:]:
                columns = line.split()
                if columns[1].endswith(ends[0]) and columns[2].endswith(ends[1]):
                    return columns[9]
    return None


def _open_files(pid: int) -> set[str]:
    names = set()
    with contextlib.suppress(OSError):
        for entry in (PROC / str(pid) / "fd").iterdir():
            with contextlib.suppress(OSError):
                names.add(str(entry.readlink()))
    return names


def root_of(pid: int) -> int:
    """The topmost ancestor that runs the same program: a server's master of its worker."""
    parents = _parents()
    while (parent := parents.get(pid, 0)) > 1 and _program(parent) == _program(pid):
        pid = parent
    return pid


def _program(pid: int) -> str:
    with contextlib.suppress(OSError):
        return str((PROC / str(pid) / "exe").readlink())
    return f"unknown {pid}"
