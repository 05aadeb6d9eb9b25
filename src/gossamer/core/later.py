"""Waiting without a task: for what is answered by a callback, a task would cost more than the answer."""

import asyncio
from collections.abc import Callable, Generator

Heard = Callable[[Exception | None], None]
"""Is told once: None, or why not."""


class Later:
    """What a stage waits for. Whoever learns of the end calls `end`, once. It can be awaited, too."""

    _heard: Heard | None = None
    _is_ended = False
    _error: Exception | None = None

    def when_ended(self, heard: Heard) -> None:
        """One can be told; at once, if it has ended."""
        if self._is_ended:
            heard(self._error)
        else:
            self._heard = heard

    def end(self, error: Exception | None = None) -> None:
        self._is_ended = True
        heard, self._heard = self._heard, None  # mostly it holds this: a circle, undone here
        if heard is not None:
            heard(error)
        else:
            self._error = error

    def __await__(self) -> Generator[object, None, None]:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def hear(error: Exception | None) -> None:
            if done.done():
                return
            if error is None:
                done.set_result(None)
            else:
                done.set_exception(error)

        self.when_ended(hear)
        return done.__await__()
