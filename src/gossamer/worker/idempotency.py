"""The answers under idempotency keys of one worker, through all reloads: where they lie, by the settings."""

from collections.abc import Callable, Sequence
from pathlib import Path
from secrets import token_hex

from gossamer.cache.once.files import DIRECTORY, AnswerFiles
from gossamer.cache.once.on_disk import DiskShelf
from gossamer.cache.once.over_redis import RedisShelf
from gossamer.cache.seal import Seal
from gossamer.cache.secret import secret_of_node
from gossamer.config.idempotency import IdempotencySettings
from gossamer.config.settings import Settings
from gossamer.config.usage import CountersDown
from gossamer.config.values import IN_MEMORY
from gossamer.core.clock import wall_time
from gossamer.core.tombstone import Tombstone
from gossamer.delivery.heeding import Heeding
from gossamer.delivery.ticket import Desk
from gossamer.redis.address import parse_redis_url


class WorkerIdempotency:
    """`disk` is the shelf of the node, or what stands in while Redis is away. Redis is asked for from when it is needed
    first: before that there is no request with a key under way."""

    def __init__(self, disk: DiskShelf, open_redis: Callable[[], RedisShelf] | None = None) -> None:
        self._disk = disk
        self._open_redis = open_redis
        self._redis: RedisShelf | None = None
        self.desk = Desk(disk)

    def heeding(self, settings: IdempotencySettings, counters_down: CountersDown) -> Heeding:
        if settings.enabled and self._open_redis is not None and self._redis is None:
            self.desk.shelf = self._redis = self._open_redis()
        if self._redis is not None:
            self._redis.stands_in = counters_down == "local"
        self._disk.keep_s = self.desk.shelf.keep_s = settings.keep_s
        self._disk.most_bytes = settings.max_bytes
        return Heeding(settings, self.desk)

    def forget(self, stones: Sequence[Tombstone]) -> None:
        """What was asked in sessions that are deleted; what was on its way to the shelf when they were, as well."""
        for stone in stones:
            self.desk.gone.add(stone)
            self.desk.shelf.forget(stone.session)

    async def close(self) -> None:
        """After the last request."""
        await self.desk.shelf.close()


def open_idempotency(settings: Settings, number: int, on_trouble: Callable[[str], None]) -> WorkerIdempotency:
    """Worker 0 looks after what lies on the disk."""
    wanted = settings.idempotency
    data_dir = Path(settings.data_dir)
    files = AnswerFiles(data_dir / DIRECTORY, f"{number}-{token_hex(8)}", wall_time)
    disk = DiskShelf(files, wanted.keep_s, wanted.max_bytes, on_trouble, looks=number == 0)
    if settings.counters == IN_MEMORY:
        return WorkerIdempotency(disk)

    def open_redis() -> RedisShelf:
        seal = Seal((settings.cache.secret or secret_of_node(data_dir)).encode())
        return RedisShelf(parse_redis_url(settings.counters), seal, wanted.keep_s, disk, on_trouble)

    return WorkerIdempotency(disk, open_redis)
