"""A session that was deleted, and when: one word of the feed. What was asked in it until then is to be kept nowhere."""

from typing import Final

import msgspec

_PARTS: Final = 2


class Tombstone(msgspec.Struct, frozen=True):
    """`at`: Unix time. `session`: its digest, which says nothing to whoever does not know its name."""

    at: float
    session: str

    @property
    def text(self) -> str:
        return f"{self.at:.3f} {self.session}"


def parse_tombstone(text: str) -> Tombstone:
    """Raises ValueError for what nobody here wrote."""
    parts = text.split(" ")
    if len(parts) != _PARTS:
        raise ValueError(f"{text!r} is no tombstone")
    return Tombstone(float(parts[0]), parts[1])
