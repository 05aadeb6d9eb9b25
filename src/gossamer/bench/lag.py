"""How late the load process's own event loop is: where it is, what it stamps is late too."""

import asyncio
from time import perf_counter_ns
from types import TracebackType
from typing import Self

_TICK_S = 0.010
_ROUNDING_NS = 1_000_000
"""Event loops round their timers up to a millisecond: that much is no lag."""


class LoopLag:
    """Watches the running loop from `with` to its end."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._due_ns = 0
        self._timer: asyncio.TimerHandle | None = None
        self.worst_ns = 0

    def __enter__(self) -> Self:
        self._wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _wait(self) -> None:
        self._due_ns = perf_counter_ns() + round(_TICK_S * 1e9)
        self._timer = self._loop.call_later(_TICK_S, self._tick)

    def _tick(self) -> None:
        self.worst_ns = max(self.worst_ns, perf_counter_ns() - self._due_ns - _ROUNDING_NS)
        self._wait()
