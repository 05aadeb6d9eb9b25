"""The store, opened as soon as that can be done: the process lives on without it, and says so now and then."""

import asyncio
from collections.abc import Callable, Coroutine
from time import monotonic
from typing import Any, Final, TypeVar

from gossamer.control.store.errors import StoreUnavailable
from gossamer.control.store.store import Store, open_store
from gossamer.core.logs import get_log

FIRST_PAUSE_S: Final = 0.25
LONGEST_PAUSE_S: Final = 5.0
"""Between two tries: soon enough after an outage, and no load for a database that is starting."""
SAY_EVERY_S: Final = 30.0
"""How often the log says that it still cannot be opened."""

_log = get_log(__name__)


Done = TypeVar("Done")


async def at_last(work: Callable[[], Coroutine[Any, Any, Done]]) -> Done:
    """Done again until the store can be asked; it must not matter if it was done before."""
    while True:
        try:
            return await work()
        except StoreUnavailable as error:
            _log.debug("the state store cannot be asked", reason=error.reason)
        await asyncio.sleep(LONGEST_PAUSE_S)


async def open_at_last(url: str, failed: Callable[[str], None]) -> Store:
    """`failed` hears of each try that did not succeed."""
    pause_s = FIRST_PAUSE_S
    said_at = None
    while True:
        try:
            return await open_store(url)
        except StoreUnavailable as error:
            failed(error.reason)
            if said_at is None or monotonic() - said_at >= SAY_EVERY_S:
                said_at = monotonic()
                _log.warning("the state store cannot be opened: unknown keys are answered 503", reason=error.reason)
        await asyncio.sleep(pause_s)
        pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
