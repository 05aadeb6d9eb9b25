"""The cache of one worker, through all reloads of its settings."""

from gossamer.cache.memory import Memory
from gossamer.config.cache import CacheSettings
from gossamer.delivery.caching import Caching
from gossamer.delivery.flight import Flight
from gossamer.pipeline import CacheUse


def cache_use_of(settings: CacheSettings) -> CacheUse:
    return settings.hits if settings.enabled else "off"


class WorkerCache:
    """What is kept stays kept, unless there is to be another number of it."""

    def __init__(self) -> None:
        self._flights: dict[bytes, Flight] = {}
        self._memory: Memory | None = None
        self._size = (0, 0)

    def caching(self, settings: CacheSettings) -> Caching:
        size = (settings.l1_entries, settings.l1_bytes)
        if self._memory is None or size != self._size:
            self._memory, self._size = Memory(*size), size
        return Caching(settings, self._memory, self._flights)
