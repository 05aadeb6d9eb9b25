"""Tokens that were asked for and found bad, in two Bloom filters, an old and a young one: sure to know, sure to forget.

A good token is taken for one of them about once in a billion times, and only until the next turn of the generations.
Salted for each process, so that nobody can choose tokens that collide.
"""

import struct
from hashlib import blake2b
from secrets import token_bytes
from typing import Final

BITS: Final = 1 << 23
"""1 MiB each, made when the first bad token comes."""
HASHES: Final = 16
"""As many as one digest of 64 bytes has words. With 150,000 tokens in it, each bit is set with a chance of 0.249, so a
token that is not there is taken for one with 0.249 ** 16, which is 2e-10, and in either of two with 4e-10."""
MOST: Final = 150_000
LONGEST_S: Final = 300.0
"""A bad token is remembered for at least so long, unless more than MOST others come, and at most for twice as long."""

_words: Final = struct.Struct(f"<{HASHES}I").unpack


class Filter:
    """One generation."""

    __slots__ = ("_bits", "_mask", "count")

    def __init__(self, bits: int = BITS) -> None:
        self._bits = bytearray(bits // 8)
        self._mask = bits - 1
        self.count = 0

    def add(self, words: tuple[int, ...]) -> None:
        bits, mask = self._bits, self._mask
        for word in words:
            at = word & mask
            bits[at >> 3] |= 1 << (at & 7)
        self.count += 1

    def has(self, words: tuple[int, ...]) -> bool:
        bits, mask = self._bits, self._mask
        for word in words:
            at = word & mask
            if not bits[at >> 3] >> (at & 7) & 1:
                return False
        return True


class BadTokens:
    """By the SHA-256 of the token. `now` is handed in, from a clock that does not jump."""

    def __init__(self, bits: int = BITS, most: int = MOST) -> None:
        self._bits_of_filter = bits
        self._most = most
        self._salt = token_bytes(32)
        self._young: Filter | None = None
        self._old: Filter | None = None
        self._young_since = 0.0

    def __contains__(self, digest: bytes) -> bool:
        young, old = self._young, self._old
        if young is None and old is None:
            return False
        words = self._words(digest)
        return (young is not None and young.has(words)) or (old is not None and old.has(words))

    def add(self, digest: bytes, now: float) -> None:
        young = self._young
        if young is None or young.count >= self._most:
            self._turn(now)
            young = self._young = Filter(self._bits_of_filter)
        young.add(self._words(digest))

    def sweep(self, now: float) -> None:
        """Let go of what is old enough."""
        if (self._young or self._old) and now - self._young_since >= LONGEST_S:
            self._turn(now)

    def forget(self) -> None:
        """Some key or user has changed: what was bad may be good now."""
        self._young = self._old = None

    def _turn(self, now: float) -> None:
        self._old, self._young = self._young, None
        self._young_since = now

    def _words(self, digest: bytes) -> tuple[int, ...]:
        return _words(blake2b(digest, key=self._salt).digest())
