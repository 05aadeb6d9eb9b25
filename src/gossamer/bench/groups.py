"""Control groups: a group of its own for each way that the bench starts, where the kernel lets it make one.

A group counts what its ended processes used too. Both hierarchies are known: the one of version 2, and `cpuacct`.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

MOUNTS = Path("/proc/self/mounts")
_NUMBERS = count()


def group_cpu_ns(pid: int) -> int | None:
    """CPU time of the whole control group of a process, ended children included: None where it has none of its own."""
    for hierarchy, root in hierarchies():
        with suppress(OSError, IndexError, ValueError, StopIteration):
            group = _group(pid, hierarchy)
            if group not in ("/", _group("self", hierarchy)):
                return _used_ns(hierarchy, root / group.lstrip("/"))
    return None


def hierarchies() -> list[tuple[str, Path]]:
    """Those that count CPU, by the name that /proc/PID/cgroup has for them; the finer clock first."""
    found: list[tuple[str, Path]] = []
    with suppress(OSError):
        for line in MOUNTS.read_text().splitlines():
            _, point, kind, options, *_ = line.split()
            if kind == "cgroup" and "cpuacct" in options.split(","):
                found.insert(0, ("cpuacct", Path(point)))
            elif kind == "cgroup2":
                found.append(("", Path(point)))
    return found


@contextmanager
def own_group(name: str) -> Iterator[None]:
    """What is started in here is counted by itself. Nothing happens where no group can be made."""
    made = []
    for hierarchy, root in hierarchies()[:1]:
        with suppress(OSError, StopIteration):
            home = root / _group("self", hierarchy).lstrip("/")
            if _shares_by_group(home):
                break
            group = home / f"gossamer-bench-{os.getpid()}-{next(_NUMBERS)}-{name}"
            group.mkdir()
            made.append((home, group))
            (group / "cgroup.procs").write_text(str(os.getpid()))
    try:
        yield
    finally:
        for home, _ in made:
            with suppress(OSError):
                (home / "cgroup.procs").write_text(str(os.getpid()))


def remove_groups() -> None:
    """Those of this process that are empty: a group outlives what was in it. One that is not yet, is the next time."""
    for hierarchy, root in hierarchies()[:1]:
        with suppress(OSError, StopIteration):
            home = root / _group("self", hierarchy).lstrip("/")
            for group in home.glob(f"gossamer-bench-{os.getpid()}-*"):
                with suppress(OSError):
                    group.rmdir()


def _group(pid: int | str, hierarchy: str) -> str:
    """Of a process, in one hierarchy."""
    lines = Path(f"/proc/{pid}/cgroup").read_text().splitlines()
    split = (line.split(":", 2) for line in lines)
    return next(group for _, names, group in split if hierarchy in names.split(","))


def _shares_by_group(home: Path) -> bool:
    """Whether the scheduler shares cores among groups below: one of ours would then change what it is to count."""
    with suppress(OSError):
        return "cpu" in (home / "cgroup.subtree_control").read_text().split()
    return False


def _used_ns(hierarchy: str, folder: Path) -> int:
    if hierarchy == "cpuacct":
        return int((folder / "cpuacct.usage").read_text())
    return int((folder / "cpu.stat").read_text().split("usage_usec", 1)[1].split()[0]) * 1000
