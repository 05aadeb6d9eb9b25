"""A conversation as a request for a chat completion.

Results of tools become messages of their own, right behind the calls. What a tool showed rather than said goes into the
next user's message, since a tool's message can only hold text.
"""

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from gossamer.dialects.caches import note_lost_caches
from gossamer.dialects.chat.reasoning import detail_of
from gossamer.dialects.chat.request_settings import settings_of
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
    Turn,
)
from gossamer.dialects.losses import Losses
from gossamer.dialects.sources import as_text, data_url
from gossamer.dialects.terms import Terms

Value = dict[str, Any]

_encode: Final = msgspec.json.Encoder().encode
_SHOWN: Final = "What the call {} showed:"
_FAILED: Final = "Error: "
"""Chat has no word for a result that is an error."""


def write_request(conversation: Conversation, terms: Terms, losses: Losses) -> bytes:
    if not terms.vendor.takes_cache_control:
        note_lost_caches(conversation, losses)
    messages = [message for turn in conversation.turns for message in _messages_of(turn, terms, losses)]
    return _encode({"model": conversation.model, "messages": messages} | settings_of(conversation, losses))


def _messages_of(turn: Turn, terms: Terms, losses: Losses) -> Iterator[Value]:
    if turn.role == "assistant":
        yield from _assistants(turn, terms, losses)
        return
    rest: list[Value] = []
    for part in turn.parts:
        if isinstance(part, ToolResult):
            yield _result(part)
            rest += _shown_by(part, turn, terms, losses)
    rest += _contents(turn.parts, turn, terms, losses)
    if rest or not turn.parts:
        yield {"role": turn.role, "content": _plain(rest), **_name_of(turn)}


def _assistants(turn: Turn, terms: Terms, losses: Losses) -> Iterator[Value]:
    said = _plain([_text(part.text, part.cache, terms) for part in turn.parts if isinstance(part, Text) and part.text])
    refused = "".join(part.text for part in turn.parts if isinstance(part, Refusal))
    calls = [_call(part) for part in turn.parts if isinstance(part, ToolCall)]
    for part in turn.parts:
        if isinstance(part, Image | Document):
            losses.lose(turn.at, "there an assistant says text only", "Show images and files in a user's message.")
    message: Value = {"role": "assistant", "content": said or None, **_name_of(turn)}
    message |= _reasoning(turn, terms, losses)
    if refused:
        message["refusal"] = refused
    if calls:
        message["tool_calls"] = calls
    if said or refused or calls:
        yield message


def _reasoning(turn: Turn, terms: Terms, losses: Losses) -> Value:
    """Given back only to those who gave it: OpenAI itself refuses a message with such a member."""
    thoughts = [part for part in turn.parts if isinstance(part, Thinking)]
    own = [part for part in thoughts if part.seal is not None and part.seal.origin == "chat"]
    details = terms.vendor.takes_reasoning_details
    if len(own) < len(thoughts) and not details:
        losses.hint(f"{turn.at}.reasoning", "reasoning of another provider means nothing to this one")
    if details and thoughts:
        return {"reasoning_details": [detail_of(part.text, part.seal, at) for at, part in enumerate(thoughts)]}
    if own and terms.vendor.takes_reasoning:
        return {"reasoning_content": "".join(part.text for part in own)}
    return {}


def _contents(parts: tuple[Part, ...], turn: Turn, terms: Terms, losses: Losses) -> Iterator[Value]:
    for part in parts:
        if isinstance(part, Text):
            yield _text(part.text, part.cache, terms)
        elif isinstance(part, Image):
            yield _image(part, terms)
        elif isinstance(part, Document):
            yield from _document(part, turn, terms, losses)


def _result(result: ToolResult) -> Value:
    said = "\n".join(text for part in result.parts if (text := _text_in(part)) is not None)
    if result.is_error and not said.lower().startswith("error"):
        said = _FAILED + said
    return {"role": "tool", "tool_call_id": result.call_id, "content": said}


def _text_in(part: Text | Image | Document) -> str | None:
    if isinstance(part, Text):
        return part.text
    return as_text(part) if isinstance(part, Document) and part.text else None


def _shown_by(result: ToolResult, turn: Turn, terms: Terms, losses: Losses) -> Iterator[Value]:
    shown = tuple(part for part in result.parts if _text_in(part) is None)
    if shown:
        how = f'"{turn.at}": a tool says text only there; what it showed was moved into a user\'s message.'
        losses.change(turn.at, how)
        yield _text(_SHOWN.format(result.call_id), None, terms)
        yield from _contents(shown, turn, terms, losses)


def _call(call: ToolCall) -> Value:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments or "{}"}}


def _text(text: str, cache: str | None, terms: Terms) -> Value:
    return {"type": "text", "text": text, **_mark(cache, terms)}


def _image(image: Image, terms: Terms) -> Value:
    address: Value = {"url": image.url or data_url(image.media_type, image.data)}
    if image.detail:
        address["detail"] = image.detail
    return {"type": "image_url", "image_url": address, **_mark(image.cache, terms)}


def _document(document: Document, turn: Turn, terms: Terms, losses: Losses) -> Iterator[Value]:
    if document.text:
        yield _text(as_text(document), document.cache, terms)
    elif document.url:
        losses.lose(turn.at, "a file cannot be named by its address there", "Send its content.")
    else:
        name = document.title or "document.pdf"
        file = {"filename": name, "file_data": data_url(document.media_type, document.data)}
        yield {"type": "file", "file": file, **_mark(document.cache, terms)}


def _mark(cache: str | None, terms: Terms) -> Value:
    if cache is None or not terms.vendor.takes_cache_control:
        return {}
    return {"cache_control": {"type": "ephemeral", "ttl": cache} if cache else {"type": "ephemeral"}}


def _plain(parts: list[Value]) -> str | list[Value]:
    """One text without a mark is said as a string, which all imitators understand."""
    if not parts:
        return ""
    if len(parts) == 1 and parts[0].keys() == {"type", "text"}:
        return str(parts[0]["text"])
    return parts


def _name_of(turn: Turn) -> Value:
    return {"name": turn.name} if turn.name else {}
