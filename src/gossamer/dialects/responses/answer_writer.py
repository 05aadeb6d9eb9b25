"""An answer as a whole response. Neighbouring texts are one message; calls and reasoning are items of their own."""

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from gossamer.dialects.answer import Answer
from gossamer.dialects.conversation import Part, Refusal, Seal, Text, Thinking, ToolCall
from gossamer.dialects.idents import answer_id
from gossamer.dialects.responses.endings import ending_of, tier_of, usage_of
from gossamer.dialects.seals import wrap
from gossamer.dialects.terms import Echo

Value = dict[str, Any]

_encode: Final = msgspec.json.Encoder().encode


def write_answer(answer: Answer, echo: Echo, now_s: int) -> bytes:
    parts = answer.parts
    is_refused = any(isinstance(part, Refusal) for part in parts)
    if answer.stop == "filter" and answer.explanation and not is_refused:
        parts = (*parts, Refusal(answer.explanation))
    status, details = ending_of(answer.stop, is_refused=is_refused)
    response: Value = {
        "id": answer_id(answer.head.id, "resp_"),
        "object": "response",
        "created_at": now_s,
        "status": status,
        "error": None,
        "incomplete_details": details,
        "model": answer.head.model,
        "output": list(_items(parts, answer_id(answer.head.id, ""), status)),
        "usage": usage_of(answer.counts),
    }
    if answer.head.tier:
        response["service_tier"] = tier_of(answer.head.tier)
    return with_settings(_encode(response), echo)


def with_settings(response: bytes, echo: Echo) -> bytes:
    """The response, and the members that repeat the request's."""
    return response[:-1] + b"," + echo.settings + b"}" if echo.settings else response


def _items(parts: tuple[Part, ...], tail: str, status: str) -> Iterator[Value]:
    at, contents = 0, list[Value]()
    for part in parts:
        if isinstance(part, Text | Refusal):
            if part.text:
                contents.append(content_of(part))
            continue
        if contents:
            yield message_item(f"msg_{tail}_{at}", contents, "completed")
            at, contents = at + 1, []
        if isinstance(part, ToolCall):
            yield call_item(f"fc_{tail}_{at}", part.id, part.name, part.arguments or "{}")
        elif isinstance(part, Thinking):
            yield reasoning_item(f"rs_{tail}_{at}", part.text, part.seal)
        at += 1
    if contents:
        yield message_item(f"msg_{tail}_{at}", contents, status)


def content_of(part: Text | Refusal) -> Value:
    if isinstance(part, Refusal):
        return {"type": "refusal", "refusal": part.text}
    return {"type": "output_text", "text": part.text, "annotations": [], "logprobs": []}


def message_item(name: str, contents: list[Value], status: str) -> Value:
    return {"type": "message", "id": name, "status": status, "role": "assistant", "content": contents}


def call_item(name: str, call_id: str, tool: str, arguments: str) -> Value:
    return {
        "type": "function_call",
        "id": name,
        "call_id": call_id,
        "name": tool,
        "arguments": arguments,
        "status": "completed",
    }


def reasoning_item(name: str, text: str, seal: Seal | None) -> Value:
    """A seal of another dialect says whose it is; a seal of OpenAI's own keeps the name that it was given."""
    summary = [{"type": "summary_text", "text": text}] if text else []
    item: Value = {"type": "reasoning", "id": name, "summary": summary}
    if seal is None:
        return item
    if seal.origin == "responses":
        return item | {"id": seal.id or name, "encrypted_content": seal.data}
    return item | {"encrypted_content": wrap(seal)}
