"""From settings to what limits: the rules, and the counters that this worker counts in."""

from collections.abc import Callable
from pathlib import Path

from gossamer.config.settings import Settings
from gossamer.config.values import IN_MEMORY
from gossamer.core.errors import NotFound
from gossamer.core.logs import Log
from gossamer.core.ports import Router
from gossamer.counters.counting import Counting
from gossamer.counters.rules import Rules
from gossamer.counters.spend_book import JournalBook
from gossamer.journal.reader import Position
from gossamer.redis.address import parse_redis_url


def rules_of(settings: Settings, router: Router) -> Rules:
    limits = settings.limits
    models = {}
    for name, quota in limits.models.items():
        try:
            models[router.target_of(name).label] = quota.limits
        except NotFound as error:
            raise ValueError(f"limits.models.{name}: {error.message}") from error
    return Rules(
        default=limits.default.limits,
        models=models,
        output_tokens=limits.output_estimate,
        refuses_unpriced=limits.unpriced == "refuse",
    )


class Counters:
    """Those of one worker, and the book that outlives it."""

    def __init__(self, settings: Settings, number: int, fleet: int, log: Log) -> None:
        workers = settings.server.workers
        is_local = settings.counters == IN_MEMORY
        self._book = JournalBook(Path(settings.data_dir), number, workers, fleet)
        self.counting = Counting(
            None if is_local else parse_redis_url(settings.counters),
            lambda trouble: log.warning("counters", worker=number, trouble=trouble),
            self._book,
            workers,
            number,
        )
        if is_local and workers > 1 and number == 0:
            log.info("limits are counted in memory: each worker lets in its share", workers=workers)

    def keep(self, position: Callable[[], Position | None]) -> None:
        """Once the journal is open."""
        self._book.keep(self.counting.ledger, position)

    async def close(self) -> None:
        """After the last request, before the journal is closed."""
        await self.counting.close()
        self._book.close()
