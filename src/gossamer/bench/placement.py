"""Where a process of the bench runs and what it comes before: its core and its place in the scheduler's order.

A child inherits both from who starts it, so there is no window in which it runs elsewhere, and taskset is not needed.
"""

import contextlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

NICE = -10
"""Ten times the weight of an ordinary process: whatever else the machine does waits, but does not starve."""
_REALTIME = os.SCHED_RR if hasattr(os, "SCHED_RR") else 0
_PRIORITY = 1
"""The lowest of the real-time ones: before every ordinary process, behind every other real-time one."""


@dataclass(frozen=True, slots=True)
class Place:
    """`urgent` preempts at once: an ordinary process, even a nice one, first waits out a slice of up to 3 ms.

    Urgent is for short loads that leave the core idle most of the time. Without the right to it (root or
    CAP_SYS_NICE) everything runs as ordinary, and the noise of the machine is in the figures.
    """

    core: int
    urgent: bool = False

    @contextlib.contextmanager
    def entered(self) -> Iterator[None]:
        """What is started in here runs here."""
        cores, nice = os.sched_getaffinity(0), os.getpriority(os.PRIO_PROCESS, 0)
        os.sched_setaffinity(0, {self.core})
        with contextlib.suppress(PermissionError):
            os.setpriority(os.PRIO_PROCESS, 0, NICE)
            if self.urgent:
                os.sched_setscheduler(0, _REALTIME, os.sched_param(_PRIORITY))
        try:
            yield
        finally:
            if self.urgent:
                os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
            os.setpriority(os.PRIO_PROCESS, 0, nice)
            os.sched_setaffinity(0, cores)


def move(pid: int, core: int) -> None:
    """A process that runs already, all of its threads; who has ended meanwhile needs no place."""
    for task in Path(f"/proc/{pid}/task").glob("*"):
        with contextlib.suppress(ProcessLookupError):
            os.sched_setaffinity(int(task.name), {core})


def may_be_urgent() -> bool:
    """Whether this user gets what `urgent` asks for."""
    try:
        os.sched_setscheduler(0, _REALTIME, os.sched_param(_PRIORITY))
    except PermissionError:
        return False
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    return True


def pick_cores(allowed: Iterable[int], siblings: dict[int, set[int]]) -> tuple[int, int] | None:
    """One core for what is measured, one for load and mock: not two threads of one core where that can be avoided."""
    cores = sorted(allowed)
    if len(cores) < 2:
        return None
    first = cores[0]
    apart = [core for core in cores[1:] if core not in siblings.get(first, set())]
    return first, (apart or cores[1:])[0]


def core_siblings(core: int) -> set[int]:
    """The hardware threads that share a core with this one, itself included."""
    listing = Path(f"/sys/devices/system/cpu/cpu{core}/topology/thread_siblings_list")
    try:
        spans = [span.partition("-") for span in listing.read_text().strip().split(",")]
    except OSError:
        return {core}
    return {n for low, _, high in spans for n in range(int(low), int(high or low) + 1)}


class _Anywhere(Place):
    """For what is not measured: the scheduler decides."""

    __slots__ = ()

    @contextlib.contextmanager
    def entered(self) -> Iterator[None]:
        yield


ANYWHERE = _Anywhere(0)
