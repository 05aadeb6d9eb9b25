"""Removes what is older than is wished, now and then and a few at a time: audit events, kept responses."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from gossamer.config.settings import Settings
from gossamer.control.store.database import now_utc
from gossamer.control.store.errors import StoreUnavailable
from gossamer.control.store.store import Store
from gossamer.core.logs import get_log

EVERY_S: Final = 600.0
PAUSE_S: Final = 0.1
"""Between two times, so that changes come in between."""

_log = get_log(__name__)


async def prune_for_ever(store: Store, settings: Callable[[], Settings]) -> None:
    while True:
        try:
            await prune(store, settings())
            await prune_responses(store, settings().responses.ttl_s)
        except StoreUnavailable as error:
            _log.debug("what is too old is not removed", reason=error.reason)
        await asyncio.sleep(EVERY_S)


async def prune(store: Store, settings: Settings) -> None:
    """All that is too old. Where audit events are kept elsewhere, only what has come there."""
    keep_s = settings.retention.audit_changes_s
    if keep_s is None:
        return
    before = now_utc() - timedelta(seconds=keep_s)
    is_kept_elsewhere = settings.audit_in_full.to != "none"
    while True:
        removed = await store.prune_events(before, only_handed=is_kept_elsewhere)
        if not removed:
            return
        await asyncio.sleep(PAUSE_S)


async def prune_responses(store: Store, keep_s: float) -> None:
    """Those in which nobody went on for so long."""
    while True:
        removed = await store.prune_responses(now_utc() - timedelta(seconds=keep_s))
        if not removed:
            return
        await asyncio.sleep(PAUSE_S)
