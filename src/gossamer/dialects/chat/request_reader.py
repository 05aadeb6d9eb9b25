"""A request for a chat completion, as a conversation in no dialect."""

from collections.abc import Iterator
from typing import Final, cast

import msgspec

from gossamer.dialects.chat import wire
from gossamer.dialects.chat.reasoning import thoughts_of
from gossamer.dialects.chat.request_options import output_of, reasoning_of, tool_choice_of, tools_of
from gossamer.dialects.conversation import (
    Conversation,
    Image,
    Part,
    Refusal,
    Role,
    Text,
    ToolCall,
    ToolResult,
    Turn,
)
from gossamer.dialects.losses import Losses, read_with
from gossamer.dialects.sources import document_of, image_at

_decode: Final = msgspec.json.Decoder(wire.Request).decode
_ROLES: Final = ("system", "developer", "user", "assistant")
_ELSEWHERE: Final = "files live at the provider that they were uploaded to"


def read_request(body: bytes, losses: Losses) -> Conversation:
    asked = read_with(_decode, body)
    stop = asked.stop or ()
    options = asked.stream_options
    return Conversation(
        model=asked.model,
        turns=tuple(_turns_of(asked.messages, losses)),
        tools=tuple(tools_of(asked.tools or [], losses)),
        choice=tool_choice_of(asked.tool_choice),
        is_parallel=asked.parallel_tool_calls,
        output=output_of(asked.response_format, losses),
        max_tokens=asked.max_tokens if asked.max_completion_tokens is None else asked.max_completion_tokens,
        temperature=asked.temperature,
        top_p=asked.top_p,
        top_k=asked.top_k,
        stop=(stop,) if isinstance(stop, str) else tuple(stop),
        reasoning=reasoning_of(asked),
        user=asked.safety_identifier or asked.user or "",
        tier=asked.service_tier or "",
        verbosity=asked.verbosity or "",
        metadata=asked.metadata,
        is_stream=bool(asked.stream),
        includes_usage=bool(options and options.include_usage),
    )


def _turns_of(messages: list[wire.Message], losses: Losses) -> Iterator[Turn]:
    for number, message in enumerate(messages):
        at = f"messages[{number}]"
        if message.role == "tool":
            yield Turn("user", (_result_of(message, at, losses),), at)
        elif message.role in _ROLES:
            yield Turn(cast("Role", message.role), tuple(_parts_of(message, at, losses)), at, message.name or "")
        else:
            why = f"there is no role {message.role!r}"
            losses.refuse(f"{at}.role", why, "Use system, developer, user, assistant or tool.")


def _parts_of(message: wire.Message, at: str, losses: Losses) -> Iterator[Part]:
    if message.function_call is not None:
        losses.refuse(f"{at}.function_call", "it is an old form", 'Send "tool_calls" instead.')
    if message.audio is not None:
        losses.lose(f"{at}.audio", "it lives at the provider that made it", "Send its transcript as text.")
    yield from thoughts_of(message)
    yield from contents_of(message.content, at, losses)
    if message.refusal:
        yield Refusal(message.refusal)
    for number, call in enumerate(message.tool_calls or []):
        if call.function is None:
            losses.lose(f"{at}.tool_calls[{number}]", "only calls of functions can", "Send a call of a function.")
        else:
            yield ToolCall(call.id or f"call_{number}", call.function.name, call.function.arguments or "")


def _result_of(message: wire.Message, at: str, losses: Losses) -> ToolResult:
    if not message.tool_call_id:
        losses.refuse(f"{at}.tool_call_id", "it is missing", "Name the call that this is the result of.")
    parts = tuple(part for part in contents_of(message.content, at, losses) if not isinstance(part, Refusal))
    return ToolResult(message.tool_call_id or "", parts)


def contents_of(content: str | list[wire.Part] | None, at: str, losses: Losses) -> Iterator[Text | Image | Refusal]:
    """The parts of a message's content; documents too, which the type leaves to the eye of the caller."""
    if isinstance(content, str):
        yield Text(content)
        return
    for number, part in enumerate(content or []):
        read = _content_of(part, f"{at}.content[{number}]", losses)
        if read is not None:
            yield cast("Text", read)


def _content_of(part: wire.Part, at: str, losses: Losses) -> Part | None:
    if part.type == "text":
        return Text(part.text or "", cache_of(part))
    if part.type == "image_url" and part.image_url is not None:
        return _image_of(part, at, losses)
    if part.type == "file" and part.file is not None:
        return _document_of(part, part.file, at, losses)
    if part.type == "refusal":
        return Refusal(part.refusal or "")
    losses.lose(at, f"a part of type {part.type!r} has no counterpart there", "Send text, images or files.")
    return None


def _image_of(part: wire.Part, at: str, losses: Losses) -> Part | None:
    source = part.image_url
    address = wire.Address(source) if isinstance(source, str) else source or wire.Address("")
    image = image_at(address.url, address.detail or "", cache_of(part))
    if image is None:
        losses.lose(f"{at}.image_url", "it is no base64 data address", "Send data:image/png;base64,... or an address.")
    return image


def _document_of(part: wire.Part, file: wire.File, at: str, losses: Losses) -> Part | None:
    if not file.file_data:
        losses.lose(f"{at}.file.file_id", _ELSEWHERE, 'Send its content as "file_data".')
        return None
    document = document_of(file.file_data, file.filename or "", cache_of(part))
    if document is None:
        losses.lose(f"{at}.file.file_data", "it is no base64 data address", "Send data:application/pdf;base64,...")
    return document


def cache_of(part: wire.Part) -> str | None:
    """How long the prompt up to this part may be cached; None where nothing is said of it."""
    if part.cache_control is not None:
        return part.cache_control.ttl
    if part.prompt_cache_breakpoint is not None:
        return "1h" if part.prompt_cache_breakpoint.ttl == "12h" else ""
    return None
