"""When the event loop could first see what it hands us now: time in the queue before a handler counts as ours.

The loop reports neither its wake-ups nor how long bytes lay in the kernel. So: if it slept before this turn, bytes are
as old as the turn; if it did not, they may have come at any time since the last turn began, and are taken to be that
old. What is reported is so never less than what was.
"""

import asyncio
from time import perf_counter_ns

_SLEPT_NS = 50_000
"""A gap between two turns above which the loop waited in the kernel; below, it only wrote and polled."""


class Turn:
    """One pass of the loop. Connections call `begin` with the first bytes that they are handed in it."""

    __slots__ = ("_began_ns", "_ended_ns", "_loop", "is_open", "seen_ns")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._began_ns = 0
        self._ended_ns = 0
        self.is_open = False
        self.seen_ns = 0

    def begin(self) -> None:
        now = perf_counter_ns()
        self.seen_ns = self._began_ns if now - self._ended_ns < _SLEPT_NS else now
        self._began_ns = now
        self.is_open = True
        self._loop.call_soon(self._end)

    def _end(self) -> None:
        self.is_open = False
        self._ended_ns = perf_counter_ns()
