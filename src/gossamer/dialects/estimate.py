"""How many tokens a request to read would take, where the provider cannot be asked: an estimate, and said to be one.

Letters of the Latin scripts come about four to a token, all others nearly one to one; pictures are what Anthropic
charges for a large one. Good enough to decide when to compact; not for a bill.
"""

from collections.abc import Iterable
from typing import Final

import msgspec

from gossamer.dialects.conversation import (
    Conversation,
    Document,
    Image,
    Part,
    Refusal,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from gossamer.dialects.losses import Losses
from gossamer.dialects.messages.request_reader import read_request

_CHARACTERS_PER_TOKEN: Final = 4
_TURN_TOKENS: Final = 4
"""The marks around a turn."""
_TOOL_TOKENS: Final = 12
_TOOLS_TOKENS: Final = 300
"""Anthropic's own words to the model about the tools that it has."""
_IMAGE_TOKENS: Final = 1600
_PAGE_BYTES: Final = 50_000
"""Of a PDF, as base64."""
_PAGE_TOKENS: Final = 2000


class _Count(msgspec.Struct, frozen=True):
    input_tokens: int


def estimate_tokens(body: bytes) -> int:
    """For the body of a request to count the tokens of an Anthropic message."""
    return tokens_of(read_request(body, Losses("an estimate", is_lenient=True)))


def render_count(input_tokens: int) -> bytes:
    """The answer to /v1/messages/count_tokens."""
    return msgspec.json.encode(_Count(input_tokens))


def tokens_of(conversation: Conversation) -> int:
    turns = sum(_TURN_TOKENS + _parts(turn.parts) for turn in conversation.turns)
    tools = sum(
        _TOOL_TOKENS + _text(tool.name) + _text(tool.description) + len(tool.schema) // _CHARACTERS_PER_TOKEN
        for tool in conversation.tools
    )
    return turns + tools + (_TOOLS_TOKENS if conversation.tools else 0)


def _parts(parts: Iterable[Part]) -> int:
    return sum(map(_part, parts))


def _part(part: Part) -> int:
    match part:
        case Text() | Refusal() | Thinking():
            return _text(part.text)
        case Image():
            return _IMAGE_TOKENS
        case Document():
            pages = -(-len(part.data) // _PAGE_BYTES) or (1 if part.url else 0)
            return _text(part.text) + _text(part.title) + pages * _PAGE_TOKENS
        case ToolCall():
            return _TOOL_TOKENS + _text(part.name) + _text(part.arguments)
        case ToolResult():
            return _TOOL_TOKENS + _parts(part.parts)


def _text(text: str) -> int:
    latin = len(text.encode("latin-1", "ignore"))
    return -(-latin // _CHARACTERS_PER_TOKEN) + len(text) - latin
