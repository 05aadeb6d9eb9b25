"""The shelf of all nodes: Redis. What lies there is sealed as the cache's entries are.

While Redis is away the node's own shelf stands in, or nobody can say (`counters_down`): an answer is then kept where it
was claimed, and the other nodes do not know of it. The node itself still looks there when Redis is back.
"""

from collections.abc import Callable
from itertools import count
from secrets import token_hex
from typing import Final

import msgspec

from gossamer.cache.belongings import LOADS as NOTES
from gossamer.cache.belongings import Belongings
from gossamer.cache.leases import LEASE_MS, Leases
from gossamer.cache.once.scripts import CLAIM, KEEP, LOADS
from gossamer.cache.once.shelf import Found, KeptAnswer, Shelf, UnderWay
from gossamer.cache.scripts import FREE, RENEW, sha_of
from gossamer.cache.seal import Seal
from gossamer.redis.address import RedisAddress
from gossamer.redis.cluster import Servers, open_servers
from gossamer.redis.line import Line
from gossamer.redis.resp import ReplyError, encode
from gossamer.redis.server import Server
from gossamer.redis.slots import slot_of

_OURS: Final = 1
_RUNNING: Final = b"r"
_SEP: Final = b" "
_claim, _keep, _free, _renew = (sha_of(script) for script in (CLAIM, KEEP, FREE, RENEW))
_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(KeptAnswer).decode


class _Asked:
    """One command (a Routed). `told` hears once, of the reply, or None where there is none in time."""

    def __init__(self, servers: Servers, key: bytes, command: bytes, told: Callable[[object], None]) -> None:
        self.slot = slot_of(key)
        self.redirects = 0
        self.is_over = False
        self.command = command
        self._servers = servers
        self._told: Callable[[object], None] | None = told

    def answered(self, reply: object, line: Line) -> None:  # noqa: ARG002 - an Asking
        if isinstance(reply, ReplyError):
            if not self._servers.redirect(reply, self):
                self.failed(str(reply))
            return
        self._tell(reply)

    def failed(self, reason: str) -> None:  # noqa: ARG002 - the log knows
        self._tell(None)

    def _tell(self, reply: object) -> None:
        self.is_over = True
        told, self._told = self._told, None
        if told is not None:
            told(reply)


def _up_again(server: Server) -> None:
    """What was claimed meanwhile stays where it is."""


class RedisShelf:
    """`stand_in` is asked while Redis is away; None: then nobody can say."""

    def __init__(
        self,
        address: RedisAddress,
        seal: Seal,
        keep_s: float,
        stand_in: Shelf | None,
        on_trouble: Callable[[str], None],
    ) -> None:
        self.keep_s = keep_s
        self._seal = seal
        self._stand_in = stand_in
        self._servers = open_servers(address, LOADS + NOTES, _up_again, on_trouble)
        self._belongings = Belongings(self._servers, seal)
        self._life = token_hex(6).encode()
        self._numbers = count(1)
        self._leases = Leases(self._renew)
        self._claims: dict[bytes, bytes] = {}
        """By name: what stands in Redis for those that are ours."""
        self._servers.start()

    def claim(self, name: bytes, print_: bytes, heard: Callable[[Found], None]) -> None:
        key = self._key(name)
        claim = self._prefix(print_) + b"%b-%d" % (self._life, next(self._numbers))
        server = self._servers.of_slot(slot_of(key))
        if not server.is_up:
            self._without(name, print_, heard)
            return

        def told(reply: object) -> None:
            if reply is None:
                self._free(key, claim)  # it may have been carried out all the same
                self._without(name, print_, heard)
            elif reply == _OURS:
                self._claims[name] = claim
                self._leases.hold(claim, key)
                self._look_behind(name, print_, heard)
            else:
                heard(self._read(key, print_, reply))

        server.ask(_Asked(self._servers, key, encode("EVALSHA", _claim, 1, key, claim, LEASE_MS), told))

    def keep(self, name: bytes, answer: KeptAnswer, done: Callable[[], None]) -> None:
        claim = self._claims.pop(name, None)
        if claim is None:
            assert self._stand_in is not None
            self._stand_in.keep(name, answer, done)
            return
        self._leases.drop(claim)
        key = self._key(name)
        sealed, ttl_ms = self._seal.close_bytes(key, _encode(answer)), max(1, int(self.keep_s * 1000))
        self._belongings.note(answer.session, key, ttl_ms)
        command = encode("EVALSHA", _keep, 1, key, claim, sealed, ttl_ms)
        server = self._servers.of_slot(slot_of(key))
        if server.is_up:
            server.ask(_Asked(self._servers, key, command, lambda reply: done()))  # noqa: ARG005 - whatever became of it
        else:
            done()

    def release(self, name: bytes, done: Callable[[], None]) -> None:
        claim = self._claims.pop(name, None)
        if claim is None:
            assert self._stand_in is not None
            self._stand_in.release(name, done)
            return
        self._leases.drop(claim)
        self._free(self._key(name), claim)
        done()

    def forget(self, session: str) -> None:
        self._belongings.erase(session, lambda _: None)  # whoever deletes it has seen to it, and says if that failed
        if self._stand_in is not None:
            self._stand_in.forget(session)

    async def close(self) -> None:
        self._leases.close()
        self._servers.close()
        if self._stand_in is not None:
            await self._stand_in.close()

    @property
    def is_used(self) -> bool:
        return True

    # --- inside ---

    def _look_behind(self, name: bytes, print_: bytes, heard: Callable[[Found], None]) -> None:
        """Redis knows nothing of it. What was kept or begun while it was away must not be paid again."""
        stand_in = self._stand_in
        if stand_in is None or not stand_in.is_used:
            heard("ours")
            return

        def told(found: Found) -> None:
            if found == "ours":
                stand_in.release(name, lambda: heard("ours"))
            else:
                self.release(name, lambda: heard(found))

        stand_in.claim(name, print_, told)

    def _without(self, name: bytes, print_: bytes, heard: Callable[[Found], None]) -> None:
        if self._stand_in is None:
            heard("away")
        else:
            self._stand_in.claim(name, print_, heard)

    def _read(self, key: bytes, print_: bytes, reply: object) -> Found:
        if not isinstance(reply, bytes):
            return "away"
        if reply.startswith(_RUNNING):
            return UnderWay(print_ if reply.startswith(self._prefix(print_)) else b"")
        data = self._seal.open_bytes(key, reply)
        try:
            return _decode(data) if data is not None else "away"
        except msgspec.DecodeError:
            return "away"  # of another release: whether it was paid, nobody can say

    def _prefix(self, print_: bytes) -> bytes:
        """Of what stands there for a claim: whoever reads that Redis learns nothing of what was asked."""
        return _RUNNING + self._seal.name(print_) + _SEP

    def _key(self, name: bytes) -> bytes:
        return b"gossamer:once:{%b}" % self._seal.name(name)

    def _free(self, key: bytes, claim: bytes) -> None:
        self._tell(key, encode("EVALSHA", _free, 1, key, claim))

    def _renew(self, claim: bytes, key: bytes) -> None:
        self._tell(key, encode("EVALSHA", _renew, 1, key, claim, LEASE_MS))

    def _tell(self, key: bytes, command: bytes) -> None:
        server = self._servers.of_slot(slot_of(key))
        if server.is_up:
            server.tell(_Asked(self._servers, key, command, lambda reply: None))  # noqa: ARG005 - nobody waits for it
