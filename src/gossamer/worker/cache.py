"""The cache of one worker, through all reloads of its settings, and the secret by which a node knows its entries."""

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from typing import Final

from gossamer.cache.memory import Memory
from gossamer.cache.over_redis import RedisCache
from gossamer.cache.purges import Purges
from gossamer.cache.seal import Seal
from gossamer.config.cache import CacheSettings
from gossamer.config.settings import Settings
from gossamer.core.purge import parse_purge
from gossamer.delivery.caching import Caching
from gossamer.delivery.flight import Flight
from gossamer.pipeline import CacheUse
from gossamer.redis.address import parse_redis_url

KEY_FILE: Final = "cache.key"
_SECRET_BYTES: Final = 32


def cache_use_of(settings: CacheSettings) -> CacheUse:
    return settings.hits if settings.enabled else "off"


class WorkerCache:
    """What is kept stays kept, unless there is to be another number of it."""

    def __init__(self, remote: RedisCache | None = None) -> None:
        self._flights: dict[bytes, Flight] = {}
        self._memory: Memory | None = None
        self._size = (0, 0)
        self._remote = remote
        self._purges = remote.purges if remote is not None else Purges()
        if remote is not None:
            remote.start()

    def caching(self, settings: CacheSettings) -> Caching:
        size = (settings.l1_entries, settings.l1_bytes)
        if self._memory is None or size != self._size:
            self._memory, self._size = Memory(*size), size
        return Caching(settings, self._memory, self._flights, self._purges, self._remote)

    def purge(self, purged: Sequence[str]) -> None:
        """As the control process says; of nothing in particular, where nobody can name what was missed."""
        for text in purged:
            purge = parse_purge(text)
            self._purges.add(purge)
            if self._remote is not None:
                self._remote.note_purge(purge)
        if self._memory is not None:
            if purged:
                self._memory.drop_all(self._purges.forbids)
            else:
                self._memory.clear()
        if self._remote is not None and not purged:
            self._remote.learn_purges()

    def close(self) -> None:
        """After the last request."""
        if self._remote is not None:
            self._remote.close()


def open_cache(settings: Settings, on_trouble: Callable[[str], None]) -> WorkerCache:
    """With what the settings have beside the memory."""
    cache = settings.cache
    if not cache.enabled or cache.l2 == "none":
        return WorkerCache()
    secret = cache.secret or secret_of_node(Path(settings.data_dir))
    return WorkerCache(RedisCache(parse_redis_url(settings.counters), Seal(secret.encode()), on_trouble))


def secret_of_node(data_dir: Path) -> str:
    """Made by whichever worker is first, and the same for all of them: a link to a whole file is there or not."""
    data_dir.mkdir(parents=True, exist_ok=True)
    path, own = data_dir / KEY_FILE, data_dir / f"{KEY_FILE}.{os.getpid()}"
    if not path.exists():
        own.touch(mode=0o600)
        own.write_text(token_hex(_SECRET_BYTES))
        with suppress(FileExistsError):
            path.hardlink_to(own)
        own.unlink()
    return path.read_text()
