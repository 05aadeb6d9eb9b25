"""What a directive is, the same in the store, on the way to the workers and in their memory."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

import msgspec

Source = Literal["agent", "request"]


class Variable(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where the value of a `{name}` comes from. What a request may leave out always has a default."""

    source: Source = "agent"
    default: str | None = None


Variables = Mapping[str, Variable]
"""By their names."""


class Slot(NamedTuple):
    """A place in the text that a value goes into."""

    name: str


Pieces = tuple[str | Slot, ...]


class Prompt(msgspec.Struct, frozen=True, gc=False):
    """The text that one request is given."""

    text: str
    escaped: bytes
    """As it stands in a JSON string, without the quotes."""


class Directive(msgspec.Struct, frozen=True, eq=False):
    """The version in force, as one agent is given it."""

    id: str
    number: int
    pieces: Pieces
    """What is left of it to fill is the request's to bring."""
    defaults: Mapping[str, str]
    prompt: Prompt | None
    """Where no request has a say in it."""
