"""Content blocks of Anthropic's messages, read and written one by one; requests and answers have the same ones."""

from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from gossamer.dialects.conversation import (
    Document,
    Image,
    Part,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from gossamer.dialects.losses import Losses
from gossamer.dialects.messages import wire
from gossamer.dialects.seals import unwrap

_ELSEWHERE: Final = "files live at the provider that they were uploaded to"
_NO_COUNTERPART: Final = "a block of type {!r} has no counterpart there"

Reader = Callable[[wire.Block, str, Losses], Part | None]


def blocks_of(content: str | list[wire.Block] | None, at: str, losses: Losses) -> Iterator[Part]:
    """The parts that a message's content is, in order."""
    if isinstance(content, str):
        yield Text(content)
        return
    for number, block in enumerate(content or []):
        where = f"{at}[{number}]"
        part = _READERS.get(block.type, _unknown)(block, where, losses)
        if isinstance(part, Document) and _source(block).type == "content":
            yield from blocks_of(_source(block).content, f"{where}.source.content", losses)
        elif part is not None:
            yield part


def _unknown(block: wire.Block, at: str, losses: Losses) -> None:
    losses.lose(at, _NO_COUNTERPART.format(block.type), "Send text, images, documents and your own tools.")


def _text(block: wire.Block, _at: str, _losses: Losses) -> Text:
    return Text(block.text or "", _cache(block))


def _image(block: wire.Block, at: str, losses: Losses) -> Image | None:
    source = _source(block)
    if source.type == "base64":
        return Image(media_type=source.media_type, data=source.data, cache=_cache(block))
    if source.type == "url":
        return Image(url=source.url, cache=_cache(block))
    losses.lose(f"{at}.source", _ELSEWHERE, "Send the image itself, as base64.")
    return None


def _document(block: wire.Block, at: str, losses: Losses) -> Document | None:
    source = _source(block)
    if isinstance(block.citations, dict) and block.citations.get("enabled"):
        losses.lose(f"{at}.citations", "there are no citations there")
    document = Document(title=block.title or "", context=block.context or "", cache=_cache(block))
    if source.type == "text":
        return msgspec.structs.replace(document, text=source.data)
    if source.type == "base64":
        return msgspec.structs.replace(document, media_type=source.media_type, data=source.data)
    if source.type == "url":
        return msgspec.structs.replace(document, url=source.url)
    if source.type == "content":
        return document
    losses.lose(f"{at}.source", _ELSEWHERE, "Send the document itself, as base64.")
    return None


def _thinking(block: wire.Block, _at: str, _losses: Losses) -> Thinking:
    seal = unwrap(block.signature, "messages") if block.signature else None
    return Thinking(block.thinking or "", seal)


def _redacted(block: wire.Block, _at: str, _losses: Losses) -> Thinking:
    seal = unwrap(block.data or "", "messages")
    return Thinking("", msgspec.structs.replace(seal, is_redacted=True))


def _call(block: wire.Block, _at: str, _losses: Losses) -> ToolCall:
    arguments = bytes(block.input).decode(errors="replace") or "{}"
    return ToolCall(block.id or "", block.name or "", arguments, _cache(block))


def _result(block: wire.Block, at: str, losses: Losses) -> ToolResult:
    content = None if isinstance(block.content, dict) else block.content
    parts = tuple(blocks_of(content, f"{at}.content", losses))
    shown = tuple(part for part in parts if isinstance(part, Text | Image | Document))
    return ToolResult(block.tool_use_id or "", shown, bool(block.is_error), _cache(block))


def _source(block: wire.Block) -> wire.Source:
    return block.source if isinstance(block.source, wire.Source) else wire.Source("")


def _cache(block: wire.Block) -> str | None:
    return None if block.cache_control is None else block.cache_control.ttl or ""


_READERS: Final[dict[str, Reader]] = {
    "text": _text,
    "image": _image,
    "document": _document,
    "thinking": _thinking,
    "redacted_thinking": _redacted,
    "tool_use": _call,
    "tool_result": _result,
}
