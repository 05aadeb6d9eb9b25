"""The shelf of a node: its files, reached through one thread a worker, so that no other request waits for the disk.

The thread begins with the first request that has a key. Worker 0 looks through the shelf from time to time.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final, TypeVar

from gossamer.cache.once.files import SHARDS, AnswerFiles
from gossamer.cache.once.shelf import Found, KeptAnswer

T = TypeVar("T")

_LOOK_S: Final = 15.0
"""Between two looks, a sixteenth of the shelf each: what is over goes within four minutes."""
_GROWN: Final = 4
"""A shard that grew by this part of its bound is looked through at once."""


class DiskShelf:
    """`on_trouble` is told what goes into the log. `keep_s` and `most_bytes` follow the settings in force."""

    def __init__(
        self, files: AnswerFiles, keep_s: float, most_bytes: int, on_trouble: Callable[[str], None], *, looks: bool
    ) -> None:
        self.keep_s = keep_s
        self.most_bytes = most_bytes
        self._files = files
        self._on_trouble = on_trouble
        self._clerk: ThreadPoolExecutor | None = None
        self._grown: dict[str, int] = {}
        self._shard = 0
        self._next_look: asyncio.TimerHandle | None = None
        self._is_reported = False
        self._looks = looks
        if looks:
            self._look_later()

    def claim(self, name: bytes, print_: bytes, heard: Callable[[Found], None]) -> None:
        def told(done: "asyncio.Future[Found]") -> None:
            error = done.exception()
            heard(done.result() if error is None else "away")
            if error is not None:
                self._trouble(error)

        self._do(lambda: self._files.claim(name, print_, self.keep_s), told)

    def keep(self, name: bytes, answer: KeptAnswer, done: Callable[[], None]) -> None:
        def told(kept: "asyncio.Future[int]") -> None:
            error = kept.exception()
            if error is not None:
                self.release(name, done)
                self._trouble(error)
                return
            done()
            self._grow(name.hex()[0], kept.result())

        self._do(lambda: self._files.keep(name, answer), told)

    def release(self, name: bytes, done: Callable[[], None]) -> None:
        def told(released: "asyncio.Future[None]") -> None:
            error = released.exception()
            done()
            if error is not None:
                self._trouble(error)

        self._do(lambda: self._files.release(name), told)

    def forget(self, session: str) -> None:
        """Shard by shard, so that nobody who asks meanwhile waits for all of them; by one worker of the node."""
        if self._looks and self._files.is_there:
            for shard in SHARDS:
                self._do(partial(self._forget, shard, session), self._told)

    @property
    def is_used(self) -> bool:
        return self._files.is_there

    async def close(self) -> None:
        if self._next_look is not None:
            self._next_look.cancel()
        if self._clerk is not None:
            clerk, self._clerk = self._clerk, None
            clerk.submit(self._files.close)
            await asyncio.to_thread(clerk.shutdown)

    # --- inside ---

    def _do(self, work: Callable[[], T], told: "Callable[[asyncio.Future[T]], None]") -> None:
        if self._clerk is None:
            self._clerk = ThreadPoolExecutor(1, "idempotency")
        asyncio.get_running_loop().run_in_executor(self._clerk, work).add_done_callback(told)

    def _sweep(self, shard: str) -> None:
        self._grown[shard] = 0
        keep_s, bound = self.keep_s, self._bound

        def work() -> int:
            self._files.open()
            return self._files.sweep(shard, keep_s, bound)

        def told(swept: "asyncio.Future[int]") -> None:
            error = swept.exception()
            if error is not None:
                self._trouble(error)
            elif swept.result() and not self._is_reported:
                self._is_reported = True
                self._on_trouble(
                    "answers under idempotency keys go before their time: raise idempotency.max_bytes, or lower `keep`"
                )

        self._do(work, told)

    def _forget(self, shard: str, session: str) -> None:
        self._files.open()
        self._files.forget(shard, session)

    def _told(self, done: "asyncio.Future[None]") -> None:
        error = done.exception()
        if error is not None:
            self._trouble(error)

    def _trouble(self, error: BaseException) -> None:
        if not isinstance(error, OSError):
            raise error
        self._on_trouble(f"answers under idempotency keys cannot be kept: {error}")

    def _grow(self, shard: str, size: int) -> None:
        grown = self._grown[shard] = self._grown.get(shard, 0) + size
        if grown * _GROWN > self._bound:
            self._sweep(shard)

    @property
    def _bound(self) -> int:
        """Of one shard: names are digests, so all fill alike."""
        return self.most_bytes // len(SHARDS)

    def _look_later(self) -> None:
        self._next_look = asyncio.get_running_loop().call_later(_LOOK_S, self._look)

    def _look(self) -> None:
        self._look_later()
        if self._files.is_there:
            self._sweep(SHARDS[self._shard])
            self._shard = (self._shard + 1) % len(SHARDS)
