"""What requests were let in with: by Redis, or by this process alone while Redis was away.

A lease of Redis that holds a place or money ends by itself when nobody renews it; those of long requests are renewed.
"""

from typing import Final

from gossamer.core.ports import Lease
from gossamer.counters.over_redis.debts import Debts, Terms
from gossamer.counters.over_redis.plan import LEASE_MS, Dated, Group
from gossamer.redis.cluster import Servers
from gossamer.redis.line import Line

RENEW_S: Final = LEASE_MS / 1000 / 3
"""Two tries may fail before a lease ends."""


class Held:
    """What one slot of Redis granted to one request."""

    __slots__ = ("dated", "group", "is_old", "nanos", "number", "second", "tokens")

    def __init__(self, group: Group, dated: Dated, number: bytes, second: int, tokens: int, nanos: int) -> None:
        self.group = group
        self.dated = dated
        self.number = number
        self.second = second
        self.tokens = tokens
        self.nanos = nanos
        self.is_old = False
        """Whether it was there at the last look."""

    @property
    def member(self) -> bytes:
        """As it stands in Redis."""
        return b"%b|%d" % (self.number, self.nanos) if self.group.has_lease else b""

    def undone(self) -> Terms:
        """As if it had never been."""
        return Terms(self.group, self.dated, self.member, self.second, 1, -self.tokens, self.nanos)

    def used(self, tokens: int | None, nanos: int | None) -> Terms | None:
        """None where there is nothing to tell."""
        more = 0 if tokens is None or not self.group.has_tokens else tokens - self.tokens
        spent = 0
        if self.group.has_budget:
            spent = self.nanos if nanos is None else nanos
        if not (more or spent or self.group.has_lease):
            return None
        return Terms(self.group, self.dated, self.member, self.second, 0, more, self.nanos, spent)


class Holdings:
    """All of this process that must be renewed."""

    def __init__(self) -> None:
        self._all: set[Held] = set()

    def add(self, held: Held) -> None:
        if held.group.has_lease:
            self._all.add(held)

    def remove(self, held: Held) -> None:
        self._all.discard(held)

    def renew(self, servers: Servers) -> None:
        """Those that were there at the last look already."""
        for held in self._all:
            server = servers.of_slot(held.group.slot)
            if held.is_old and server.is_up:
                server.tell(_Renewal(held.group.renew(held.member)))
            held.is_old = True


class _Renewal:
    """Should it fail, the next one is soon enough."""

    def __init__(self, command: bytes) -> None:
        self.command = command

    def answered(self, reply: object, line: Line) -> None: ...

    def failed(self, reason: str) -> None: ...


class RedisLease:
    """Granted by Redis (a Lease)."""

    __slots__ = ("_debts", "_held", "_holdings", "nanos")

    def __init__(self, debts: Debts, holdings: Holdings, held: list[Held], nanos: int | None) -> None:
        self._debts = debts
        self._holdings = holdings
        self._held = held
        self.nanos = nanos
        for each in held:
            holdings.add(each)

    def settle(self, tokens: int | None, nanos: int | None) -> None:
        for held in self._held:
            self._holdings.remove(held)
            terms = held.used(tokens, nanos)
            if terms is not None:
                self._debts.settle(terms)


class LocalLease:
    """Granted here, while Redis was away; what was spent Redis shall know (a Lease)."""

    __slots__ = ("_debts", "_groups", "_local", "nanos")

    def __init__(self, debts: Debts, groups: list[tuple[Group, Dated]], local: Lease) -> None:
        self._debts = debts
        self._groups = groups
        self._local = local
        self.nanos = local.nanos

    def settle(self, tokens: int | None, nanos: int | None) -> None:
        self._local.settle(tokens, nanos)
        spent = self.nanos if nanos is None else nanos
        for group, dated in self._groups:
            self._debts.spend(group, dated, spent or 0)
