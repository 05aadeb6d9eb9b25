"""Clocks that call back: as exact as the kernel where it matters, by the event loop's own timers elsewhere.

Event loops round their timers to a millisecond. A mock that did so would swallow a gateway's overhead: a request that
comes 0.4 ms later is answered in the same tick. So the server's timers sleep on a timerfd, good to about 0.1 ms.
"""

import asyncio
import ctypes
import errno
import os
import sys
from collections import deque
from collections.abc import Callable
from heapq import heappop, heappush
from time import perf_counter_ns
from typing import Protocol

Callback = Callable[[], None]

_NS_A_S = 1_000_000_000
_CLOCK_MONOTONIC = 1
"""The clock of perf_counter_ns, on Linux."""
_ABSTIME = 1


class Timer(Protocol):
    """One appointment."""

    def cancel(self) -> None: ...


class Timers(Protocol):
    """Times are readings of perf_counter_ns. A time that has passed is kept in a later turn of the loop, never now."""

    def call_at(self, when_ns: int, callback: Callback) -> Timer: ...


class LoopTimers:
    """The event loop's own: exact to a millisecond, and no file descriptor."""

    __slots__ = ("_loop",)

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def call_at(self, when_ns: int, callback: Callback) -> Timer:
        wait_ns = when_ns - perf_counter_ns()
        if wait_ns <= 0:
            return self._loop.call_soon(callback)
        return self._loop.call_later(wait_ns / _NS_A_S, callback)

    def close(self) -> None:
        """Nothing is held."""


class _Appointment:
    """An entry of the heap. Cancelled ones stay in it, empty, until their time."""

    __slots__ = ("callback", "when_ns")

    def __init__(self, when_ns: int, callback: Callback) -> None:
        self.when_ns = when_ns
        self.callback: Callback | None = callback

    def __lt__(self, other: "_Appointment") -> bool:
        return self.when_ns < other.when_ns

    def cancel(self) -> None:
        self.callback = None


class KernelTimers:
    """One timerfd of Linux for all appointments, set to the earliest."""

    __slots__ = ("_alarm", "_heap", "_loop", "_set_to_ns")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._alarm = _Alarm()
        self._heap: list[_Appointment] = []
        self._set_to_ns = 0  # 0: not set
        loop.add_reader(self._alarm.descriptor, self._ring)

    def call_at(self, when_ns: int, callback: Callback) -> Timer:
        appointment = _Appointment(when_ns, callback)
        heappush(self._heap, appointment)
        if not self._set_to_ns or when_ns < self._set_to_ns:
            self._set(when_ns)
        return appointment

    def close(self) -> None:
        self._loop.remove_reader(self._alarm.descriptor)
        self._alarm.close()

    def _ring(self) -> None:
        """Keep what is due. What the callbacks add waits for the next ring, in another turn of the loop."""
        heap, now = self._heap, perf_counter_ns()
        due: deque[_Appointment] = deque()
        while heap and heap[0].when_ns <= now:
            due.append(heappop(heap))
        try:
            while due:
                callback = due.popleft().callback
                if callback is not None:
                    callback()
        finally:
            for left in due:  # behind a callback that raised
                heappush(heap, left)
            self._set(heap[0].when_ns if heap else 0)

    def _set(self, when_ns: int) -> None:
        self._set_to_ns = when_ns
        self._alarm.set(when_ns)


class _Timespec(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long))


class _Itimerspec(ctypes.Structure):
    _fields_ = (("interval", _Timespec), ("value", _Timespec))


class _Alarm:
    """timerfd_create(2), which Python has from 3.13 on."""

    __slots__ = ("_settime", "_spec", "_when", "descriptor")

    def __init__(self) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        self.descriptor: int = libc.timerfd_create(_CLOCK_MONOTONIC, os.O_NONBLOCK | os.O_CLOEXEC)
        if self.descriptor < 0:
            number = ctypes.get_errno()
            raise OSError(number, f"timerfd_create: {errno.errorcode.get(number, number)}")
        self._settime = libc.timerfd_settime
        self._spec = _Itimerspec()
        self._when = ctypes.byref(self._spec)

    def set(self, when_ns: int) -> None:
        """Ring at `when_ns`, once; 0 is never. A ring that was not heard yet is forgotten."""
        self._spec.value.seconds, self._spec.value.nanoseconds = divmod(when_ns, _NS_A_S)
        self._settime(self.descriptor, _ABSTIME, self._when, None)

    def close(self) -> None:
        os.close(self.descriptor)


def exact_timers(loop: asyncio.AbstractEventLoop) -> KernelTimers | LoopTimers:
    """The best that this system has."""
    return KernelTimers(loop) if sys.platform == "linux" else LoopTimers(loop)
