"""Runs of agents that were under way when their session was deleted. Which session a run was of, its own turn says, and
that comes when it has ended: the recorder keeps it out, and writes down whose calls are to go as well. Here they go.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Final

from gossamer.config.settings import Settings
from gossamer.control.forgetting import delete_for_good, family_of
from gossamer.control.kept_answers import KeptAnswers
from gossamer.control.nouns import Actor
from gossamer.control.store.errors import StoreUnavailable
from gossamer.control.store.store import Store
from gossamer.control.trace_store import trace_reader
from gossamer.core.clock import wall_time
from gossamer.core.house import house_of
from gossamer.core.logs import get_log
from gossamer.projections.paths import sessions_path
from gossamer.projections.sessions.search import Sessions
from gossamer.projections.traces.reader import TracesAway
from gossamer.projections.traces.trace import US_PER_S

EVERY_S: Final = 2.0
"""A look at a table that is nearly always empty."""
_GATEWAY: Final = Actor("gateway")

_log = get_log(__name__)


async def forget_late_runs_for_ever(store: Store, settings: Callable[[], Settings]) -> None:
    while True:
        await asyncio.sleep(EVERY_S)
        try:
            await forget_late_runs(store, settings())
        except (StoreUnavailable, TracesAway, OSError, sqlite3.Error) as error:
            _log.warning("what agents asked in a deleted session is not forgotten yet", reason=str(error))


async def forget_late_runs(store: Store, settings: Settings) -> None:
    """All that are known of. What fails is tried again the next time."""
    data_dir = Path(settings.data_dir)
    sessions = Sessions(sessions_path(data_dir))
    for run in await asyncio.to_thread(sessions.late_runs):
        family = await asyncio.to_thread(family_of, run, sessions)
        now_us = round(wall_time() * US_PER_S)
        await store.erase_responses_of(_GATEWAY, house_of(run.user, run.key), *(each.name for each in family))
        await delete_for_good(family, sessions, trace_reader(settings), KeptAnswers(settings), data_dir, now_us)
