"""How many unknown tokens one address may have looked up. Only those that are found bad are charged.

Look-ups under way count as if they would fail, so that a thousand at once are not one; who finds no room for that
waits for those before it. So a flood of wrong tokens comes through at the pace, and a thousand good ones just wait.

A refusal costs this worker more than its sender, who would send the next one at once: so it is held back for a while.
"""

import asyncio
from collections import deque
from time import monotonic
from typing import Final

from gossamer.core.errors import RateLimitExceeded
from gossamer.core.later import Later
from gossamer.policy.pace import Cells, Pace
from gossamer.policy.site import site_of

PACE: Final = Pace(50, 0.1)
"""Bad tokens of one address: so many at once, then ten a second."""
HOLD_S: Final = 0.1
"""How long a refusal is held back. Fifty connections that send wrong tokens so take 4 % of a core instead of all."""
MOST_HELD: Final = 1000
"""Refusals; what comes beyond them is refused at once, so that holding back takes little memory."""
MOST_ADDRESSES: Final = 10_000
"""About 2 MB in a worker when somebody tries to fill its memory."""


class Visit:
    """One address that has look-ups under way."""

    __slots__ = ("under_way", "waiting")

    def __init__(self) -> None:
        self.under_way = 0
        self.waiting: deque[asyncio.Future[None]] = deque()


class Doorman:
    def __init__(self) -> None:
        self._cells = Cells(PACE, MOST_ADDRESSES)
        self._visits: dict[str, Visit] = {}
        self._held = 0

    def knock(self, address: str) -> Later | None:
        """A refusal, where there is no sense in waiting for room: ended with RateLimitExceeded, and without a task."""
        wait_s = self._cells.wait_s(address, monotonic())
        if not wait_s:
            return None
        if self._held >= MOST_HELD:
            raise _too_many(wait_s)
        refusal = Later()
        self._held += 1
        asyncio.get_running_loop().call_later(HOLD_S, self._refuse, refusal, wait_s)
        return refusal

    def _refuse(self, refusal: Later, wait_s: float) -> None:
        self._held -= 1
        refusal.end(_too_many(wait_s))

    async def enter(self, address: str) -> None:
        """Take a place, which `leave` gives back. Raises RateLimitExceeded where the address has none left."""
        while True:
            now = monotonic()
            if wait_s := self._cells.wait_s(address, now):
                raise _too_many(wait_s)
            visit = self._visits.setdefault(address, Visit())
            if visit.under_way < self._cells.room(address, now):
                visit.under_way += 1
                return
            turn = asyncio.get_running_loop().create_future()
            visit.waiting.append(turn)
            try:
                await turn
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():
                    self._call(address)  # its turn had come: somebody else's now
                raise

    def leave(self, address: str, *, is_bad: bool) -> None:
        if is_bad:
            self._cells.take(address, monotonic())
        self._visits[address].under_way -= 1
        self._call(address)

    def _call(self, address: str) -> None:
        """Those whose turn has come; all of them, if there is no room any more, to be told so."""
        visit = self._visits.get(address)
        if visit is None:
            return
        now = monotonic()
        free = self._cells.room(address, now) - visit.under_way
        is_shut = self._cells.wait_s(address, now) > 0
        while visit.waiting and (free > 0 or is_shut):
            turn = visit.waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                free -= 1
        if not visit.under_way and not visit.waiting:
            del self._visits[address]


def address_of(peer: str) -> str:
    """Whom a connection is counted for, by its address and port."""
    return site_of(peer.rpartition(":")[0] or peer)


def _too_many(wait_s: float) -> RateLimitExceeded:
    return RateLimitExceeded(
        "Too many unknown API keys came from your address, so this one is not looked up now. "
        "Check the key, and try again after the time that Retry-After says.",
        retry_after_s=wait_s,
    )
