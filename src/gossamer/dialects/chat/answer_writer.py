"""An answer as a whole chat completion. Reasoning stands where DeepSeek and OpenRouter put it: OpenAI has no place."""

from typing import Any, Final

import msgspec

from gossamer.dialects.answer import Answer
from gossamer.dialects.chat.endings import reason_of, tier_of, usage_of
from gossamer.dialects.chat.reasoning import detail_of
from gossamer.dialects.conversation import Refusal, Text, Thinking, ToolCall
from gossamer.dialects.idents import answer_id
from gossamer.dialects.terms import Echo

_encode: Final = msgspec.json.Encoder().encode


def write_answer(answer: Answer, _echo: Echo, now_s: int) -> bytes:
    is_refused = any(isinstance(part, Refusal) for part in answer.parts)
    completion: dict[str, Any] = {
        "id": answer_id(answer.head.id, "chatcmpl-"),
        "object": "chat.completion",
        "created": now_s,
        "model": answer.head.model,
        "choices": [_choice(answer, reason_of(answer.stop, is_refused=is_refused))],
        "usage": usage_of(answer.counts),
    }
    if answer.head.tier:
        completion["service_tier"] = tier_of(answer.head.tier)
    return _encode(completion)


def _choice(answer: Answer, reason: str) -> dict[str, Any]:
    return {"index": 0, "message": _message_of(answer), "logprobs": None, "finish_reason": reason}


def _message_of(answer: Answer) -> dict[str, Any]:
    parts = answer.parts
    said = "".join(part.text for part in parts if isinstance(part, Text))
    refused = "".join(part.text for part in parts if isinstance(part, Refusal))
    thoughts = [part for part in parts if isinstance(part, Thinking)]
    calls = [part for part in parts if isinstance(part, ToolCall)]
    message: dict[str, Any] = {
        "role": "assistant",
        "content": said or (None if calls or refused else ""),
        "refusal": refused or (answer.explanation or None if answer.stop == "filter" else None),
        "annotations": [],
    }
    if thoughts:
        message["reasoning_content"] = "".join(part.text for part in thoughts)
        message["reasoning_details"] = [detail_of(part.text, part.seal, at) for at, part in enumerate(thoughts)]
    if calls:
        message["tool_calls"] = [_call(part) for part in calls]
    return message


def _call(call: ToolCall) -> dict[str, Any]:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments or "{}"}}
