"""L2: answers that all workers of all nodes keep together in Redis, and the lease of the one that asks.

Nobody waits for one look longer than its timeout; while it is away each worker is on its own, as without an L2. Who
finds that another worker asks the same looks again until the answer is there, or the lease is gone: it ends by itself
soon after its worker does.
"""

import asyncio
from collections.abc import Callable
from itertools import count
from secrets import token_hex
from typing import Final, Literal

from gossamer.cache.belongings import LOADS as NOTES
from gossamer.cache.belongings import Belongings
from gossamer.cache.entry import Entry, Owner
from gossamer.cache.leases import LEASE_MS, Leases
from gossamer.cache.purge_notes import PurgeNotes
from gossamer.cache.purges import Purges
from gossamer.cache.question import Question
from gossamer.cache.scripts import DISCARD, FREE, KEEP, LOADS, LOOK, RENEW, sha_of
from gossamer.cache.seal import BEGINNING_BYTES, Seal
from gossamer.cache.step import Step
from gossamer.core.clock import wall_time
from gossamer.redis.address import RedisAddress
from gossamer.redis.cluster import open_servers
from gossamer.redis.line import Line
from gossamer.redis.resp import ReplyError, encode
from gossamer.redis.server import Server
from gossamer.redis.slots import slot_of

TIMEOUT_S: Final = 0.1
"""For one look: less than what a provider takes for its shortest answer."""
FIRST_LOOK_S: Final = 0.01
SLOWEST_LOOK_S: Final = 0.1
"""Between two looks while another worker asks: soon at first, since a provider may be quick."""

Heard = Callable[[Entry | None, bytes | None], None]
"""Is told once: an answer; or that there is none, and the lease to ask for one, if Redis gave it."""
_LOOK, _KEEP, _DISCARD, _FREE, _RENEW = (sha_of(script) for script in (LOOK, KEEP, DISCARD, FREE, RENEW))


class Look:
    """One question, until it is known whether it is answered. `cancel` when nobody waits for it any more.

    What lies there and may not be given, as after a purge, is taken out: else nobody would get the lease.
    """

    def __init__(self, cache: "RedisCache", question: Question, asker: Owner, lease: bytes, heard: Heard) -> None:
        name = cache.seal.name(question.key)
        self.slot = slot_of(b"{%b}" % name)
        self.redirects = 0
        self.is_over = False
        self.command = encode(
            "EVALSHA", _LOOK, 3, *(_named(name, part) for part in _forms(is_stream=question.is_stream)),
            _named(name, "lease"), lease, LEASE_MS,
        )  # fmt: skip
        self._name = name
        self._cache = cache
        self._question = question
        self._asker = asker
        self._lease = lease
        self._has_discarded = False
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
            entry = self._read(reply)
            if entry is None and self._may_discard(reply):
                self.ask()
            else:
                self._end(entry, None)

    def _ask_again(self) -> None:
        if self._heard is not None:
            self.ask()

    def _read(self, reply: object) -> Entry | None:
        """That of its own form, if there is one."""
        if not isinstance(reply, list):
            return None
        for part, sealed in zip(_forms(is_stream=self._question.is_stream), reply, strict=False):
            if isinstance(sealed, bytes):
                entry = self._cache.seal.open(b"%b:%b" % (self._name, part.encode()), sealed, wall_time())
                if entry is not None and self._cache.may_give(entry, self._asker):
                    return entry
        return None

    def _may_discard(self, reply: object) -> bool:
        """Once: whoever writes there again and again keeps nobody waiting."""
        is_waited_for = self._heard is not None and self._cache.notes.are_known
        if self._has_discarded or not is_waited_for or not isinstance(reply, list):
            return False
        self._has_discarded = True
        for part, sealed in zip(_forms(is_stream=self._question.is_stream), reply, strict=False):
            if isinstance(sealed, bytes):
                self._cache.discard(self._name, part, sealed)
        return True

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
        self.notes = PurgeNotes(self.servers, seal, self.purges)

    def start(self) -> None:
        self.servers.start()
        self.notes.learn()

    def may_give(self, entry: Entry, asker: Owner) -> bool:
        """Whether it is not purged, as far as anybody knows."""
        return self.notes.are_known and not (self.purges.forbids(entry) or self.purges.forbids_to(asker, entry))

    def _came_up(self, server: Server) -> None:  # noqa: ARG002 - whichever it is
        self.notes.learn()

    def close(self) -> None:
        self._leases.close()
        self.servers.close()

    def is_up(self, question: Question) -> bool:
        """Whether to ask."""
        return self.servers.of_slot(slot_of(b"{%b}" % self.seal.name(question.key))).is_up

    def look(self, question: Question, asker: Owner, heard: Heard) -> Look:
        lease = b"%b-%d" % (self._life, next(self._numbers))

        def hear(entry: Entry | None, granted: bytes | None) -> None:
            if granted is not None:
                self._leases.hold(granted, self.seal.name(question.key))
            heard(entry, granted)

        look = Look(self, question, asker, lease, hear)
        look.ask()
        return look

    def keep(self, question: Question, entry: Entry, ttl_s: float, lease: bytes | None) -> None:
        """The lease ends with it."""
        self._leases.drop(lease or b"")
        name = self.seal.name(question.key)
        part, other = _forms(is_stream=entry.is_stream)
        key, ttl_ms = _named(name, part), max(1, int(ttl_s * 1000))
        keys = (key, _named(name, "lease"), _named(name, other))
        self.belongings.note(entry.session_id(), key, ttl_ms)
        sealed = self.seal.close(b"%b:%b" % (name, part.encode()), entry, wall_time() + ttl_s)
        self._tell(name, encode("EVALSHA", _KEEP, 3, *keys, sealed, ttl_ms, lease or b"-"))

    def release(self, lease: bytes) -> None:
        """There is no answer to keep."""
        name = self._leases.drop(lease)
        if name is not None:
            self.free(name, lease)

    def free(self, name: bytes, lease: bytes) -> None:
        self._tell(name, encode("EVALSHA", _FREE, 1, _named(name, "lease"), lease))

    def discard(self, name: bytes, part: str, sealed: bytes) -> None:
        """What nobody may be given."""
        self._tell(name, encode("EVALSHA", _DISCARD, 1, _named(name, part), sealed[:BEGINNING_BYTES]))

    def _renew(self, lease: bytes, name: bytes) -> None:
        self._tell(name, encode("EVALSHA", _RENEW, 1, _named(name, "lease"), lease, LEASE_MS))

    def _tell(self, name: bytes, command: bytes) -> None:
        slot = slot_of(b"{%b}" % name)
        server = self.servers.of_slot(slot)
        if server.is_up:
            server.tell(Step(self.servers, slot, command))  # what is not kept is asked for again


def _forms(*, is_stream: bool) -> tuple[str, str]:
    """Its own first. What has one form only is never found in the other: that is part of its key."""
    return ("s", "w") if is_stream else ("w", "s")


def _named(name: bytes, part: str) -> bytes:
    return b"gossamer:cache:{%b}:%b" % (name, part.encode())
