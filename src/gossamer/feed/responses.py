"""What a worker and the control process say of kept responses: msgpack over HTTP on a socket of their own.

Apart from the feed, since a conversation may have megabytes, and a revocation must not wait behind it.

    /recall   Recall  -> Recalled             404 Gone, 413 TooLong
    /keep     Keep    -> Kept
    /client   Client  -> the client's answer  whatever a client asks of what is kept

Whatever could not be asked of the store is 503.
"""

from typing import Final, Literal

import msgspec

RECALL_PATH: Final = b"/recall"
KEEP_PATH: Final = b"/keep"
CLIENT_PATH: Final = b"/client"

Noun = Literal["response", "conversation"]


class Recall(msgspec.Struct, frozen=True, omit_defaults=True):
    """What stands before a new turn: all up to this response, or this conversation."""

    house: str
    noun: Noun
    id: str
    most_items: int
    most_bytes: int


class Recalled(msgspec.Struct, frozen=True, omit_defaults=True):
    """`items`: JSON, as they stand between the brackets of a list."""

    items: bytes
    count: int
    at: float = 0.0
    """When its last turn was kept."""


class Gone(msgspec.Struct, frozen=True):
    """`is_broken`: it is there, and something before it is not any more."""

    is_broken: bool = False


class TooLong(msgspec.Struct, frozen=True):
    """So long it is."""

    items: int
    size_bytes: int


class Keep(msgspec.Struct, frozen=True, omit_defaults=True):
    """One finished turn. `input` and the output in `body` are what it adds to what went before."""

    id: str
    house: str
    session: str
    asked_at: float
    """Unix time at which the request came: one that is older than the deletion of its session is not kept."""
    input: bytes
    """A JSON list of items, each with an id."""
    output: bytes
    body: bytes
    """The response as the client is told it."""
    items: int
    """That this turn adds."""
    previous: str | None = None
    conversation: str | None = None
    start: int = 0
    """How many items of the conversation went before."""


class Kept(msgspec.Struct, frozen=True, omit_defaults=True):
    """`why_not`: what it belongs to was deleted while it was made."""

    why_not: str = ""


class Client(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a client asks, of its own house alone."""

    house: str
    session: str
    method: str
    path: str
    query: str = ""
    body: bytes = b""
    most_items: int = 1000
    most_bytes: int = 32 * 1024 * 1024
    """Of one question."""
    most_thread_bytes: int = 32 * 1024 * 1024
    """Of a conversation: more could not be gone on from."""
