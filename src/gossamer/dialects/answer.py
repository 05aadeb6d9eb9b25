"""An answer in no dialect: whole, or told piece by piece.

A reader of a stream calls the writer, and each call gives the bytes to send; nothing waits for the end.
Pieces of text travel as JSON string literals, as they came: they are neither decoded nor escaped again.
"""

from typing import Literal, Protocol

import msgspec

from gossamer.dialects.conversation import Part, Seal

Stop = Literal["end", "length", "tools", "sequence", "filter", "pause"]
"""Why an answer ended. "filter": refused by the model or cut by the provider's own rules."""

Quoted = bytes
"""A JSON string literal, with its quotes."""

EMPTY: Quoted = b'""'


class Counts(msgspec.Struct, frozen=True):
    """Tokens. `read` is all that was read: those from the cache and those written to it are part of it."""

    read: int = 0
    cached: int = 0
    cache_written: int = 0
    written: int = 0
    reasoning: int = 0


class Fault(msgspec.Struct, frozen=True):
    """What went wrong, in the words of whoever says so."""

    message: str
    kind: str = "api_error"
    code: str = ""
    param: str = ""


class Head(msgspec.Struct, frozen=True):
    """What is known of an answer when it begins."""

    id: str = ""
    model: str = ""
    tier: str = ""
    counts: Counts | None = None


class Answer(msgspec.Struct, frozen=True):
    """A whole answer. `explanation`: what was said of a refusal, beside the text."""

    head: Head
    parts: tuple[Part, ...]
    stop: Stop
    counts: Counts
    sequence: str = ""
    explanation: str = ""


class StreamWriter(Protocol):
    """Says in one dialect what it is told, in the order in which it is told. Each call returns bytes to send."""

    def begin(self, head: Head) -> bytes: ...

    def text(self, piece: Quoted) -> bytes: ...

    def refusal(self, piece: Quoted) -> bytes: ...

    def thinking(self, piece: Quoted) -> bytes: ...

    def seal(self, seal: Seal) -> bytes:
        """Of the thinking that has just been told; redacted thinking is a seal alone."""
        ...

    def call(self, at: int, call_id: str, name: str) -> bytes:
        """Tool number `at` is called, counted from 0; its arguments follow."""
        ...

    def arguments(self, at: int, piece: Quoted) -> bytes: ...

    def close(self) -> bytes:
        """The part that was told is complete; the next piece begins another, even if it is of the same kind."""
        ...

    def ping(self) -> bytes: ...

    def finish(self, stop: Stop, sequence: str, counts: Counts | None, explanation: str) -> bytes: ...

    def fail(self, fault: Fault) -> bytes: ...
