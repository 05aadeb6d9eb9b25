"""What was purged, noted in Redis for workers that begin later: before they know of it, they believe no entry there.

Each note is sealed as entries are, so that nobody else can purge, or take the end of a purge for its own. What is noted
has no end that Redis knows: one that is full lets go of what has an end first, and entries might outlive their purge.
"""

from collections.abc import Iterator
from typing import Final

from gossamer.cache.purges import Purges
from gossamer.cache.scripts import FORGET, sha_of
from gossamer.cache.seal import Seal
from gossamer.cache.step import Step, Told, unheard
from gossamer.core.clock import wall_time
from gossamer.core.purge import Purge, parse_purge
from gossamer.redis.cluster import Servers
from gossamer.redis.resp import encode
from gossamer.redis.slots import slot_of

KEPT_S: Final = 30 * 86400
"""Longer than anybody keeps an answer."""
_ROUNDED_S: Final = 0.001
"""By so much at most a note differs from what was to be noted."""
_FORGET: Final = sha_of(FORGET)


class PurgeNotes:
    """`purges` are those that this worker goes by."""

    def __init__(self, servers: Servers, seal: Seal, purges: Purges) -> None:
        self.are_known = False
        self._servers = servers
        self._seal = seal
        self._purges = purges
        self._key = b"gossamer:cache:purged:" + seal.name(b"purged")
        self._slot = slot_of(self._key)

    def learn(self) -> None:
        """All that are noted; those that Redis has missed, or lost, are noted again."""
        self._tell(encode("HGETALL", self._key), self._learned)

    def note(self, purge: Purge) -> None:
        field = self._seal.name(f"{purge.by} {purge.name}".encode())
        sealed = self._seal.close_bytes(field, purge.text.encode(), purge.at + KEPT_S)
        self._tell(encode("HSET", self._key, field, sealed))

    # --- inside ---

    def _learned(self, reply: object) -> None:
        if not isinstance(reply, list):
            return  # it is asked again when it can be asked again
        self.are_known = True
        noted = dict(self._read(reply))
        for purge in noted.values():
            self._purges.add(purge)
        oldest = wall_time() - KEPT_S
        for purge in self._purges.last():
            known = noted.get((purge.by, purge.name))
            if purge.at > oldest and (known is None or purge.at > known.at + _ROUNDED_S):
                self.note(purge)

    def _read(self, reply: list[object]) -> Iterator[tuple[tuple[str, str], Purge]]:
        """By what they mean. What is over goes, and so does what nobody here has written."""
        now = wall_time()
        for field, sealed in zip(reply[::2], reply[1::2], strict=False):
            if not (isinstance(field, bytes) and isinstance(sealed, bytes)):
                continue
            text = self._seal.open_bytes(field, sealed, now)
            if text is None:
                self._tell(encode("EVALSHA", _FORGET, 1, self._key, field, sealed))
                continue
            try:
                purge = parse_purge(text.decode())
            except ValueError:
                continue  # of another release
            yield (purge.by, purge.name), purge

    def _tell(self, command: bytes, told: Told = unheard) -> None:
        server = self._servers.of_slot(self._slot)
        if server.is_up:
            server.tell(Step(self._servers, self._slot, command, told))
