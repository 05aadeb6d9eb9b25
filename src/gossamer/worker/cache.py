"""The cache of one worker, through all reloads of its settings."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from gossamer.cache.memory import Memory
from gossamer.cache.over_redis import RedisCache
from gossamer.cache.purges import Purges
from gossamer.cache.seal import Seal
from gossamer.cache.secret import secret_of_node
from gossamer.config.cache import CacheSettings
from gossamer.config.settings import Settings
from gossamer.core.purge import parse_purge
from gossamer.core.tombstone import Tombstone
from gossamer.delivery.caching import Caching
from gossamer.delivery.flight import Flight
from gossamer.pipeline import CacheUse
from gossamer.redis.address import parse_redis_url
from gossamer.stages.look_again import look_again_if_changed

_PAUSE_S: Final = 0.1
"""Many sessions may be deleted one after the other: the memory is looked through for all of such a time at once."""


def cache_use_of(settings: CacheSettings) -> CacheUse:
    return settings.hits if settings.enabled else "off"


class WorkerCache:
    """What is kept stays kept, unless there is to be another number of it."""

    def __init__(self, remote: RedisCache | None = None) -> None:
        self._flights: dict[bytes, Flight] = {}
        self._memory: Memory | None = None
        self._size = (0, 0)
        self._caching: Caching | None = None
        self._sweep: asyncio.TimerHandle | None = None
        self._remote = remote
        self._purges = remote.purges if remote is not None else Purges()
        if remote is not None:
            remote.start()

    def caching(self, settings: CacheSettings) -> Caching:
        size = (settings.l1_entries, settings.l1_bytes)
        if self._memory is None or size != self._size:
            self._memory, self._size = Memory(*size), size
        self._caching = Caching(
            settings, self._memory, self._flights, self._purges, look_again_if_changed, self._remote
        )
        return self._caching

    def purge(self, purged: Sequence[str]) -> None:
        """As the control process says; of nothing in particular, where nobody can name what was missed."""
        for text in purged:
            purge = parse_purge(text)
            self._purges.add(purge)
            if self._remote is not None:
                self._remote.notes.note(purge)
        if self._memory is not None:
            if purged:
                self._memory.drop_all(self._purges.forbids)
            else:
                self._memory.clear()
        if self._remote is not None and not purged:
            self._remote.notes.learn()

    def forget(self, stones: Sequence[Tombstone]) -> None:
        """What was asked in sessions that are deleted."""
        for stone in stones:
            self._purges.gone.add(stone)
            if self._remote is not None:
                self._remote.belongings.erase(stone.session, _seen_to)
        if self._caching is not None and self._sweep is None:
            self._sweep = asyncio.get_running_loop().call_later(_PAUSE_S, self._drop_gone)

    def _drop_gone(self) -> None:
        self._sweep = None
        assert self._caching is not None
        assert self._memory is not None
        self._memory.drop_all(self._purges.gone.means)
        self._caching.forget_questions()

    def close(self) -> None:
        """After the last request."""
        if self._sweep is not None:
            self._sweep.cancel()
        if self._remote is not None:
            self._remote.close()


def _seen_to(trouble: str | None) -> None:
    """Whoever deletes a session erases it there, and says if that failed: this is for what came later."""


def open_cache(settings: Settings, on_trouble: Callable[[str], None]) -> WorkerCache:
    """With what the settings have beside the memory."""
    cache = settings.cache
    if not cache.enabled or cache.l2 == "none":
        return WorkerCache()
    secret = cache.secret or secret_of_node(Path(settings.data_dir))
    return WorkerCache(RedisCache(parse_redis_url(settings.counters), Seal(secret.encode()), on_trouble))
