"""An answer as a whole Anthropic message."""

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from gossamer.core.errors import ProviderUnavailable
from gossamer.dialects.answer import Answer
from gossamer.dialects.conversation import Part, Refusal, Text, Thinking, ToolCall
from gossamer.dialects.idents import answer_id, plain_call_id
from gossamer.dialects.messages.endings import ending_of, tier_of, usage_of
from gossamer.dialects.seals import wrap
from gossamer.dialects.terms import Echo

Value = dict[str, Any]

_encode: Final = msgspec.json.Encoder().encode
_decode_object: Final = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def write_answer(answer: Answer, _echo: Echo, _now_s: int) -> bytes:
    usage = usage_of(answer.counts)
    tier = tier_of(answer.head.tier)
    if tier is not None:
        usage["service_tier"] = tier
    message = {
        "id": answer_id(answer.head.id, "msg_"),
        "type": "message",
        "role": "assistant",
        "model": answer.head.model,
        "content": [block for part in answer.parts for block in _blocks_of(part)],
        **ending_of(answer.stop, answer.sequence, answer.explanation),
        "usage": usage,
    }
    return _encode(message)


def _blocks_of(part: Part) -> Iterator[Value]:
    match part:
        case Text() | Refusal():
            if part.text:
                yield {"type": "text", "text": part.text}
        case Thinking():
            yield _thinking(part)
        case ToolCall():
            yield {"type": "tool_use", "id": plain_call_id(part.id), "name": part.name, "input": _input_of(part)}
        case _:
            pass


def _thinking(part: Thinking) -> Value:
    seal = part.seal
    if seal is None:
        return {"type": "thinking", "thinking": part.text, "signature": ""}
    data = seal.data if seal.origin == "messages" else wrap(seal)
    if seal.is_redacted:
        return {"type": "redacted_thinking", "data": data}
    return {"type": "thinking", "thinking": part.text, "signature": data}


def _input_of(call: ToolCall) -> Value | msgspec.Raw:
    """A client would act on arguments that were guessed; better no answer than a wrong call."""
    if not call.arguments.strip():
        return {}
    try:
        _decode_object(call.arguments)
    except _UNREADABLE:
        words = f"The model called {call.name!r} with arguments that are no JSON object. Try again."
        raise ProviderUnavailable(words) from None
    return msgspec.Raw(call.arguments.encode())
