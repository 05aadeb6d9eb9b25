"""A conversation as a request for a response. Nothing is stored there: the client keeps its own conversation."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

from gossamer.dialects.caches import note_lost_caches
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
from gossamer.dialects.responses.request_settings import settings_of
from gossamer.dialects.sources import as_text, data_url
from gossamer.dialects.terms import Terms

Value = dict[str, Any]

_encode: Final = msgspec.json.Encoder().encode
_FAILED: Final = "Error: "
"""There is no word for a result that is an error."""


def write_request(conversation: Conversation, _terms: Terms, losses: Losses) -> bytes:
    """The first system turn is the instructions, all else are items."""
    note_lost_caches(conversation, losses)
    instructions, turns = _parted(conversation.turns)
    items = [item for turn in turns for item in _items_of(turn, losses)]
    request: Value = {"model": conversation.model, "input": items, "store": False}
    if instructions:
        request["instructions"] = instructions
    return _encode(request | settings_of(conversation, losses))


def _parted(turns: tuple[Turn, ...]) -> tuple[str, tuple[Turn, ...]]:
    if turns and turns[0].role == "system" and all(isinstance(part, Text) for part in turns[0].parts):
        return "\n\n".join(part.text for part in turns[0].parts if isinstance(part, Text)), turns[1:]
    return "", turns


def _items_of(turn: Turn, losses: Losses) -> Iterator[Value]:
    """In their order; what stands between two calls or results is a message of its own."""
    waiting: list[Part] = []
    for part in turn.parts:
        item = _item_of(part, turn, losses)
        if item is not None:
            yield from _message(waiting, turn, losses)
            waiting = []
            yield item
        elif not isinstance(part, Thinking):
            waiting.append(part)
    yield from _message(waiting, turn, losses)


def _item_of(part: Part, turn: Turn, losses: Losses) -> Value | None:
    if isinstance(part, ToolCall):
        arguments = part.arguments or "{}"
        return {"type": "function_call", "call_id": part.id, "name": part.name, "arguments": arguments}
    if isinstance(part, ToolResult):
        return {"type": "function_call_output", "call_id": part.call_id, "output": _output(part)}
    return _reasoning(part, turn, losses) if isinstance(part, Thinking) else None


def _reasoning(part: Thinking, turn: Turn, losses: Losses) -> Value | None:
    seal = part.seal
    if seal is None or seal.origin != "responses" or not seal.data:
        losses.hint(f"{turn.at}.reasoning", "reasoning that this provider did not seal means nothing to it")
        return None
    summary = [{"type": "summary_text", "text": part.text}] if part.text else []
    item: Value = {"type": "reasoning", "summary": summary, "encrypted_content": seal.data}
    return item | {"id": seal.id} if seal.id else item


def _message(parts: list[Part], turn: Turn, losses: Losses) -> Iterator[Value]:
    if turn.role == "assistant":
        said = "".join(part.text for part in parts if isinstance(part, Text | Refusal))
        if any(isinstance(part, Image | Document) for part in parts):
            losses.lose(turn.at, "there an assistant says text only", "Show images and files in a user's message.")
        if said:
            yield {"role": "assistant", "content": said}
        return
    contents = list(_contents(parts))
    if turn.name and contents:
        losses.hint(f"{turn.at}.name", "there is no word for it there")
    if contents:
        yield {"role": turn.role, "content": _plain(contents)}


def _contents(parts: Iterable[Part]) -> Iterator[Value]:
    for part in parts:
        if isinstance(part, Text):
            yield {"type": "input_text", "text": part.text}
        elif isinstance(part, Image):
            url = part.url or data_url(part.media_type, part.data)
            yield {"type": "input_image", "image_url": url, "detail": part.detail or "auto"}
        elif isinstance(part, Document):
            yield _document(part)


def _document(document: Document) -> Value:
    if document.text:
        return {"type": "input_text", "text": as_text(document)}
    if document.url:
        return {"type": "input_file", "file_url": document.url}
    name = document.title or "document.pdf"
    return {"type": "input_file", "filename": name, "file_data": data_url(document.media_type, document.data)}


def _output(result: ToolResult) -> str | list[Value]:
    contents = list(_contents(result.parts))
    said = _plain(contents)
    if not result.is_error:
        return said
    if isinstance(said, str):
        return said if said.lower().startswith("error") else _FAILED + said
    return [{"type": "input_text", "text": _FAILED.strip()}, *said]


def _plain(contents: list[Value]) -> str | list[Value]:
    if not contents:
        return ""
    if len(contents) == 1 and contents[0]["type"] == "input_text":
        return str(contents[0]["text"])
    return contents
