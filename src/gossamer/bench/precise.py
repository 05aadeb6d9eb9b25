"""An event loop whose timers keep to microseconds: epoll and libuv round to whole milliseconds.

Half of the latency budget is one millisecond, so a provider that rounds its answers to one would hide what is measured.
"""

import asyncio
import select
import selectors


class PreciseSelector(selectors.EpollSelector):
    """Waits in select(2) on the epoll descriptor itself: microseconds, and still one look-up a ready socket."""

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """As the parent, with the wait done here."""
        if timeout is not None and timeout > 0:
            select.select([self.fileno()], [], [], timeout)
            timeout = 0
        return super().select(timeout)


def precise_loop() -> asyncio.AbstractEventLoop:
    """For asyncio.Runner."""
    return asyncio.SelectorEventLoop(PreciseSelector())
