"""A whole response, as an answer in no dialect."""

from collections.abc import Iterator
from typing import Final

import msgspec

from gossamer.core.errors import ProviderUnavailable
from gossamer.dialects.answer import Answer, Counts, Head
from gossamer.dialects.conversation import Part, Refusal, Text, ToolCall
from gossamer.dialects.losses import read_answer_with
from gossamer.dialects.responses import wire
from gossamer.dialects.responses.endings import counts_of, stop_of
from gossamer.dialects.responses.items import call_of, thinking_of


class Cut(msgspec.Struct):
    reason: str | None = None


class Failure(msgspec.Struct):
    message: str | None = None
    code: str | None = None


class Response(msgspec.Struct):
    output: list[wire.Item] = []
    id: str | None = None
    model: str | None = None
    status: str | None = None
    service_tier: str | None = None
    incomplete_details: Cut | None = None
    error: Failure | None = None
    usage: msgspec.Raw = msgspec.Raw()


_decode: Final = msgspec.json.Decoder(Response).decode


def read_answer(body: bytes) -> Answer:
    said = read_answer_with(_decode, body)
    if said.error is not None or said.status == "failed":
        words = said.error.message if said.error is not None else None
        raise ProviderUnavailable(f"The provider's response failed: {words or 'it did not say why'}. Try again.")
    parts = tuple(part for item in said.output for part in _parts_of(item))
    refusal = "".join(part.text for part in parts if isinstance(part, Refusal))
    cut = said.incomplete_details.reason or "" if said.incomplete_details is not None else ""
    has_calls = any(isinstance(part, ToolCall) for part in parts)
    return Answer(
        Head(said.id or "", said.model or "", said.service_tier or ""),
        parts,
        stop_of(cut, has_calls=has_calls, is_refused=bool(refusal)),
        counts_of(said.usage) or Counts(),
        explanation=refusal,
    )


def _parts_of(item: wire.Item) -> Iterator[Part]:
    """Items of OpenAI's own tools, for which nobody here asked, are passed over."""
    if item.type == "function_call":
        if not item.call_id or not item.name:
            raise ProviderUnavailable("The provider called a tool without a name. Try again.")
        yield call_of(item)
    elif item.type == "reasoning":
        thought = thinking_of(item)
        if thought.text or thought.seal is not None:
            yield thought
    elif item.type == "message":
        for part in item.content if isinstance(item.content, list) else []:
            if part.type == "refusal":
                yield Refusal(part.refusal or "")
            elif part.type == "output_text":
                yield Text(part.text or "")
