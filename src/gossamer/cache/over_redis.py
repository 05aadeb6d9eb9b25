"""L2: answers that all workers of all nodes keep together in Redis, and the lease of the one that asks.

Nobody waits for Redis longer than its timeout, once; while it is away each worker is on its own, as without an L2. Who
finds that another worker asks the same looks again until the answer is there, or the lease is gone: it ends by itself
soon after its worker does.
"""

import asyncio
from collections.abc import Callable, Sequence
from itertools import count
from secrets import token_hex
from typing import Final, Literal

from gossamer.cache.belongings import LOADS as NOTES
from gossamer.cache.belongings import Belongings
from gossamer.cache.entry import Entry
from gossamer.cache.leases import LEASE_MS, Leases
from gossamer.cache.purges import Purges
from gossamer.cache.question import Question
from gossamer.cache.scripts import FREE, KEEP, LOADS, LOOK, RENEW, sha_of
from gossamer.cache.seal import Seal
from gossamer.core.purge import Purge, parse_purge
from gossamer.redis.address import RedisAddress
from gossamer.redis.cluster import Servers, open_servers
from gossamer.redis.line import Line
from gossamer.redis.resp import ReplyError, encode
from gossamer.redis.server import Server
from gossamer.redis.slots import slot_of

TIMEOUT_S: Final = 0.1
"""For one look: less than what a provider takes for its shortest answer."""
FIRST_LOOK_S: Final = 0.01
SLOWEST_LOOK_S: Final = 0.1
"""Between two looks while another worker asks: soon at first, since a provider may be quick."""

PURGED: Final = b"gossamer:cache:purged"
PURGES_KEPT_S: Final = 30 * 86400
"""Longer than anybody keeps an answer."""

Heard = Callable[[Entry | None, bytes | None], None]
"""Is told once: an answer; or that there is none, and the lease to ask for one, if Redis gave it."""
_LOOK, _KEEP, _FREE, _RENEW = (sha_of(script) for script in (LOOK, KEEP, FREE, RENEW))


class _Told:
    """A command whose answer does not matter."""

    def __init__(self, servers: Servers, command: bytes, slot: int) -> None:
        self._servers = servers
        self.command = command
        self.slot = slot
        self.redirects = 0
        self.is_over = False

    def answered(self, reply: object, line: Line) -> None:  # noqa: ARG002 - a Waiter
        if isinstance(reply, ReplyError):
            self._servers.redirect(reply, self)

    def failed(self, reason: str) -> None:
        """What is not kept is asked for again."""


class _Purged(_Told):
    """What was purged before, by whoever."""

    def __init__(self, servers: Servers, slot: int, learn: Callable[[Sequence[bytes]], None]) -> None:
        super().__init__(servers, encode("HVALS", PURGED), slot)
        self._learn = learn

    def answered(self, reply: object, line: Line) -> None:
        if isinstance(reply, list):
            self._learn([text for text in reply if isinstance(text, bytes)])
        else:
            super().answered(reply, line)


class Look:
    """One question, until it is known whether it is answered. `cancel` when nobody waits for it any more."""

    def __init__(self, cache: "RedisCache", question: Question, lease: bytes, heard: Heard) -> None:
        name = cache.seal.name(question.key)
        self.slot = slot_of(b"{%b}" % name)
        self.redirects = 0
        self.is_over = False
        self.command = encode(
            "EVALSHA", _LOOK, 3, *(_named(name, part) for part in _forms(question)), _named(name, "lease"),
            lease, LEASE_MS,
        )  # fmt: skip
        self._name = name
        self._cache = cache
        self._question = question
        self._lease = lease
        self._heard: Heard | None = heard
        self._pause_s = FIRST_LOOK_S

    def ask(self) -> None:
        server = self._cache.servers.of_slot(self.slot)
        if server.is_up:
            self.is_over = False
            self.redirects = 0
            server.ask(self)
        else:
            self._end(None, None)

    def cancel(self) -> None:
        self._heard = None

    def answered(self, reply: object, line: Line) -> None:  # noqa: ARG002 - an Asking
        if isinstance(reply, ReplyError) and self._cache.servers.redirect(reply, self):
            return
        was_over, self.is_over = self.is_over, True
        state = reply[2] if isinstance(reply, list) else None
        if state == 1 and (was_over or self._heard is None):
            self._cache.free(self._name, self._lease)  # nobody waits for it any more
        elif not was_over:
            self._act(reply, state)

    def failed(self, reason: str) -> None:  # noqa: ARG002 - the log knows
        self.is_over = True
        self._end(None, None)

    def _act(self, reply: object, state: int | Literal[0] | None) -> None:
        if state == 1:
            self._end(None, self._lease)
        elif state == 2 and self._heard is not None:
            asyncio.get_running_loop().call_later(self._pause_s, self._ask_again)
            self._pause_s = min(self._pause_s * 2, SLOWEST_LOOK_S)
        else:
            self._end(self._read(reply), None)

    def _ask_again(self) -> None:
        if self._heard is not None:
            self.ask()

    def _read(self, reply: object) -> Entry | None:
        """That of its own form, if there is one."""
        if not isinstance(reply, list):
            return None
        for part, sealed in zip(_forms(self._question), reply, strict=False):
            if isinstance(sealed, bytes):
                entry = self._cache.seal.open(b"%b:%b" % (self._name, part.encode()), sealed)
                if entry is not None and self._cache.may_give(entry):
                    return entry
        return None

    def _end(self, entry: Entry | None, lease: bytes | None) -> None:
        heard, self._heard = self._heard, None
        if heard is not None:
            heard(entry, lease)


