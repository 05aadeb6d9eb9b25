"""What was answered in a session and is kept to be given again: in files of this node, and in Redis.

Workers drop what they have in memory by themselves, as soon as they hear of it. Here is what outlives them, so that
whoever deletes a session is told if it could not be found.
"""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from secrets import token_hex
from typing import Final

from gossamer.cache.belongings import LOADS, Belongings
from gossamer.cache.once.files import DIRECTORY, SHARDS, AnswerFiles
from gossamer.cache.seal import Seal
from gossamer.cache.secret import secret_of_node
from gossamer.config.settings import Settings
from gossamer.config.values import IN_MEMORY
from gossamer.core.clock import wall_time
from gossamer.redis.address import parse_redis_url
from gossamer.redis.cluster import open_servers
from gossamer.redis.server import Server

ERASE_S: Final = 5.0
"""For Redis, with all that a session may have there."""


class KeptAnswers:
    """Of the settings in force."""

    def __init__(self, settings: Settings) -> None:
        self._data_dir = Path(settings.data_dir)
        self._secret = settings.cache.secret
        has_l2 = settings.cache.enabled and settings.cache.l2 != "none"
        is_used = settings.counters != IN_MEMORY and (has_l2 or settings.idempotency.enabled)
        self._redis = settings.counters if is_used else None

    async def erase(self, session: str, runs: Sequence[str] = ()) -> None:
        """`runs`: of agents in it, whose calls bear no key of the client's, so that no file has an answer of theirs.
        OSError where that could not be done: it may be asked for again.
        """
        await asyncio.to_thread(self._erase_files, session)
        if self._redis is not None:
            await self._erase_in_redis(self._redis, [session, *runs])

    # --- inside ---

    def _erase_files(self, session: str) -> None:
        files = AnswerFiles(self._data_dir / DIRECTORY, f"eraser-{token_hex(8)}", wall_time)
        if not files.is_there:
            return
        files.open()
        try:
            for shard in SHARDS:
                files.forget(shard, session)
        finally:
            files.close()

    async def _erase_in_redis(self, url: str, sessions: Sequence[str]) -> None:
        address = parse_redis_url(url)
        seal = Seal((self._secret or secret_of_node(self._data_dir)).encode())
        servers = open_servers(address, LOADS, _up, lambda _: None)
        servers.start()
        try:
            for session in sessions:
                trouble = await _told_of(Belongings(servers, seal), session)
                if trouble is not None:
                    raise ConnectionError(f"kept answers in {address.shown}: {trouble}")
        finally:
            servers.close()


async def _told_of(belongings: Belongings, session: str) -> str | None:
    """Why they could not be erased; None: they are."""
    told: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
    belongings.erase(session, _once(told))
    try:
        async with asyncio.timeout(ERASE_S):
            return await told
    except TimeoutError:
        return f"no answer within {ERASE_S:g} s"


def _up(server: Server) -> None:
    """It is asked as soon as it is there."""


def _once(told: "asyncio.Future[str | None]") -> Callable[[str | None], None]:
    def tell(trouble: str | None) -> None:
        if not told.done():
            told.set_result(trouble)

    return tell
