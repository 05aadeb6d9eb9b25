"""Where answers lie under the keys that their requests brought, and who is at work on one: the port, and its values.

A name is a digest of whose key it is, of the path, and of the key. Its `print` is a digest of what was asked.
"""

from collections.abc import Callable
from typing import Final, Literal, Protocol

import msgspec

PRINT_BYTES: Final = 32


class KeptAnswer(msgspec.Struct, array_like=True, frozen=True):
    """As its first caller got it. `body` is None of an answer that was too large: it was paid, and cannot be given."""

    print: bytes
    status: int
    lines: bytes
    """The headers of the body."""
    body: bytes | None
    target: str
    cost_nanos: int | None
    made_at: float
    """Unix time at which it was whole."""
    session: str = ""
    """The digest of that in which it was asked. Last of all, where it is found without the rest (files.py)."""


class UnderWay(msgspec.Struct, frozen=True):
    """Somebody asks for it now."""

    print: bytes


Found = KeptAnswer | UnderWay | Literal["ours", "away"]
"""`ours`: nobody has asked, and nobody else will until the name is kept or released. `away`: nobody can say."""


class Shelf(Protocol):
    """What is told comes later, in the loop, and never inside of the call."""

    keep_s: float
    """As the settings in force say."""

    def claim(self, name: bytes, print_: bytes, heard: Callable[[Found], None]) -> None: ...

    def keep(self, name: bytes, answer: KeptAnswer, done: Callable[[], None]) -> None:
        """Of a name that is ours. `done` whether or not it could be kept."""

    def release(self, name: bytes, done: Callable[[], None]) -> None:
        """There is no answer worth keeping: whoever asks next may be the first again."""

    def forget(self, session: str) -> None:
        """Whatever was answered in it. What is answered later is not kept: the desk sees to it."""

    @property
    def is_used(self) -> bool:
        """Whether anything may lie there."""

    async def close(self) -> None: ...
