"""What is counted in one process, through all reloads of its settings. From here come the limiters."""

from collections.abc import Callable

from gossamer.core.ports import Limiter, SpendBook
from gossamer.counters.ledger import Ledger
from gossamer.counters.memory import MemoryLimiter
from gossamer.counters.meters import Meters
from gossamer.counters.over_redis.limiter import RedisCounters, RedisLimiter
from gossamer.counters.rules import Rules
from gossamer.redis.address import RedisAddress
from gossamer.redis.server import TIMEOUT_S

Words = Callable[[str], None]


class Counting:
    """`address` is that of the Redis; None: in memory."""

    def __init__(
        self,
        address: RedisAddress | None,
        on_trouble: Words,
        book: SpendBook | None = None,
        workers: int = 1,
        number: int = 0,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self.ledger = Ledger()
        self._meters = Meters()
        self._book = book
        self._workers = workers
        self._number = number
        self._redis = RedisCounters(address, on_trouble, timeout_s) if address is not None else None
        if self._redis is not None:
            self._redis.start()

    def limiter(self, rules: Rules, *, refuses_alone: bool = False) -> Limiter:
        """One for these rules; what was counted by an earlier one goes on counting."""
        local = MemoryLimiter(rules, self._meters, self.ledger, self._book, self._workers, self._number)
        if self._redis is None:
            return local
        return RedisLimiter(rules, self._redis, local, refuses_alone=refuses_alone)

    async def close(self) -> None:
        """After the last request."""
        if self._redis is not None:
            await self._redis.close()
