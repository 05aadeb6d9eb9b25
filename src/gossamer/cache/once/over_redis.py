"""The shelf of all nodes: Redis. What lies there is sealed as the cache's entries are.

While Redis is away the node's own shelf stands in, or nobody can say (`counters_down`):

    claimed there                       kept there, and the other nodes do not know of it
    claimed in Redis, which then goes   claimed there as well; kept there, unless Redis takes it after all
    asked for again when Redis is back  looked for there, too; an answer is then handed to Redis, for the others
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
from gossamer.cache.step import Step, Told, unheard
from gossamer.core.clock import wall_time
from gossamer.redis.address import RedisAddress
from gossamer.redis.cluster import open_servers
from gossamer.redis.resp import ReplyError, encode
from gossamer.redis.server import Server
from gossamer.redis.slots import slot_of

_OURS: Final = 1
_RUNNING: Final = b"r"
_SEP: Final = b" "
_claim, _keep, _free, _renew = (sha_of(script) for script in (CLAIM, KEEP, FREE, RENEW))
_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(KeptAnswer).decode


def _up_again(server: Server) -> None:
    """What was claimed meanwhile stays where it is."""


def _unheard(found: Found) -> None:
    """Whoever was faster there has it: what is kept last stays."""


class _Claimed(msgspec.Struct, frozen=True):
    """What is ours in Redis: the words that stand there, and the print of what was asked."""

    words: bytes
    print: bytes


class RedisShelf:
    """`own` is the node's. Where `stands_in` is false, nobody can say while Redis is away."""

    def __init__(
        self,
        address: RedisAddress,
        seal: Seal,
        keep_s: float,
        own: Shelf,
        on_trouble: Callable[[str], None],
    ) -> None:
        self.keep_s = keep_s
        self.stands_in = True
        self._seal = seal
        self._own = own
        self._servers = open_servers(address, LOADS + NOTES, _up_again, on_trouble, on_down=self._went)
        self._belongings = Belongings(self._servers, seal)
        self._life = token_hex(6).encode()
        self._numbers = count(1)
        self._leases = Leases(self._renew)
        self._claims: dict[bytes, _Claimed] = {}
        """By name: those that stand in Redis for us."""
        self._doubled: set[bytes] = set()
        """Names of those that the node's shelf has as well."""
        self._servers.start()

    def claim(self, name: bytes, print_: bytes, heard: Callable[[Found], None]) -> None:
        key = self._key(name)
        claim = self._prefix(print_) + b"%b-%d" % (self._life, next(self._numbers))
        slot = slot_of(key)
        server = self._servers.of_slot(slot)
        if not server.is_up:
            self._without(name, print_, heard)
            return

        def told(reply: object) -> None:
            if isinstance(reply, ReplyError):
                self._free(key, claim)  # it may have been carried out all the same
                self._without(name, print_, heard)
            elif reply == _OURS:
                self._claims[name] = _Claimed(claim, print_)
                self._leases.hold(claim, key)
                self._look_behind(name, print_, heard)
            else:
                heard(self._read(key, print_, reply))

        server.ask(Step(self._servers, slot, encode("EVALSHA", _claim, 1, key, claim, LEASE_MS), told))

    def keep(self, name: bytes, answer: KeptAnswer, done: Callable[[], None]) -> None:
        claimed = self._claims.get(name)
        if claimed is None:
            self._own.keep(name, answer, done)
            return
        self._leases.drop(claimed.words)

        def here() -> None:
            self._free(self._key(name), claimed.words)  # who finds nothing there looks here
            done()

        def told(reply: object) -> None:
            is_doubled = self._forget(name)
            if isinstance(reply, ReplyError):
                self._own.keep(name, answer, here)
            elif is_doubled:
                self._own.keep(name, answer, done)
            else:
                done()

        self._put(name, claimed.words, answer, self.keep_s, told)

    def release(self, name: bytes, done: Callable[[], None]) -> None:
        claimed = self._claims.get(name)
        if claimed is None:
            self._own.release(name, done)
            return
        self._leases.drop(claimed.words)
        self._free(self._key(name), claimed.words)
        if self._forget(name):
            self._own.release(name, done)
        else:
            done()

    def forget(self, session: str) -> None:
        self._belongings.erase(session, lambda _: None)  # whoever deletes it has seen to it, and says if that failed
        self._own.forget(session)

    async def close(self) -> None:
        self._leases.close()
        self._servers.close()
        await self._own.close()

    @property
    def is_used(self) -> bool:
        return True

    # --- inside ---

    def _look_behind(self, name: bytes, print_: bytes, heard: Callable[[Found], None]) -> None:
        """Redis knows nothing of it. What was kept or begun while it was away must not be paid again."""
        own = self._own
        if not own.is_used:
            heard("ours")
            return

        def told(found: Found) -> None:
            if found == "ours":
                own.release(name, lambda: heard("ours"))
            elif isinstance(found, KeptAnswer):
                self._hand_over(name, found)
                heard(found)
            else:
                self.release(name, lambda: heard(found))

        own.claim(name, print_, told)

    def _forget(self, name: bytes) -> bool:
        """The call is over. Whether the node's shelf has its claim, too."""
        del self._claims[name]
        is_doubled = name in self._doubled
        self._doubled.discard(name)
        return is_doubled

    def _hand_over(self, name: bytes, answer: KeptAnswer) -> None:
        """To Redis, in the place of our claim, for as long as it would lie here."""
        claimed = self._claims[name]
        self._leases.drop(claimed.words)
        self._forget(name)
        left_s = answer.made_at + self.keep_s - wall_time()
        self._put(name, claimed.words, answer, left_s, unheard)  # it lies here, too

    def _put(self, name: bytes, claim: bytes, answer: KeptAnswer, keep_s: float, told: Told) -> None:
        key = self._key(name)
        slot = slot_of(key)
        server = self._servers.of_slot(slot)
        if not server.is_up:
            told(ReplyError("it is away"))
            return
        sealed = self._seal.close_bytes(key, _encode(answer), wall_time() + keep_s)
        ttl_ms = max(1, int(keep_s * 1000))
        self._belongings.note(answer.session, key, ttl_ms)
        command = encode("EVALSHA", _keep, 1, key, claim, sealed, ttl_ms)
        server.ask(Step(self._servers, slot, command, told))

    def _went(self, server: Server) -> None:
        """Whoever asks another worker of the node while Redis is away must find there what is under way here."""
        for name, claimed in self._claims.items():
            if name not in self._doubled and self._servers.of_slot(slot_of(self._key(name))) is server:
                self._doubled.add(name)
                self._own.claim(name, claimed.print, _unheard)

    def _without(self, name: bytes, print_: bytes, heard: Callable[[Found], None]) -> None:
        if self.stands_in:
            self._own.claim(name, print_, heard)
        else:
            heard("away")

    def _read(self, key: bytes, print_: bytes, reply: object) -> Found:
        if not isinstance(reply, bytes):
            return "away"
        if reply.startswith(_RUNNING):
            return UnderWay(print_ if reply.startswith(self._prefix(print_)) else b"")
        data = self._seal.open_bytes(key, reply, wall_time())
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
        slot = slot_of(key)
        server = self._servers.of_slot(slot)
        if server.is_up:
            server.tell(Step(self._servers, slot, command))
