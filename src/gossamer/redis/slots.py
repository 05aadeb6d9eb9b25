"""Which slot of a cluster a key belongs to: CRC16 (XMODEM) of its hash tag, as the cluster specification has it."""

from binascii import crc_hqx
from typing import Final

SLOTS: Final = 16384


def slot_of(key: bytes) -> int:
    """Keys with the same non-empty text between the first braces share a slot."""
    start = key.find(b"{")
    if start >= 0:
        end = key.find(b"}", start + 1)
        if end > start + 1:
            key = key[start + 1 : end]
    return crc_hqx(key, 0) % SLOTS
