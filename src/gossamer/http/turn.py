"""When the event loop could first see what it hands us now: time in the queue before a handler counts as ours.

The loop reports neither its wake-ups nor how long bytes lay in the kernel. So: if it slept before this turn, bytes are
as old as the turn; if it did not, they may have come at any time since the last turn began, and are taken to be that
old. What is reported is so never less than what was.
"""

import asyncio
from time import perf_counter_ns

SLEPT_NS = 50_000
"""A gap in the work above which the loop waited in the kernel; below, it only wrote and polled."""


class Turn:
    """One pass of the loop. Connections call `begin` with the first bytes that they are handed in it.

    The end of a turn is watched for only while turns follow each other without a pause: at rest there is nothing to
    tell apart, and a callback at each turn's end would cost a stream as much as handling its chunk.
    """

    __slots__ = ("_loop", "began_ns", "is_open", "seen_ns", "worked_ns")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.began_ns = 0
        """When the last turn began in which `begin` was called, or the loop woke to a piece of an answer: whoever takes
        pieces says so here. Else what comes right behind a piece would be as old as the last head."""
        self.worked_ns = 0
        """When this process was last seen at work. Whoever has just read the clock may say so here."""
        self.is_open = False
        self.seen_ns = 0

    def begin(self) -> None:
        if self.is_open:
            return
        now = perf_counter_ns()
        if now - self.worked_ns < SLEPT_NS:
            self.seen_ns = self.began_ns
            self.is_open = True
            self._loop.call_soon(self._end)
        else:
            self.seen_ns = now
        self.began_ns = self.worked_ns = now

    def _end(self) -> None:
        self.is_open = False
        self.worked_ns = perf_counter_ns()
