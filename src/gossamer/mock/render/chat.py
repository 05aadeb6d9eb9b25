"""OpenAI chat completions: one JSON object, or chunks that end in `[DONE]`."""

from collections.abc import Iterator

from gossamer.mock.asked import Dialect
from gossamer.mock.content import Content
from gossamer.mock.render.errors import ERRORS, error_value
from gossamer.mock.render.template import CREATED, ID, PROMPT, TOTAL, Answer, Stream, event, template

DONE = b"data: [DONE]\n\n"
_FINISH = {"stop": "stop", "length": "length", "call": "tool_calls", "refusal": "stop"}
_CALL_ID = f"call_{ID}"


def whole(answer: Answer) -> bytes:
    """The template of a chat.completion."""
    content = answer.content
    choice = {"index": 0, "message": _message(content), "logprobs": None, "finish_reason": _FINISH[content.finish]}
    return template(
        {
            "id": f"chatcmpl-{ID}",
            "object": "chat.completion",
            "created": CREATED,
            "model": answer.model,
            "choices": [choice],
            "usage": usage(answer),
            "service_tier": "default",
            "system_fingerprint": "fp_gossamer",
        }
    )


def stream(answer: Answer) -> Stream:
    """The templates of its chunks."""
    content = answer.content
    finish = _chunk(answer, {}, _FINISH[content.finish])
    if answer.is_half_usage:
        closing = [event({**finish, "usage": usage(answer)})]
    else:
        closing = [event(finish)]
        if answer.include_usage:
            closing.append(event({**finish, "choices": [], "usage": usage(answer)}))
    others = (event(_chunk(answer, {"tool_calls": [_whole_call(each, at)]})) for at, each in _others(content))
    return Stream(
        tuple(event(_chunk(answer, delta)) for delta in _opening(content)),
        tuple(event(_chunk(answer, _delta(content, piece))) for piece in content.pieces),
        (*others, *closing, DONE),
        event(error_value(Dialect.CHAT, ERRORS["server"])),
    )


def usage(answer: Answer) -> dict[str, object]:
    """The counts, as chat and legacy completions word them."""
    return {
        "prompt_tokens": PROMPT,
        "completion_tokens": answer.content.tokens,
        "total_tokens": TOTAL,
        "prompt_tokens_details": {"cached_tokens": answer.cached, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": len(answer.content.thoughts),
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def _message(content: Content) -> dict[str, object]:
    message: dict[str, object] = {"role": "assistant", "content": None, "refusal": None, "annotations": []}
    if content.thoughts:
        message["reasoning_content"] = "".join(content.thoughts)  # as vLLM and DeepSeek have it; OpenAI keeps it
    if content.kind == "call":
        calls = [_whole_call(content), *(_whole_call(each, at) for at, each in _others(content))]
        for call in calls:
            del call["index"]  # of streams only
        return {**message, "tool_calls": calls}
    return {**message, "refusal" if content.kind == "refusal" else "content": content.text}


def _whole_call(content: Content, at: int = 0) -> dict[str, object]:
    function = {"name": content.name, "arguments": content.text}
    return {"index": at, "id": f"{_CALL_ID}_{at}" if at else _CALL_ID, "type": "function", "function": function}


def _others(content: Content) -> Iterator[tuple[int, Content]]:
    return enumerate(content.others, 1)


def _opening(content: Content) -> Iterator[dict[str, object]]:
    said: dict[str, object] = {"role": "assistant", "content": "", "refusal": None}
    if content.thoughts:
        yield said
        for piece in content.thoughts:
            yield {"reasoning_content": piece}
    if content.kind == "call":
        call = {**_whole_call(content), "function": {"name": content.name, "arguments": ""}}
        said = {"role": "assistant", "content": None, "tool_calls": [call], "refusal": None}
    if content.kind == "call" or not content.thoughts:
        yield said


def _delta(content: Content, piece: str) -> dict[str, object]:
    if content.kind == "call":
        return {"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}
    return {"refusal" if content.kind == "refusal" else "content": piece}


def _chunk(answer: Answer, delta: dict[str, object], finish: str | None = None) -> dict[str, object]:
    chunk: dict[str, object] = {
        "id": f"chatcmpl-{ID}",
        "object": "chat.completion.chunk",
        "created": CREATED,
        "model": answer.model,
        "service_tier": "default",
        "system_fingerprint": "fp_gossamer",
        "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}],
    }
    if answer.include_usage:
        chunk["usage"] = None  # as OpenAI does, in all chunks but the one that has it
    return chunk
