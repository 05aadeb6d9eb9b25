"""The Protocols through which the way of a request reaches what it needs, and the values that cross them."""

from collections.abc import Awaitable
from typing import Protocol

import msgspec

from gossamer.core.record import Record


class Claims(msgspec.Struct, eq=False):
    """What a valid key is allowed. Shared by all requests of the key: revoking sets `valid` and is seen at once."""

    key_id: str
    name: str
    models: frozenset[str] | None = None
    """Names of models the key may ask for; None: all."""
    valid: bool = True


class Authenticator(Protocol):
    """From the digest of a token to its claims: at once from memory, or after asking; None means a bad key."""

    def claims_of(self, digest: bytes) -> "Claims | Awaitable[Claims | None] | None": ...


class Journal(Protocol):
    """Where finished requests are written down. When `append` returns, the line outlives the process."""

    def append(self, record: Record) -> None: ...

    def close(self) -> None: ...
