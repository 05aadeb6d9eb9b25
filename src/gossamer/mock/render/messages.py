"""Anthropic messages: one JSON object, or events from message_start to message_stop."""

from collections.abc import Iterator

from gossamer.mock.asked import SEAL, Dialect
from gossamer.mock.content import Content
from gossamer.mock.render.errors import ERRORS, error_value
from gossamer.mock.render.template import ID, PROMPT, Answer, Stream, event, template

_STOP = {"stop": "end_turn", "length": "max_tokens", "call": "tool_use", "refusal": "refusal"}


def whole(answer: Answer) -> bytes:
    """The template of a message."""
    content = answer.content
    blocks = [_block(each, at) for at, each in enumerate((content, *content.others))]
    message = _message(answer, [*_thought(content), *blocks], content.finish)
    return template({**message, "usage": _usage(answer, content.tokens)})


def stream(answer: Answer) -> Stream:
    """The templates of its events."""
    content = answer.content
    start = {**_message(answer, [], None), "usage": _usage(answer, 1)}
    first = 1 if content.thoughts else 0
    stop: dict[str, object] = {
        "type": "message_delta",
        "delta": {"stop_reason": _STOP[content.finish], "stop_sequence": None},
        "usage": {"output_tokens": content.tokens},
    }
    opening: tuple[dict[str, object], ...] = (
        {"type": "message_start", "message": start},
        *_thinking(content),
        {"type": "content_block_start", "index": first, "content_block": _empty_block(content)},
        {"type": "ping"},
    )
    closing: tuple[dict[str, object], ...] = (
        {"type": "content_block_stop", "index": first},
        *(each for at, other in enumerate(content.others, 1) for each in _whole_call(other, first + at, at)),
        stop,
        {"type": "message_stop"},
    )
    return Stream(
        tuple(map(_event, opening)),
        tuple(_event(_delta(content, piece, first)) for piece in content.pieces),
        tuple(map(_event, closing)),
        _event(error_value(Dialect.MESSAGES, ERRORS["overloaded"])),
    )


def _message(answer: Answer, blocks: list[dict[str, object]], finish: str | None) -> dict[str, object]:
    return {
        "id": f"msg_{ID}",
        "type": "message",
        "role": "assistant",
        "model": answer.model,
        "content": blocks,
        "stop_reason": None if finish is None else _STOP[finish],
        "stop_sequence": None,
    }


def _thought(content: Content) -> list[dict[str, object]]:
    if not content.thoughts:
        return []
    return [{"type": "thinking", "thinking": "".join(content.thoughts), "signature": SEAL + ID}]


def _thinking(content: Content) -> Iterator[dict[str, object]]:
    """The events of the thinking block, if there is one."""
    if not content.thoughts:
        return
    block = {"type": "thinking", "thinking": "", "signature": ""}
    yield {"type": "content_block_start", "index": 0, "content_block": block}
    for piece in content.thoughts:
        yield {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": piece}}
    yield {"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": SEAL + ID}}
    yield {"type": "content_block_stop", "index": 0}


def _whole_call(content: Content, index: int, at: int) -> Iterator[dict[str, object]]:
    """The events of a further call."""
    yield {"type": "content_block_start", "index": index, "content_block": _empty_block(content, at)}
    yield _delta(content, content.text, index)
    yield {"type": "content_block_stop", "index": index}


def _block(content: Content, at: int = 0) -> dict[str, object]:
    if content.kind == "call":
        return {**_empty_block(content, at), "input": content.value}
    return {"type": "text", "text": content.text}


def _empty_block(content: Content, at: int = 0) -> dict[str, object]:
    if content.kind == "call":
        call_id = f"toolu_{ID}_{at}" if at else f"toolu_{ID}"
        return {"type": "tool_use", "id": call_id, "name": content.name, "input": {}}
    return {"type": "text", "text": ""}


def _delta(content: Content, piece: str, index: int) -> dict[str, object]:
    if content.kind == "call":
        delta = {"type": "input_json_delta", "partial_json": piece}
    else:
        delta = {"type": "text_delta", "text": piece}
    return {"type": "content_block_delta", "index": index, "delta": delta}


def _usage(answer: Answer, output_tokens: int) -> dict[str, object]:
    return {
        "input_tokens": PROMPT,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": answer.cached,
        "output_tokens": output_tokens,
        "service_tier": "standard",
    }


def _event(value: dict[str, object]) -> bytes:
    return event(value, str(value["type"]))
