"""Ids and tokens: what a new key is called, what its owner is given, and what the store may keep of it.

A token is `gsm_<id>_<secret>`: it names its key, a double click selects it whole, and a scanner knows it by its form.
"""

import base64
import hashlib
import secrets
import threading
from typing import Final, NamedTuple
from uuid import UUID

from gossamer.core.clock import wall_time

SECRET_BYTES: Final = 20
"""32 characters and 160 bits, well over the 128 that nobody can guess."""
_RANDOM_BITS: Final = 74
"""Of a UUIDv7: what is neither its 48 bits of time in ms nor its version and variant."""
_RANDOM_MASK: Final = (1 << _RANDOM_BITS) - 1
_STEP_BITS: Final = 32
"""The most that an id of the same millisecond may differ from the one before: enough that none can be guessed."""


class Minted(NamedTuple):
    """A new key's id, its token, which is shown once, and the SHA-256 of that, which is kept."""

    key_id: str
    token: str
    digest: bytes


class IdMint:
    """UUIDv7 ids (RFC 9562) that only grow, also within a millisecond and where the clock is set back."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last_ms = 0
        self._last_random = 0

    def next_id(self, now_s: float) -> str:
        with self._lock:
            at_ms = int(now_s * 1000)
            if at_ms > self._last_ms:
                self._last_ms = at_ms
                # The top bit is left free, so that there is room to count up.
                self._last_random = secrets.randbits(_RANDOM_BITS - 1)
            else:
                self._last_random += 1 + secrets.randbits(_STEP_BITS)
                if self._last_random > _RANDOM_MASK:
                    self._last_ms += 1
                    self._last_random &= _RANDOM_MASK >> 1
            return _uuid7(self._last_ms, self._last_random)


_MINT: Final = IdMint()


def new_id() -> str:
    """An id that is newer than all that this process gave before."""
    return _MINT.next_id(wall_time())


def mint_token() -> Minted:
    """A new key's id, token and digest."""
    key_id = new_id()
    token = f"gsm_{_lower_base32(UUID(key_id).bytes)}_{new_secret()}"
    return Minted(key_id, token, digest_of(token))


def new_secret() -> str:
    """32 characters that nobody can guess: of a key, a log-in, an invite."""
    return _lower_base32(secrets.token_bytes(SECRET_BYTES))


def digest_of(token: str) -> bytes:
    """What is kept of a token. A plain SHA-256 is enough: nobody can try 160 random bits one by one."""
    return hashlib.sha256(token.encode()).digest()


def _uuid7(at_ms: int, random: int) -> str:
    high, low = random >> 62, random & ((1 << 62) - 1)
    return str(UUID(int=(at_ms & (1 << 48) - 1) << 80 | 7 << 76 | high << 64 | 2 << 62 | low))


def _lower_base32(data: bytes) -> str:
    return base64.b32encode(data).decode().rstrip("=").lower()
