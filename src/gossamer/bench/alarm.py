"""Wakes the event loop at a time that is good to some ten microseconds: event loops round their own to a millisecond.

By the process's one interval timer, so there is one alarm a process. Off the main thread it cannot be.
"""

import asyncio
import signal
from collections.abc import Callable
from time import perf_counter_ns

_LEAST_S = 1e-6
"""Nought would switch the timer off."""


class Alarm:
    """Calls back once for each time that is set."""

    def __init__(self, ring: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._loop.add_signal_handler(signal.SIGALRM, ring)

    def set(self, when_ns: int) -> None:
        """A time that has passed rings at once, in a later turn of the loop."""
        signal.setitimer(signal.ITIMER_REAL, max(_LEAST_S, (when_ns - perf_counter_ns()) / 1e9))

    def close(self) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        self._loop.remove_signal_handler(signal.SIGALRM)
