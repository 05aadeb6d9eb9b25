"""Reasoning in chat completions: OpenAI has no place for it, its imitators have two.

`reasoning_content` (DeepSeek, vLLM) or `reasoning` (Groq, OpenRouter) is the text; `reasoning_details` (OpenRouter) has
the seals too, with a `format` that says whose they are.
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from gossamer.core.endpoints import Wire
from gossamer.dialects.chat import wire
from gossamer.dialects.conversation import Seal, Thinking

_ANTHROPIC: Final = "anthropic-claude-v1"
_OPENAI: Final = "openai-responses-v1"
_ORIGINS: Final[dict[str, Wire]] = {_ANTHROPIC: "messages", _OPENAI: "responses"}
_FORMATS: Final[dict[Wire, str]] = {"messages": _ANTHROPIC, "responses": _OPENAI, "chat": "unknown"}


def thoughts_of(message: wire.Message) -> Iterator[Thinking]:
    """What an assistant's message says of its reasoning."""
    if message.reasoning_details:
        yield from map(thought_of, message.reasoning_details)
        return
    text = message.reasoning_content or message.reasoning
    if text:
        yield Thinking(text, Seal("chat", ""))


def thought_of(detail: wire.Detail) -> Thinking:
    origin = _ORIGINS.get(detail.format or "", "chat")
    if detail.data is not None:
        is_redacted = origin == "messages"
        return Thinking(detail.text or detail.summary or "", Seal(origin, detail.data, is_redacted, detail.id or ""))
    return Thinking(detail.text or detail.summary or "", Seal(origin, detail.signature or "", id=detail.id or ""))


def detail_of(text: str | msgspec.Raw, seal: Seal | None, index: int) -> dict[str, object]:
    """One entry of `reasoning_details`."""
    origin = seal.origin if seal is not None else "chat"
    detail: dict[str, object] = {"index": index, "format": _FORMATS[origin]}
    if seal is not None and seal.id:
        detail["id"] = seal.id
    if seal is not None and seal.data and (seal.is_redacted or origin == "responses"):
        detail |= {"type": "reasoning.encrypted", "data": seal.data}
        return detail | {"summary": text} if text else detail
    detail |= {"type": "reasoning.text", "text": text}
    return detail | {"signature": seal.data} if seal is not None and seal.data else detail
