"""What a directive says of its variables, the same in the store, on the way to the workers and in their memory."""

from collections.abc import Mapping
from typing import Literal

import msgspec

Source = Literal["agent", "request"]


class Variable(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where the value of a `{name}` comes from. What a request may leave out always has a default."""

    source: Source = "agent"
    default: str | None = None


Variables = Mapping[str, Variable]
"""By their names."""
