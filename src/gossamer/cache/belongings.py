"""Which keys of Redis hold what was answered in a session, so that they can be found when that is deleted.

    note     with each answer that is kept there: its key, in the sorted set of its session, by when it goes
    erase    all that is noted goes, and with it the note

A claim that stands under such a key is left alone: it has nothing in it, and somebody is at work.
"""

from collections.abc import Callable, Sequence
from typing import Final

from gossamer.cache.scripts import sha_of
from gossamer.cache.seal import Seal
from gossamer.cache.step import Step, Told
from gossamer.core.clock import wall_time
from gossamer.redis.cluster import Servers
from gossamer.redis.resp import encode
from gossamer.redis.slots import slot_of

NOTE: Final = """
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[3])
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
local left = ARGV[2] - ARGV[3]
if redis.call('PTTL', KEYS[1]) < left then redis.call('PEXPIRE', KEYS[1], left) end
return 1
"""
"""The key, when it goes and what time it is, in ms. What has gone by itself need not be noted."""

DROP: Final = """
local found = redis.call('GETRANGE', KEYS[1], 0, 0)
if found ~= '' and found ~= 'r' then redis.call('DEL', KEYS[1]) end
return 1
"""
"""An answer, and no claim."""

LOADS: Final = tuple(encode("SCRIPT", "LOAD", script) for script in (NOTE, DROP))
_NOTE, _DROP = sha_of(NOTE), sha_of(DROP)
_MOST_AT_ONCE: Final = 500
_MS_PER_S: Final = 1000

Done = Callable[[str | None], None]
"""Is told once: why it could not be done, or None."""


class Belongings:
    """`servers` know the scripts of LOADS."""

    def __init__(self, servers: Servers, seal: Seal) -> None:
        self._servers = servers
        self._seal = seal

    def note(self, session: str, key: bytes, ttl_ms: int) -> None:
        """Before the answer is kept: what is noted and not there harms nobody."""
        of_session = self._key(session)
        slot = slot_of(of_session)
        server = self._servers.of_slot(slot)
        if server.is_up:
            now_ms = int(wall_time() * _MS_PER_S)
            command = encode("EVALSHA", _NOTE, 1, of_session, key, now_ms + ttl_ms, now_ms)
            server.tell(Step(self._servers, slot, command))  # what is not noted goes by its own time

    def erase(self, session: str, done: Done) -> None:
        Erasure(self._servers, self._key(session), done).look()

    def _key(self, session: str) -> bytes:
        return b"gossamer:session:{%b}" % self._seal.name(session.encode())


class Erasure:
    """Of one session: some keys after the other, until none is noted."""

    def __init__(self, servers: Servers, of_session: bytes, done: Done) -> None:
        self._servers = servers
        self._of_session = of_session
        self._done = done
        self._left = 0
        self._trouble: str | None = None

    def look(self) -> None:
        self._do(self._of_session, encode("ZRANGE", self._of_session, 0, _MOST_AT_ONCE - 1), self._drop)

    def _drop(self, reply: object) -> None:
        keys = [key for key in reply if isinstance(key, bytes)] if isinstance(reply, list) else None
        if keys is None:
            self._done(str(reply))
        elif not keys:
            self._done(None)
        else:
            self._left = len(keys)
            for key in keys:
                self._do(key, encode("EVALSHA", _DROP, 1, key), lambda told: self._dropped(keys, told))

    def _dropped(self, keys: Sequence[bytes], reply: object) -> None:
        self._left -= 1
        if not isinstance(reply, int):
            self._trouble = str(reply)
        if self._left:
            return
        if self._trouble is not None:
            self._done(self._trouble)
        else:
            self._do(self._of_session, encode("ZREM", self._of_session, *keys), self._forgotten)

    def _forgotten(self, reply: object) -> None:
        if isinstance(reply, int):
            self.look()
        else:
            self._done(str(reply))

    def _do(self, key: bytes, command: bytes, told: Told) -> None:
        slot = slot_of(key)
        server = self._servers.of_slot(slot)
        if server.is_up:
            server.tell(Step(self._servers, slot, command, told))
        else:
            told(f"{server.address.shown} is away")
