"""What the processes of a way used between two readings: CPU, memory, and what its own page of metrics counted."""

from collections.abc import Mapping
from contextlib import suppress

from gossamer.bench.arms import Way
from gossamer.bench.groups import group_cpu_ns
from gossamer.bench.kernel import cpu_of, memory_bytes

_GROUP = -1
"""Where the processes of a way have a control group of their own, what it used counts: nobody who ended is missed."""
Reading = Mapping[int, int]
"""Nanoseconds of each process."""


def cpu_now(way: Way) -> Reading:
    """To be held against a later one."""
    found = cpu_of(way.pids())
    group_ns = group_cpu_ns(way.worker) if way.worker else None
    return found if group_ns is None else {**found, _GROUP: group_ns}


def spent_ns(way: Way, before: Reading, after: Reading) -> tuple[int, int]:
    """All processes of the way, and its worker alone. Processes that were born meanwhile count in full."""
    spent = {pid: now - before.get(pid, 0) for pid, now in after.items()}
    return spent.get(_GROUP, sum(spent.values())), spent.get(way.worker, 0)


def memory_now(way: Way) -> int:
    """Bytes, pages that are shared divided among those who share them."""
    total = 0
    for pid in way.pids():
        with suppress(OSError, KeyError):
            total += memory_bytes(pid)["Pss"]
    return total
