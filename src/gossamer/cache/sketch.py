"""How often keys were asked for of late, roughly: a count-min sketch with aging, as W-TinyLFU has it.

Keys are digests, so their own bytes are the hashes.
"""

from struct import Struct
from typing import Final

_ROWS: Final = 4
_WIDTH_PER_ENTRY: Final = 8
"""Counters of a row for each entry that is kept: collisions are then rare enough to cost no hit (measured)."""
_SAMPLE_PER_ENTRY: Final = 10
"""Of so many requests for each entry consists the past; then all counts are halved (the paper's figure)."""
_MOST: Final = 15
"""Counts beyond do not tell two keys apart that are both wanted."""
_small_hashes: Final = Struct("<4H").unpack_from
_large_hashes: Final = Struct("<4I").unpack_from
_SMALL_WIDTH: Final = 1 << 16
"""Up to here two bytes of a key name every counter of a row, and Python reckons quicker with numbers below 2^30."""
_HALVES: Final = bytes(count // 2 for count in range(256))


class Sketch:
    """`entries`: how many the cache holds. The rows are written out: a loop would cost as much as what it does."""

    __slots__ = ("_a", "_b", "_c", "_d", "_hashes", "_mask", "_sample", "_seen")

    def __init__(self, entries: int) -> None:
        width = 1 << max(6, (entries * _WIDTH_PER_ENTRY - 1).bit_length())
        self._mask = width - 1
        self._hashes = _small_hashes if width <= _SMALL_WIDTH else _large_hashes
        self._a, self._b, self._c, self._d = (bytearray(width) for _ in range(_ROWS))
        self._sample = max(64, entries * _SAMPLE_PER_ENTRY)
        self._seen = 0

    def count(self, key: bytes) -> None:
        mask, hashes, row_a, row_b, row_c, row_d = self._mask, self._hashes, self._a, self._b, self._c, self._d
        a, b, c, d = hashes(key)
        if (seen := row_a[a & mask]) < _MOST:
            row_a[a & mask] = seen + 1
        if (seen := row_b[b & mask]) < _MOST:
            row_b[b & mask] = seen + 1
        if (seen := row_c[c & mask]) < _MOST:
            row_c[c & mask] = seen + 1
        if (seen := row_d[d & mask]) < _MOST:
            row_d[d & mask] = seen + 1
        self._seen += 1
        if self._seen >= self._sample:
            self._age()

    def estimate(self, key: bytes) -> int:
        mask, hashes = self._mask, self._hashes
        a, b, c, d = hashes(key)
        least: int = min(self._a[a & mask], self._b[b & mask], self._c[c & mask], self._d[d & mask])
        return least

    def _age(self) -> None:
        self._a, self._b, self._c, self._d = (row.translate(_HALVES) for row in (self._a, self._b, self._c, self._d))
        self._seen //= 2
