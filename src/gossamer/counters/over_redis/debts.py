"""What Redis has still to be told: each settlement until it is answered, and while Redis is away, what was spent.

A settlement with money has a number. It is sent again until Redis says that it has it, and Redis counts each number
once; so no answer that is lost on the way loses or doubles a cent.
"""

import asyncio
from typing import Final, NamedTuple

from gossamer.counters.over_redis.plan import Dated, Group
from gossamer.redis.cluster import BETWEEN_SLOTS, Servers
from gossamer.redis.line import IGNORED, Line
from gossamer.redis.resp import ReplyError

MOST_KEPT: Final = 10_000
"""Settlements that wait for Redis, about 1 KB each; beyond it only the sums are kept, and leases end by themselves."""


_AGAIN_S: Final = 0.2
"""Until keys that are on the move are asked for again."""


class Terms(NamedTuple):
    """What is to be told."""

    group: Group
    dated: Dated
    member: bytes = b""
    """The lease as Redis knows it; empty for money that was spent without one."""
    second: int = 0
    """Of its admission, by the clock of Redis."""
    requests: int = 0
    """To take back: the request did not come about."""
    tokens: int = 0
    """Beyond the estimate; less than 0, to take back."""
    reserved: int = 0
    nanos: int = 0
    """Spent."""

    def command(self, number: int) -> bytes:
        group, dated, member, second, requests, tokens, reserved, nanos = self
        words = (member, second, requests, tokens, reserved, nanos, number if nanos else 0)
        return group.settle(dated, b"%b %d %d %d %d %d %d" % words, is_spend=nanos > 0)


class Settlement:
    """One on its way (a Routed)."""

    __slots__ = ("_debts", "command", "is_over", "number", "redirects", "slot", "terms")

    def __init__(self, debts: "Debts", terms: Terms, number: int, redirects: int = 0) -> None:
        self._debts = debts
        self.terms = terms
        self.number = number
        self.command = terms.command(number)
        self.slot = terms.group.slot
        self.redirects = redirects
        self.is_over = False

    def answered(self, reply: object, line: Line) -> None:
        if isinstance(reply, ReplyError):
            self._debts.refused(self, reply, line)
        else:
            self._debts.heard(self)

    def failed(self, reason: str) -> None:  # noqa: ARG002 - a Waiter
        self._debts.unheard(self)


class Debts:
    """Those of one process."""

    def __init__(self) -> None:
        self._last_number = 0
        self._under_way: set[Settlement] = set()
        self._waiting: dict[int, Settlement] = {}
        """Not known to be heard, to be sent when Redis is back. By number: Redis must hear them in their order."""
        self._refused: list[Terms] = []
        """Known not to be heard, to be sent again under a number that is still to come."""
        self._sums: dict[tuple[Group, Dated], int] = {}
        self._servers: Servers | None = None
        self._clear: asyncio.Future[None] | None = None
        self._retry: asyncio.TimerHandle | None = None

    def attach(self, servers: Servers) -> None:
        self._servers = servers

    def settle(self, terms: Terms) -> None:
        """Tell Redis what became of a lease, now or when it can hear it."""
        if not (terms.member or terms.nanos):
            self._mention(terms)
        elif len(self._waiting) + len(self._refused) < MOST_KEPT:
            self._send(self._numbered(terms))
        else:
            self._add(terms)

    def _mention(self, terms: Terms) -> None:
        """Tokens alone: unheard, the estimate counts until its minute is over."""
        assert self._servers is not None
        server = self._servers.of_slot(terms.group.slot)
        if server.is_up and server.line is not None:
            server.line.send(terms.command(0), IGNORED)

    def spend(self, group: Group, dated: Dated, nanos: int) -> None:
        """Money that was spent without a lease of Redis."""
        terms = Terms(group, dated, nanos=nanos)
        assert self._servers is not None
        if nanos and self._servers.of_slot(group.slot).is_up:
            self.settle(terms)
        else:
            self._add(terms)

    def came_up(self) -> None:
        """Some server can be told again what it has not heard."""
        self._retry = None
        waiting, self._waiting = self._waiting, {}
        for number in sorted(waiting):
            self._send(waiting[number])
        refused, self._refused = self._refused, []
        for terms in refused:
            self._send(self._numbered(terms))
        sums, self._sums = self._sums, {}
        for (group, dated), nanos in sums.items():
            self.spend(group, dated, nanos)

    async def cleared(self) -> None:
        """Until nothing is under way."""
        if self._under_way:
            self._clear = asyncio.get_running_loop().create_future()
            await self._clear

    @property
    def unheard_nanos(self) -> int:
        """Money that Redis does not know of."""
        waiting = [each.terms for each in self._waiting.values()]
        return sum(self._sums.values()) + sum(terms.nanos for terms in (*waiting, *self._refused))

    # --- told by settlements ---

    def heard(self, settlement: Settlement) -> None:
        settlement.is_over = True
        self._waiting.pop(settlement.number, None)
        self._arrived(settlement)

    def unheard(self, settlement: Settlement) -> None:
        if not settlement.is_over:
            self._waiting[settlement.number] = settlement
        self._arrived(settlement)

    def refused(self, settlement: Settlement, error: ReplyError, line: Line) -> None:
        assert self._servers is not None
        if settlement.is_over or line.is_leaving:
            return  # by now it was sent again, or will be
        # It was not carried out, and later ones may have been: under its old number it would count as heard.
        fresh = self._numbered(settlement.terms, settlement.redirects)
        if self._servers.redirect(error, fresh):
            self._under_way.add(fresh)
        else:
            self._refused.append(settlement.terms)
            if error.kind == BETWEEN_SLOTS:
                self._come_again()
            else:
                self._servers.of_slot(settlement.slot).doubt(str(error))
        self.heard(settlement)

    def _arrived(self, settlement: Settlement) -> None:
        self._under_way.discard(settlement)
        if self._clear is not None and not self._under_way and not self._clear.done():
            self._clear.set_result(None)

    def _come_again(self) -> None:
        if self._retry is None:
            self._retry = asyncio.get_running_loop().call_later(_AGAIN_S, self.came_up)

    def _numbered(self, terms: Terms, redirects: int = 0) -> Settlement:
        self._last_number += 1
        return Settlement(self, terms, self._last_number, redirects)

    def _send(self, settlement: Settlement) -> None:
        assert self._servers is not None
        server = self._servers.of_slot(settlement.slot)
        if not server.is_up:
            self._waiting[settlement.number] = settlement
            return
        for older in self._older(settlement) if self._waiting else ():
            self._under_way.add(older)
            server.tell(older)
        self._under_way.add(settlement)
        server.tell(settlement)

    def _older(self, settlement: Settlement) -> list[Settlement]:
        """What waited for a server of this slot that is gone: sent behind a later one, it would not be counted."""
        numbers = sorted(number for number, each in self._waiting.items() if each.slot == settlement.slot)
        return [self._waiting.pop(number) for number in numbers]

    def _add(self, terms: Terms) -> None:
        if terms.nanos:
            key = (terms.group, terms.dated)
            self._sums[key] = self._sums.get(key, 0) + terms.nanos
