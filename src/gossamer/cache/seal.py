"""Entries as they lie in Redis: with the version of their form, compressed where that pays, and sealed.

Whoever can write to Redis, but does not know the secret, can neither make an entry nor put one under another name, nor
bring one back whose time is over: its end is sealed, too. The names are keyed as well: nodes with other secrets never
meet. What lies there is not encrypted.
"""

import zlib
from hashlib import blake2b
from hmac import compare_digest
from typing import Final

import msgspec

from gossamer.cache.entry import Entry

_VERSION: Final = b"2"
_PLAIN: Final = b"p"
_ZIPPED: Final = b"z"
_SEAL_BYTES: Final = 16
_NAME_BYTES: Final = 16
_END_BYTES: Final = 8
_HEAD_BYTES: Final = len(_VERSION) + len(_PLAIN) + _END_BYTES
BEGINNING_BYTES: Final = _HEAD_BYTES + _SEAL_BYTES
"""No two entries begin alike."""
_MS_PER_S: Final = 1000
_COMPRESSED_FROM_BYTES: Final = 1024
"""Below, an answer shrinks by less than it costs to find out."""
_LEVEL: Final = 1
"""JSON and events shrink to a fifth by the fastest level, and hardly more by others (measured)."""
_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(Entry).decode


class Seal:
    """`secret`: any text; all who share it read each other's entries."""

    def __init__(self, secret: bytes) -> None:
        self._of_names = blake2b(secret, digest_size=32, person=b"cache names").digest()
        self._of_entries = blake2b(secret, digest_size=32, person=b"cache entries").digest()

    def name(self, key: bytes) -> bytes:
        return blake2b(key, key=self._of_names, digest_size=_NAME_BYTES).hexdigest().encode()

    def close(self, name: bytes, entry: Entry, ends_at: float) -> bytes:
        if entry.quiet is not None or entry.session_name:
            entry = msgspec.structs.replace(entry, quiet=None, session=entry.session_id(), session_name="")
        return self.close_bytes(name, _encode(entry), ends_at)

    def open(self, name: bytes, sealed: bytes, now: float) -> Entry | None:
        """None for what nobody with the secret has written under this name, or another version did; and when it is
        over."""
        data = self.open_bytes(name, sealed, now)
        if data is None:
            return None
        try:
            return _decode(data)
        except msgspec.DecodeError:
            return None  # of a release with the same number, and yet another form

    def close_bytes(self, name: bytes, data: bytes, ends_at: float) -> bytes:
        """`ends_at`: Unix time."""
        form = _PLAIN
        if len(data) >= _COMPRESSED_FROM_BYTES:
            data, form = zlib.compress(data, _LEVEL), _ZIPPED
        head = _VERSION + form + int(ends_at * _MS_PER_S).to_bytes(_END_BYTES, "big")
        return head + self._mac(name, head, data) + data

    def open_bytes(self, name: bytes, sealed: bytes, now: float) -> bytes | None:
        head, mac, data = sealed[:_HEAD_BYTES], sealed[_HEAD_BYTES:BEGINNING_BYTES], sealed[BEGINNING_BYTES:]
        if not head.startswith(_VERSION) or not compare_digest(mac, self._mac(name, head, data)):
            return None
        if int.from_bytes(head[-_END_BYTES:], "big") <= now * _MS_PER_S:
            return None
        try:
            return zlib.decompress(data) if head[1:2] == _ZIPPED else data
        except zlib.error:
            return None

    def _mac(self, name: bytes, head: bytes, data: bytes) -> bytes:
        mac = blake2b(b"%b %b " % (name, head), key=self._of_entries, digest_size=_SEAL_BYTES)
        mac.update(data)
        return mac.digest()
