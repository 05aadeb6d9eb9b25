"""Keys and agents of the store, and the feed that keeps them true, put together. Lives as long as its worker."""

import asyncio
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from time import monotonic
from typing import Final

from gossamer.config.settings import AuthSettings
from gossamer.core.tombstone import Tombstone, parse_tombstone
from gossamer.feed.listening import Feed
from gossamer.feed.messages import Agents, Changed, FromWorker, Keys, Routes, State, Turned, Unavailable, Used
from gossamer.feed.paths import feed_path
from gossamer.worker.identity.agents import StoredAgents
from gossamer.worker.identity.keys import StoredKeys
from gossamer.worker.identity.questions import News
from gossamer.worker.identity.routes import StoredRoutes

SWEEP_S: Final = 1.0
"""How late the end of a key's time may be noticed."""
SWEEPS_PER_REPORT: Final = 10
"""Uses are told so seldom since nobody decides by them."""


class Identity:
    """A FeedOwner."""

    def __init__(self, data_dir: Path, worker: int, auth: AuthSettings) -> None:
        self.revision = 0
        self.was_told = False
        """Whether the store could be asked since this worker began: keys could be looked up then."""
        self.hear_turned: Callable[[str, bool], None] = _nobody_listens
        """What another worker found of the circuit of a target: set by whoever keeps those."""
        self.hear_purged: Callable[[Sequence[str]], None] = _nothing_is_kept
        """What is to be forgotten of what was kept; of nothing in particular: whatever there is."""
        self.hear_deleted: Callable[[], None] = _nothing_is_remembered
        """Kept responses were deleted, or may have been."""
        self.hear_gone: Callable[[Sequence[Tombstone]], None] = _no_session_leaves_anything
        """Sessions were deleted."""
        self._news = News()
        self._feed = Feed(feed_path(data_dir), worker, self, without="unknown keys have to wait")
        ids = count(1)  # one for both: an answer names nothing but the id
        self.keys = StoredKeys(self._say, self._news, ids, auth)
        self.agents = StoredAgents(self._say, self._news, ids, auth)
        self.routes = StoredRoutes(self._say, ids)
        self._asks_routes_again = False
        self._sweeps = 0
        self._sweeper: asyncio.TimerHandle | None = None

    @property
    def is_connected(self) -> bool:
        """Whether the control process is there, whatever its store does."""
        return self._feed.is_alive

    @property
    def is_away(self) -> bool:
        """Whether the control process was there, and is gone. At a start it is not: whoever asks it waits for it."""
        return self._feed.is_lost

    def start(self) -> None:
        self._feed.start()
        self._sweep_later()

    def close(self) -> None:
        """The last uses are told, if anybody listens."""
        if self._sweeper is not None:
            self._sweeper.cancel()
        self._tell_uses()
        self._feed.close()

    def tell_turned(self, target: str, is_open: bool) -> None:
        """The other workers should know."""
        self._feed.say(Turned(target, is_open))

    def take_over(self, auth: AuthSettings) -> None:
        """New settings: for what is looked up from now on."""
        self.keys.take_over(auth)
        self.agents.take_over(auth)

    # --- told by the feed ---

    def connected(self) -> None:
        self.keys.connected()
        self.agents.connected()
        self.routes.ask()

    def lost(self) -> None:
        self.keys.lost()
        self.agents.lost()

    def heard(self, said: State | Keys | Agents | Routes | Unavailable | Changed | Turned) -> None:
        if isinstance(said, State):
            self.was_told = True
        match said:
            case Keys():
                self.keys.answered(said)
            case Agents():
                self.agents.answered(said)
            case Routes():
                self.routes.answered(said)
            case Changed():
                self._change(said)
            case Turned(target=target, is_open=is_open):
                self.hear_turned(target, is_open)
            case State(is_whole=True):
                self._begin_anew(said.revision)
            case Unavailable():
                self.keys.unavailable(said.id, said.reason)
                self.agents.unavailable(said.id, said.reason)
                self._asks_routes_again |= self.routes.unavailable(said.id)

    # --- inside ---

    def _change(self, change: Changed) -> None:
        self.revision = change.revision
        self._news.add(change)
        self.keys.changed(change)
        self.agents.changed(change)
        self.routes.heard(change)
        if change.purged:
            self.hear_purged(change.purged)
        if change.responses:
            self.hear_deleted()
        if change.sessions:
            self.hear_gone([parse_tombstone(text) for text in change.sessions])

    def _begin_anew(self, revision: int) -> None:
        """Nobody can name what has changed since: nothing from before is believed."""
        self.revision = revision
        self._news.begin_at(revision)
        self.keys.forget()
        self.agents.forget()
        self.routes.ask()
        self.hear_purged(())
        self.hear_deleted()

    def _say(self, message: FromWorker) -> bool:
        return self._feed.say(message)

    def _sweep_later(self) -> None:
        self._sweeper = asyncio.get_running_loop().call_later(SWEEP_S, self._sweep)

    def _sweep(self) -> None:
        now = monotonic()
        self.keys.sweep(now)
        self.agents.sweep(now)
        self._sweeps += 1
        if self._asks_routes_again:
            self._asks_routes_again = False
            self.routes.ask()
        if self._sweeps % SWEEPS_PER_REPORT == 0:
            self._tell_uses()
        self._sweep_later()

    def _tell_uses(self) -> None:
        if self.is_connected and (used := self.keys.used()):
            self._feed.say(Used(used))


def _nobody_listens(target: str, is_open: bool) -> None:
    """There are no routes yet."""


def _nothing_is_kept(purged: Sequence[str]) -> None:
    """There is no cache."""


def _no_session_leaves_anything(stones: Sequence[Tombstone]) -> None:
    """There is neither a cache, nor does a key of its own give answers again."""


def _nothing_is_remembered() -> None:
    """Nobody keeps responses."""
