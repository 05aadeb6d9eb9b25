"""Wakes those who wait for changes. It says only that there may be some: what they are is read from the store.

So a ring too many costs one look, and whoever rings after each gap in its hearing has lost nothing.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

Attend = Callable[[Callable[[], None]], Coroutine[Any, Any, None]]
"""Hears of other processes' changes for as long as it runs, and calls what it is given."""


class Bell:
    """Other processes are only listened to while somebody waits."""

    def __init__(self, attend: Attend) -> None:
        self.is_closed = False
        self._attend = attend
        self._ears: set[asyncio.Event] = set()
        self._attending: asyncio.Task[None] | None = None
        self._leaving: set[asyncio.Task[None]] = set()

    def ring(self) -> None:
        for ear in self._ears:
            ear.set()

    @contextmanager
    def listening(self) -> Iterator[asyncio.Event]:
        """An event that each ring sets."""
        ear = asyncio.Event()
        self._ears.add(ear)
        if self._attending is None and not self.is_closed:
            self._attending = asyncio.create_task(self._attend(self.ring), name="store-bell")
        try:
            yield ear
        finally:
            self._ears.discard(ear)
            if not self._ears:
                self._leave()

    async def close(self) -> None:
        """Everybody who waits is woken, and sees that it is closed."""
        self.is_closed = True
        self.ring()
        self._leave()
        await asyncio.gather(*self._leaving, return_exceptions=True)

    def _leave(self) -> None:
        attending, self._attending = self._attending, None
        if attending is not None:
            attending.cancel()
            self._leaving.add(attending)
            attending.add_done_callback(self._leaving.discard)
