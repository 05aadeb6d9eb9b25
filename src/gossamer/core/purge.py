"""What is to be forgotten: all answers of a key, an agent, a user or a model, or all there are, up to a moment.

One word of the feed and of Redis each, so that whoever hears it late can tell what came after.
"""

from typing import Final, Literal, get_args

import msgspec

PurgeBy = Literal["key", "agent", "user", "model", "all"]
_KINDS: Final = get_args(PurgeBy)
_PARTS: Final = 3


class Purge(msgspec.Struct, frozen=True):
    """`at`: Unix time."""

    at: float
    by: PurgeBy
    name: str = ""

    @property
    def text(self) -> str:
        return f"{self.at:.3f} {self.by} {self.name}"


def parse_purge(text: str) -> Purge:
    """Raises ValueError for what nobody here wrote."""
    parts = text.split(" ", _PARTS - 1)
    if len(parts) != _PARTS or parts[1] not in _KINDS:
        raise ValueError(f"{text!r} is no purge")
    return msgspec.convert({"at": float(parts[0]), "by": parts[1], "name": parts[2]}, Purge)
