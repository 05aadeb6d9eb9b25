"""OpenAI's Responses API: one response object, or its events in their order, numbered."""

from collections.abc import Iterator

from gossamer.mock.asked import SEAL
from gossamer.mock.content import Content
from gossamer.mock.render.errors import ERRORS
from gossamer.mock.render.template import CREATED, ID, PROMPT, TOTAL, Answer, Stream, event, template

Value = dict[str, object]


def whole(answer: Answer) -> bytes:
    """The template of a response."""
    return template(_ended(answer))


def stream(answer: Answer) -> Stream:
    """The templates of its events."""
    content = answer.content
    opening = tuple(_opening(answer))
    deltas = tuple(_delta(content, piece) for piece in content.pieces)
    closing = tuple(_closing(answer))
    numbered = [_numbered(value, at) for at, value in enumerate((*opening, *deltas, *closing))]
    first, last = len(opening), len(opening) + len(deltas)
    return Stream(
        tuple(numbered[:first]),
        tuple(numbered[first:last]),
        tuple(numbered[last:]),
        _numbered(_error(), first + len(deltas) // 2),
    )


def _opening(answer: Answer) -> Iterator[Value]:
    content = answer.content
    begun = _response(answer, "in_progress", [])
    yield {"type": "response.created", "response": begun}
    yield {"type": "response.in_progress", "response": begun}
    yield from _thinking(content)
    added = {"type": "response.output_item.added", "output_index": _first(content)}
    yield {**added, "item": _item(content, "", "in_progress")}
    if content.kind != "call":
        yield {"type": "response.content_part.added", **_place(content), "part": _part(content, "")}


def _delta(content: Content, piece: str) -> Value:
    return {"type": f"response.{_channel(content)}.delta", **_place(content), **_logprobs(content), "delta": piece}


def _closing(answer: Answer) -> Iterator[Value]:
    content, text = answer.content, answer.content.text
    done = {"type": f"response.{_channel(content)}.done", **_place(content), **_logprobs(content)}
    if content.kind == "call":
        yield {**done, "arguments": text}
    else:
        yield {**done, "refusal" if content.kind == "refusal" else "text": text}
        yield {"type": "response.content_part.done", **_place(content), "part": _part(content, text)}
    ended = _ended(answer)
    item_done = {"type": "response.output_item.done", "output_index": _first(content)}
    yield {**item_done, "item": _item(content, text, str(ended["status"]))}
    for at, other in enumerate(content.others, 1):
        yield from _whole_call(other, _first(content) + at, at)
    yield {"type": f"response.{ended['status']}", "response": ended}


def _ended(answer: Answer) -> Value:
    content = answer.content
    status = "incomplete" if content.finish == "length" else "completed"
    calls = [_item(other, other.text, status, at) for at, other in enumerate(content.others, 1)]
    ended = _response(answer, status, [*_thought(content), _item(content, content.text, status), *calls])
    ended["incomplete_details"] = {"reason": "max_output_tokens"} if status == "incomplete" else None
    ended["usage"] = {
        "input_tokens": PROMPT,
        "input_tokens_details": {"cached_tokens": answer.cached, "cache_write_tokens": 0},
        "output_tokens": content.tokens,
        "output_tokens_details": {"reasoning_tokens": len(content.thoughts)},
        "total_tokens": TOTAL,
    }
    return ended


def _response(answer: Answer, status: str, output: list[Value]) -> Value:
    return {
        "id": f"resp_{ID}",
        "object": "response",
        "created_at": CREATED,
        "status": status,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "max_output_tokens": None,
        "model": answer.model,
        "output": output,
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "reasoning": {"effort": None, "summary": None},
        "temperature": 1.0,
        "text": {"format": {"type": "text"}},
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "truncation": "disabled",
        "usage": None,
        "user": None,
        "metadata": {},
    }


def _first(content: Content) -> int:
    """Where the first item behind the reasoning stands."""
    return 1 if content.thoughts else 0


def _thought(content: Content) -> list[Value]:
    """The item of the reasoning, whole, where there is one."""
    if not content.thoughts:
        return []
    summary = [{"type": "summary_text", "text": "".join(content.thoughts)}]
    return [{"type": "reasoning", "id": f"rs_{ID}", "summary": summary, "encrypted_content": SEAL + ID}]


def _thinking(content: Content) -> Iterator[Value]:
    """Its events."""
    for item in _thought(content):
        begun = {"type": "reasoning", "id": f"rs_{ID}", "summary": []}
        place: Value = {"item_id": f"rs_{ID}", "output_index": 0, "summary_index": 0}
        text = "".join(content.thoughts)
        yield {"type": "response.output_item.added", "output_index": 0, "item": begun}
        yield {**place, "type": "response.reasoning_summary_part.added", "part": {"type": "summary_text", "text": ""}}
        for piece in content.thoughts:
            yield {**place, "type": "response.reasoning_summary_text.delta", "delta": piece}
        yield {**place, "type": "response.reasoning_summary_text.done", "text": text}
        yield {**place, "type": "response.reasoning_summary_part.done", "part": {"type": "summary_text", "text": text}}
        yield {"type": "response.output_item.done", "output_index": 0, "item": item}


def _whole_call(content: Content, index: int, at: int) -> Iterator[Value]:
    """The events of a further call."""
    place: Value = {"item_id": f"fc_{ID}_{at}", "output_index": index}
    begun = _item(content, "", "in_progress", at)
    yield {"type": "response.output_item.added", "output_index": index, "item": begun}
    yield {**place, "type": "response.function_call_arguments.delta", "delta": content.text}
    yield {**place, "type": "response.function_call_arguments.done", "arguments": content.text}
    done = _item(content, content.text, "completed", at)
    yield {"type": "response.output_item.done", "output_index": index, "item": done}


def _item(content: Content, text: str, status: str, at: int = 0) -> Value:
    """A message, or a function call; without text it has only begun."""
    if content.kind == "call":
        number = f"_{at}" if at else ""
        name = {"call_id": f"call_{ID}{number}", "name": content.name, "arguments": text}
        return {"type": "function_call", "id": f"fc_{ID}{number}", **name, "status": status}
    parts = [_part(content, text)] if text else []
    return {"type": "message", "id": f"msg_{ID}", "status": status, "role": "assistant", "content": parts}


def _part(content: Content, text: str) -> Value:
    if content.kind == "refusal":
        return {"type": "refusal", "refusal": text}
    return {"type": "output_text", "annotations": [], "logprobs": [], "text": text}


def _place(content: Content) -> Value:
    if content.kind == "call":
        return {"item_id": f"fc_{ID}", "output_index": _first(content)}
    return {"item_id": f"msg_{ID}", "output_index": _first(content), "content_index": 0}


def _channel(content: Content) -> str:
    return {"text": "output_text", "call": "function_call_arguments", "refusal": "refusal"}[content.kind]


def _logprobs(content: Content) -> Value:
    return {"logprobs": []} if content.kind == "text" else {}


def _error() -> Value:
    error = ERRORS["server"]
    return {"type": "error", "code": error.type, "message": error.message, "param": None}


def _numbered(value: Value, number: int) -> bytes:
    return event({**value, "sequence_number": number}, str(value["type"]))
