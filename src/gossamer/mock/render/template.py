"""Answers rendered once with slots for what differs between requests: the id and two token counts.

Every dialect builds plain dicts with marks in them; here they become bytes that one `%` fills.
"""

from dataclasses import dataclass
from functools import cached_property

import msgspec

from gossamer.mock.content import Content

CREATED = 1_735_689_600
"""2025-01-01T00:00:00Z: a date that never moves, so that equal questions have equal answers."""

ID = "\x7fid\x7f"
"""Where the answer's id goes, inside a string. The control character keeps callers' own texts apart from it."""
PROMPT = "\x7fprompt\x7f"
"""A whole member: the number of tokens of the prompt."""
TOTAL = "\x7ftotal\x7f"
"""A whole member: prompt and completion together."""


class Answer(msgspec.Struct, frozen=True):
    """What is to be worded. A cheap key: `content` is compared by identity."""

    model: str
    content: Content
    include_usage: bool = False
    cached: int = 0
    """Of the prompt's tokens, those that came from the cache."""
    is_half_usage: bool = False
    """The fault that puts usage into the chunk that ends the choices."""


@dataclass(frozen=True)
class Stream:
    """The events of one stream, templates or filled; `tokens` has one for each piece of the content."""

    opening: tuple[bytes, ...]
    tokens: tuple[bytes, ...]
    closing: tuple[bytes, ...]
    broken: bytes
    """The event that tells of an error in the middle."""

    @cached_property
    def joined(self) -> bytes:
        """All events in one piece."""
        return b"".join((*self.opening, *self.tokens, *self.closing))

    def filled(self, values: dict[bytes, object]) -> "Stream":
        opening, tokens, closing = (
            tuple(piece % values for piece in part) for part in (self.opening, self.tokens, self.closing)
        )
        return Stream(opening, tokens, closing, self.broken % values)


def template(value: object) -> bytes:
    """JSON with slots where the marks were."""
    encoded = msgspec.json.encode(value).replace(b"%", b"%%")
    for mark, slot in _SLOTS:
        encoded = encoded.replace(mark, slot)
    return encoded


def event(value: object, name: str | None = None) -> bytes:
    """One server-sent event."""
    head = b"" if name is None else b"event: " + name.encode() + b"\n"
    return head + b"data: " + template(value) + b"\n\n"


def slots(answer_id: bytes, prompt_tokens: int, total_tokens: int) -> dict[bytes, object]:
    """What fills a template: `template % slots(...)`."""
    return {b"id": answer_id, b"prompt": prompt_tokens, b"total": total_tokens}


_SLOTS = (
    (ID.encode(), b"%(id)b"),
    (f'"{PROMPT}"'.encode(), b"%(prompt)d"),
    (f'"{TOTAL}"'.encode(), b"%(total)d"),
)
