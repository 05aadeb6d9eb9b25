"""The parts of a turn as Anthropic's content blocks."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

from gossamer.dialects.conversation import (
    Document,
    Image,
    Part,
    Refusal,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    Turn,
)
from gossamer.dialects.idents import plain_call_id
from gossamer.dialects.losses import Losses

Value = dict[str, Any]

_IMAGES: Final = ("image/jpeg", "image/png", "image/gif", "image/webp")
_decode_object: Final = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def write_blocks(parts: Iterable[Part], turn: Turn, losses: Losses) -> Iterator[Value]:
    """Results first: Anthropic wants them at the beginning of the turn behind the calls."""
    ordered = sorted(parts, key=lambda part: not isinstance(part, ToolResult)) if turn.role == "user" else parts
    for part in ordered:
        block = _block_of(part, turn, losses)
        if block is not None:
            yield block


def _block_of(part: Part, turn: Turn, losses: Losses) -> Value | None:
    match part:
        case Text() | Refusal():
            return _text(part)
        case Image():
            return _image(part, turn, losses)
        case Document():
            return _document(part, turn, losses)
        case Thinking():
            return _thinking(part, turn, losses)
        case ToolCall():
            return _call(part, turn, losses)
        case ToolResult():
            return _result(part, turn, losses)


def _text(part: Text | Refusal) -> Value | None:
    """An empty text is refused there, and says nothing."""
    if not part.text:
        return None
    cache = part.cache if isinstance(part, Text) else None
    return {"type": "text", "text": part.text, **mark(cache)}


def _image(image: Image, turn: Turn, losses: Losses) -> Value | None:
    if image.detail not in ("", "auto"):
        losses.hint(f"{turn.at}.detail", "images have no detail there")
    if image.url:
        return {"type": "image", "source": {"type": "url", "url": image.url}, **mark(image.cache)}
    media_type = image.media_type.replace("image/jpg", "image/jpeg")
    if media_type not in _IMAGES:
        losses.lose(turn.at, f"images of type {media_type!r} are not taken", f"Send {', '.join(_IMAGES)}.")
        return None
    source = {"type": "base64", "media_type": media_type, "data": image.data}
    return {"type": "image", "source": source, **mark(image.cache)}


def _document(document: Document, turn: Turn, losses: Losses) -> Value | None:
    if document.url:
        source = {"type": "url", "url": document.url}
    elif document.text:
        source = {"type": "text", "media_type": "text/plain", "data": document.text}
    elif document.media_type == "application/pdf":
        source = {"type": "base64", "media_type": document.media_type, "data": document.data}
    else:
        losses.lose(turn.at, f"documents of type {document.media_type!r} are not taken", "Send a PDF or plain text.")
        return None
    block: Value = {"type": "document", "source": source, **mark(document.cache)}
    if document.title:
        block["title"] = document.title
    if document.context:
        block["context"] = document.context
    return block


def _thinking(part: Thinking, turn: Turn, losses: Losses) -> Value | None:
    seal = part.seal
    if seal is None or seal.origin != "messages" or not seal.data:
        losses.hint(f"{turn.at}.reasoning", "reasoning without Anthropic's own signature is refused there")
        return None
    if seal.is_redacted:
        return {"type": "redacted_thinking", "data": seal.data}
    return {"type": "thinking", "thinking": part.text, "signature": seal.data}


def _call(call: ToolCall, turn: Turn, losses: Losses) -> Value:
    return {
        "type": "tool_use",
        "id": plain_call_id(call.id),
        "name": call.name,
        "input": _input_of(call, turn, losses),
        **mark(call.cache),
    }


def _input_of(call: ToolCall, turn: Turn, losses: Losses) -> Value | msgspec.Raw:
    """Arguments as the object that they are; models do write invalid ones now and then."""
    if not call.arguments.strip():
        return {}
    try:
        _decode_object(call.arguments)
    except _UNREADABLE:
        losses.lose(f"{turn.at}.tool_calls", f"the arguments of {call.name!r} are no JSON object", "Mend them.")
        return {"arguments": call.arguments}
    return msgspec.Raw(call.arguments.encode())


def _result(result: ToolResult, turn: Turn, losses: Losses) -> Value:
    block: Value = {"type": "tool_result", "tool_use_id": plain_call_id(result.call_id), **mark(result.cache)}
    content = list(write_blocks(result.parts, turn, losses))
    if len(content) == 1 and content[0].keys() == {"type", "text"}:
        block["content"] = content[0]["text"]
    elif content:
        block["content"] = content
    if result.is_error:
        block["is_error"] = True
    return block


def mark(cache: str | None) -> Value:
    """`cache_control`, where it was asked for."""
    if cache is None:
        return {}
    return {"cache_control": {"type": "ephemeral", "ttl": cache} if cache else {"type": "ephemeral"}}
