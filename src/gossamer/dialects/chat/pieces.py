"""The content of a message or a delta: a string, or as Mistral has it, a list of parts among which are thoughts.

What is neither is no content, and never guessed at.
"""

from collections.abc import Iterator
from typing import Final, Literal

import msgspec

from gossamer.core.errors import ProviderUnavailable
from gossamer.dialects.answer import Quoted
from gossamer.dialects.losses import read_answer_with

_QUOTE: Final = ord('"')
_BRACKET: Final = ord("[")


class _Part(msgspec.Struct):
    type: str = ""
    text: msgspec.Raw = msgspec.Raw()
    thinking: "str | list[_Part] | None" = None


_decode: Final = msgspec.json.Decoder(list[_Part]).decode


def pieces_of(content: msgspec.Raw) -> Iterator[tuple[Literal["text", "thinking"], Quoted]]:
    literal = bytes(content)
    if not literal or literal == b"null":
        return
    if literal[0] == _QUOTE:
        yield "text", literal
    elif literal[0] == _BRACKET:
        yield from _parts_in(literal)
    else:
        raise ProviderUnavailable("The provider sent content that is no text. Try again.")


def _parts_in(literal: bytes) -> Iterator[tuple[Literal["text", "thinking"], Quoted]]:
    for part in read_answer_with(_decode, literal):
        if part.type == "text" and bytes(part.text).startswith(b'"'):
            yield "text", bytes(part.text)
        elif part.type == "thinking":
            yield from (("thinking", piece) for piece in _thoughts_in(part))


def _thoughts_in(part: _Part) -> Iterator[Quoted]:
    if isinstance(part.thinking, str):
        yield msgspec.json.encode(part.thinking)
        return
    for thought in part.thinking or []:
        if bytes(thought.text).startswith(b'"'):
            yield bytes(thought.text)
