"""Anthropic messages: one JSON object, or events from message_start to message_stop."""

from gossamer.mock.asked import Dialect
from gossamer.mock.content import Content
from gossamer.mock.render.errors import ERRORS, error_value
from gossamer.mock.render.template import ID, PROMPT, Answer, Stream, event, template

_STOP = {"stop": "end_turn", "length": "max_tokens", "call": "tool_use", "refusal": "refusal"}


def whole(answer: Answer) -> bytes:
    """The template of a message."""
    content = answer.content
    message = _message(answer, [_block(content)], content.finish)
    return template({**message, "usage": _usage(len(content.pieces))})


def stream(answer: Answer) -> Stream:
    """The templates of its events."""
    content = answer.content
    start = {**_message(answer, [], None), "usage": _usage(1)}
    stop: dict[str, object] = {
        "type": "message_delta",
        "delta": {"stop_reason": _STOP[content.finish], "stop_sequence": None},
        "usage": {"output_tokens": len(content.pieces)},
    }
    opening: tuple[dict[str, object], ...] = (
        {"type": "message_start", "message": start},
        {"type": "content_block_start", "index": 0, "content_block": _empty_block(content)},
        {"type": "ping"},
    )
    closing: tuple[dict[str, object], ...] = (
        {"type": "content_block_stop", "index": 0},
        stop,
        {"type": "message_stop"},
    )
    return Stream(
        tuple(map(_event, opening)),
        tuple(_event(_delta(content, piece)) for piece in content.pieces),
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


def _block(content: Content) -> dict[str, object]:
    if content.kind == "call":
        return {"type": "tool_use", "id": f"toolu_{ID}", "name": content.name, "input": content.value}
    return {"type": "text", "text": content.text}


def _empty_block(content: Content) -> dict[str, object]:
    if content.kind == "call":
        return {"type": "tool_use", "id": f"toolu_{ID}", "name": content.name, "input": {}}
    return {"type": "text", "text": ""}


def _delta(content: Content, piece: str) -> dict[str, object]:
    if content.kind == "call":
        delta = {"type": "input_json_delta", "partial_json": piece}
    else:
        delta = {"type": "text_delta", "text": piece}
    return {"type": "content_block_delta", "index": 0, "delta": delta}


def _usage(output_tokens: int) -> dict[str, object]:
    return {
        "input_tokens": PROMPT,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "output_tokens": output_tokens,
        "service_tier": "standard",
    }


def _event(value: dict[str, object]) -> bytes:
    return event(value, str(value["type"]))
