"""The items that a response is asked with, as turns: messages, calls and their results, reasoning."""

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from gossamer.dialects.conversation import (
    Document,
    Image,
    Part,
    Refusal,
    Role,
    Seal,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    Turn,
)
from gossamer.dialects.losses import Losses
from gossamer.dialects.responses import wire
from gossamer.dialects.seals import unwrap
from gossamer.dialects.sources import document_of, image_at

_ROLES: Final[dict[str, Role]] = {
    "user": "user",
    "assistant": "assistant",
    "system": "system",
    "developer": "developer",
}
_ELSEWHERE: Final = "files live at the provider that they were uploaded to"
_TEXTS: Final = ("input_text", "output_text", "text", "summary_text", "reasoning_text")

Piece = tuple[Role, tuple[Part, ...], str]


def turns_of(instructions: str | None, asked: str | list[wire.Item], losses: Losses) -> Iterator[Turn]:
    """Neighbouring items of an assistant, or of a user, are one turn."""
    if instructions:
        yield Turn("system", (Text(instructions),), "instructions")
    if isinstance(asked, str):
        yield Turn("user", (Text(asked),), "input")
        return
    role: Role | None = None
    parts: tuple[Part, ...] = ()
    at = ""
    for wanted, more, where in _pieces(asked, losses):
        if wanted == role and role in ("assistant", "user"):
            parts += more
            continue
        if role is not None:
            yield Turn(role, parts, at)
        role, parts, at = wanted, more, where
    if role is not None:
        yield Turn(role, parts, at)


def _pieces(items: list[wire.Item], losses: Losses) -> Iterator[Piece]:
    for number, item in enumerate(items):
        at = f"input[{number}]"
        kind = item.type or "message"
        if kind == "message":
            yield _role_of(item, at, losses), tuple(parts_of(item.content, f"{at}.content", losses)), at
        elif kind == "function_call":
            yield "assistant", (call_of(item),), at
        elif kind == "function_call_output":
            yield "user", (_result_of(item, at, losses),), at
        elif kind == "reasoning":
            yield "assistant", (thinking_of(item),), at
        elif kind == "item_reference":
            losses.refuse(at, "items live where they were stored", "Send the item itself.")
        else:
            why = f"an item of type {kind!r} has no counterpart there"
            losses.lose(at, why, "Send messages, and calls of functions with their outputs.")


def _role_of(item: wire.Item, at: str, losses: Losses) -> Role:
    role = _ROLES.get(item.role or "")
    if role is None:
        losses.refuse(f"{at}.role", f"there is no role {item.role!r}", "Use user, assistant, system or developer.")
    return role or "user"


def _result_of(item: wire.Item, at: str, losses: Losses) -> ToolResult:
    output = None if isinstance(item.output, dict) else item.output
    parts = parts_of(output, f"{at}.output", losses)
    return ToolResult(item.call_id or "", tuple(part for part in parts if isinstance(part, Text | Image | Document)))


def call_of(item: wire.Item) -> ToolCall:
    """Arguments are text; those that come as an object become the text of it."""
    given = item.arguments or ""
    arguments = given if isinstance(given, str) else msgspec.json.encode(given).decode()
    return ToolCall(item.call_id or "", item.name or "", arguments)


def thinking_of(item: wire.Item) -> Thinking:
    """A reasoning item: its text, else its summary, and what seals it."""
    spoken: Iterable[wire.Part] = item.content if isinstance(item.content, list) else ()
    text = "".join(part.text or "" for part in spoken)
    text = text or "\n\n".join(part.text or "" for part in item.summary or [])
    return Thinking(text, seal_of(item.encrypted_content, item.id))


def seal_of(encrypted: str | None, name: str | None) -> Seal | None:
    """OpenAI wants the name of the item back, with what it has encrypted."""
    seal = unwrap(encrypted, "responses") if encrypted else None
    if seal is not None and seal.origin == "responses" and not seal.id:
        return Seal("responses", seal.data, id=name or "")
    return seal


def parts_of(content: str | list[wire.Part] | None, at: str, losses: Losses) -> Iterator[Part]:
    if isinstance(content, str):
        yield Text(content)
        return
    for number, part in enumerate(content or []):
        read = _part_of(part, f"{at}[{number}]", losses)
        if read is not None:
            yield read


def _part_of(part: wire.Part, at: str, losses: Losses) -> Part | None:
    if part.type in _TEXTS:
        return Text(part.text or "", _cache(part))
    if part.type == "refusal":
        return Refusal(part.refusal or "")
    if part.type == "input_image":
        return _image_of(part, at, losses)
    if part.type == "input_file":
        return _document_of(part, at, losses)
    losses.lose(at, f"a part of type {part.type!r} has no counterpart there", "Send text, images or files.")
    return None


def _image_of(part: wire.Part, at: str, losses: Losses) -> Image | None:
    if not part.image_url:
        losses.lose(f"{at}.file_id", _ELSEWHERE, 'Send it as "image_url".')
        return None
    image = image_at(part.image_url, part.detail or "", _cache(part))
    if image is None:
        losses.lose(f"{at}.image_url", "it is no base64 data address", "Send data:image/png;base64,... or an address.")
    return image


def _document_of(part: wire.Part, at: str, losses: Losses) -> Document | None:
    if part.file_url:
        return Document(title=part.filename or "", url=part.file_url, cache=_cache(part))
    if not part.file_data:
        losses.lose(f"{at}.file_id", _ELSEWHERE, 'Send its content as "file_data".')
        return None
    document = document_of(part.file_data, part.filename or "", _cache(part))
    if document is None:
        losses.lose(f"{at}.file_data", "it is no base64 data address", "Send data:application/pdf;base64,...")
    return document


def _cache(part: wire.Part) -> str | None:
    if part.prompt_cache_breakpoint is None:
        return None
    return "1h" if part.prompt_cache_breakpoint.ttl == "12h" else ""