class RedisCache:
    """Lives as long as its worker."""

    def __init__(self, address: RedisAddress, seal: Seal, on_trouble: Callable[[str], None]) -> None:
        self.seal = seal
        self.servers = open_servers(address, LOADS + NOTES, self._came_up, on_trouble, TIMEOUT_S)
        self.belongings = Belongings(self.servers, seal)
        self._life = token_hex(6).encode()
        self._numbers = count(1)
        self._leases = Leases(self._renew)
        """Of calls under way, with the names of their questions."""
        self.purges = Purges()
        self._knows_purges = False
        """Before it was told of those before its time, no entry is believed."""
        self._slot = slot_of(PURGED)

    def start(self) -> None:
        self.servers.start()
        self.learn_purges()

    def learn_purges(self) -> None:
        """All that were noted; and those that Redis may have missed are noted again."""
        server = self.servers.of_slot(self._slot)
        if server.is_up:
            server.tell(_Purged(self.servers, self._slot, self._learn))

    def note_purge(self, purge: Purge) -> None:
        """For workers that begin later."""
        server = self.servers.of_slot(self._slot)
        if server.is_up:
            name = f"{purge.by} {purge.name}"
            for words in (("HSET", PURGED, name, purge.text), ("EXPIRE", PURGED, PURGES_KEPT_S)):
                server.tell(_Told(self.servers, encode(*words), self._slot))

    def may_give(self, entry: Entry) -> bool:
        """Whether it is not purged, as far as anybody knows."""
        return self._knows_purges and not self.purges.forbids(entry)

    def _learn(self, texts: Sequence[bytes]) -> None:
        self._knows_purges = True
        for text in texts:
            try:
                self.purges.add(parse_purge(text.decode("utf-8", "replace")))
            except ValueError:
                continue  # nobody here wrote it

    def _came_up(self, server: Server) -> None:  # noqa: ARG002 - whichever it is
        self.learn_purges()

    def close(self) -> None:
        self._leases.close()
        self.servers.close()

    def is_up(self, question: Question) -> bool:
        """Whether to ask."""
        return self.servers.of_slot(slot_of(b"{%b}" % self.seal.name(question.key))).is_up

    def look(self, question: Question, heard: Heard) -> Look:
        lease = b"%b-%d" % (self._life, next(self._numbers))

        def hear(entry: Entry | None, granted: bytes | None) -> None:
            if granted is not None:
                self._leases.hold(granted, self.seal.name(question.key))
            heard(entry, granted)

        look = Look(self, question, lease, hear)
        look.ask()
        return look

    def keep(self, question: Question, entry: Entry, ttl_s: float, lease: bytes | None) -> None:
        """The lease ends with it."""
        self._leases.drop(lease or b"")
        name = self.seal.name(question.key)
        part = "s" if entry.is_stream else "w"
        key, ttl_ms = _named(name, part), max(1, int(ttl_s * 1000))
        self.belongings.note(entry.session_id(), key, ttl_ms)
        sealed = self.seal.close(b"%b:%b" % (name, part.encode()), entry)
        self._tell(name, encode("EVALSHA", _KEEP, 2, key, _named(name, "lease"), sealed, ttl_ms, lease or b"-"))

    def release(self, lease: bytes) -> None:
        """There is no answer to keep."""
        name = self._leases.drop(lease)
        if name is not None:
            self.free(name, lease)

    def free(self, name: bytes, lease: bytes) -> None:
        self._tell(name, encode("EVALSHA", _FREE, 1, _named(name, "lease"), lease))

    def _renew(self, lease: bytes, name: bytes) -> None:
        self._tell(name, encode("EVALSHA", _RENEW, 1, _named(name, "lease"), lease, LEASE_MS))

    def _tell(self, name: bytes, command: bytes) -> None:
        slot = slot_of(b"{%b}" % name)
        server = self.servers.of_slot(slot)
        if server.is_up:
            server.tell(_Told(self.servers, command, slot))


def _forms(question: Question) -> tuple[str, str]:
    """Its own first. What has one form only is never found in the other: that is part of its key."""
    return ("s", "w") if question.is_stream else ("w", "s")


def _named(name: bytes, part: str) -> bytes:
    return b"gossamer:cache:{%b}:%b" % (name, part.encode())
