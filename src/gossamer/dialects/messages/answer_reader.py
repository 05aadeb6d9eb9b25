"""A whole Anthropic message, as an answer in no dialect."""

from collections.abc import Iterator
from typing import Final

import msgspec
from msgspec.structs import replace

from gossamer.core.errors import ProviderUnavailable
from gossamer.dialects.answer import Answer, Head
from gossamer.dialects.conversation import Part, Text, Thinking, ToolCall
from gossamer.dialects.losses import read_answer_with
from gossamer.dialects.messages import wire
from gossamer.dialects.messages.endings import STOPS, counts_of, usage_in
from gossamer.dialects.seals import unwrap


class StopDetails(msgspec.Struct):
    explanation: str | None = None


class _Message(msgspec.Struct):
    content: list[wire.Block]
    id: str | None = None
    model: str | None = None
    stop_reason: str | None = None
    stop_sequence: str | None = None
    stop_details: StopDetails | None = None
    usage: msgspec.Raw = msgspec.Raw()


_decode: Final = msgspec.json.Decoder(_Message).decode


def read_answer(body: bytes) -> Answer:
    said = read_answer_with(_decode, body)
    usage = usage_in(said.usage)
    details = said.stop_details or StopDetails()
    return Answer(
        Head(said.id or "", said.model or "", usage.service_tier or ""),
        tuple(_parts_of(said.content)),
        STOPS.get(said.stop_reason or "", "end"),
        counts_of(usage),
        said.stop_sequence or "",
        details.explanation or "",
    )


def _parts_of(blocks: list[wire.Block]) -> Iterator[Part]:
    """Blocks of Anthropic's own tools, for which nobody here asked, are passed over."""
    for block in blocks:
        if block.type == "text":
            yield Text(block.text or "")
        elif block.type == "thinking":
            yield Thinking(block.thinking or "", unwrap(block.signature or "", "messages"))
        elif block.type == "redacted_thinking":
            yield Thinking("", replace(unwrap(block.data or "", "messages"), is_redacted=True))
        elif block.type == "tool_use":
            if not block.id or not block.name:
                raise ProviderUnavailable("The provider called a tool without a name. Try again.")
            yield ToolCall(block.id, block.name, bytes(block.input).decode() or "{}")
