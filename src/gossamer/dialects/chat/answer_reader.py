"""A whole chat completion, as an answer in no dialect."""

from collections.abc import Iterator
from typing import Final, cast

import msgspec

from gossamer.core.errors import ProviderUnavailable
from gossamer.dialects.answer import Answer, Counts, Head
from gossamer.dialects.chat import wire
from gossamer.dialects.chat.endings import counts_of, stop_of
from gossamer.dialects.chat.pieces import pieces_of
from gossamer.dialects.chat.reasoning import thoughts_of
from gossamer.dialects.conversation import Part, Refusal, Seal, Text, Thinking, ToolCall
from gossamer.dialects.losses import read_answer_with


class _Message(msgspec.Struct):
    content: msgspec.Raw = msgspec.Raw()
    refusal: str | None = None
    tool_calls: list[wire.Call] | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    reasoning_details: list[wire.Detail] | None = None


class _Choice(msgspec.Struct):
    message: _Message
    finish_reason: str | None = None


class _Completion(msgspec.Struct):
    choices: list[_Choice]
    id: str | None = None
    model: str | None = None
    service_tier: str | None = None
    usage: msgspec.Raw = msgspec.Raw()


_decode: Final = msgspec.json.Decoder(_Completion).decode


def read_answer(body: bytes) -> Answer:
    said = read_answer_with(_decode, body)
    if not said.choices:
        raise ProviderUnavailable("The provider answered without a choice. Try again.")
    choice = said.choices[0]
    parts = tuple(_parts_of(choice.message))
    has_calls = any(isinstance(part, ToolCall) for part in parts)
    refusal = choice.message.refusal or ""
    return Answer(
        Head(said.id or "", said.model or "", said.service_tier or ""),
        parts,
        stop_of(choice.finish_reason or "", has_calls=has_calls, is_refused=bool(refusal)),
        counts_of(said.usage) or Counts(),
        explanation=refusal,
    )


def _parts_of(message: _Message) -> Iterator[Part]:
    yield from thoughts_of(cast("wire.Message", message))
    for kind, piece in pieces_of(message.content):
        text = cast("str", msgspec.json.decode(piece))
        if text:
            yield Thinking(text, Seal("chat", "")) if kind == "thinking" else Text(text)
    if message.refusal:
        yield Refusal(message.refusal)
    for number, call in enumerate(message.tool_calls or []):
        if call.function is None or not call.function.name:
            raise ProviderUnavailable("The provider called a tool without a name. Try again.")
        yield ToolCall(call.id or f"call_{number}", call.function.name, call.function.arguments or "")
