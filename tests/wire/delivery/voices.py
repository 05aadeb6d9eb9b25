"""The three dialects as a provider speaks them and as a client hears them: one answer, in six wordings.

The provider says "Hello there" in two pieces, having read 7 tokens and written 3. Nothing here asserts.
"""

from typing import Any, NamedTuple, get_args

import msgspec

from gossamer.core.endpoints import Wire
from tests.wire.delivery.gateway import DONE, usage, word

WIRES: tuple[Wire, ...] = get_args(Wire)
PAIRS: list[tuple[Wire, Wire]] = [(client, provider) for client in WIRES for provider in WIRES if client != provider]

PATHS: dict[Wire, str] = {"chat": "/v1/chat/completions", "responses": "/v1/responses", "messages": "/v1/messages"}

ASKS: dict[Wire, dict[str, Any]] = {
    "chat": {"model": "alias", "messages": [{"role": "user", "content": "hi"}]},
    "responses": {"model": "alias", "input": "hi", "store": False},
    "messages": {"model": "alias", "max_tokens": 50, "messages": [{"role": "user", "content": "hi"}]},
}


class Heard(NamedTuple):
    """What a client makes of an answer."""

    text: str
    stop: str
    read: int | None
    written: int | None


def encode(value: object) -> bytes:
    return msgspec.json.encode(value)


def event(kind: str, **more: Any) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (kind.encode(), encode({"type": kind, **more}))


def _response(status: str, text: str) -> dict[str, Any]:
    part = {"type": "output_text", "text": text, "annotations": []}
    item = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [part]}
    counts = {"input_tokens": 7, "output_tokens": 3, "total_tokens": 10}
    return {"id": "resp_1", "object": "response", "model": "real", "status": status, "output": [item], "usage": counts}


WHOLE: dict[Wire, bytes] = {
    "chat": encode(
        {
            "id": "chatcmpl-1",
            "model": "real",
            "choices": [
                {"index": 0, "message": {"role": "assistant", "content": "Hello there"}, "finish_reason": "stop"}
            ],
            "usage": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10},
        }
    ),
    "responses": encode(_response("completed", "Hello there")),
    "messages": encode(
        {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": "real",
            "content": [{"type": "text", "text": "Hello there"}],
            "stop_reason": "end_turn",
            "stop_sequence": None,
            "usage": {"input_tokens": 7, "output_tokens": 3},
        }
    ),
}

_TEXT_AT = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
OPENING: dict[Wire, bytes] = {
    "chat": b"",
    "responses": event(
        "response.created", response={"id": "resp_1", "model": "real", "status": "in_progress", "output": []}
    )
    + event("response.output_item.added", output_index=0, item={"type": "message", "id": "msg_1", "content": []})
    + event("response.content_part.added", **_TEXT_AT, part={"type": "output_text", "text": ""}),
    "messages": event(
        "message_start",
        message={"id": "msg_1", "model": "real", "usage": {"input_tokens": 7, "output_tokens": 1}},
    )
    + event("content_block_start", index=0, content_block={"type": "text", "text": ""}),
}


def piece(wire: Wire, text: str) -> bytes:
    """One event of a provider's stream, with a piece of the text."""
    if wire == "chat":
        return word(text)
    if wire == "responses":
        return event("response.output_text.delta", **_TEXT_AT, delta=text)
    return event("content_block_delta", index=0, delta={"type": "text_delta", "text": text})


CLOSING: dict[Wire, bytes] = {
    "chat": b'data: {"id":"c1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n' + usage(7, 3) + DONE,
    "responses": event("response.completed", response=_response("completed", "Hello there")),
    "messages": event("content_block_stop", index=0)
    + event("message_delta", delta={"stop_reason": "end_turn", "stop_sequence": None}, usage={"output_tokens": 3})
    + event("message_stop"),
}

ERROR_EVENTS: dict[Wire, bytes] = {
    "chat": b'data: {"error":{"message":"No such luck","type":"server_error"}}\n\n',
    "responses": event("error", code="server_error", message="No such luck", param=None),
    "messages": event("error", error={"type": "overloaded_error", "message": "No such luck"}),
}


REFUSAL_WORDS: dict[Wire, bytes] = {
    "chat": b'{"error":{"message":"No such luck","type":"invalid_request_error","param":"x","code":"unlucky"}}',
    "responses": b'{"error":{"message":"No such luck","type":"invalid_request_error","param":"x","code":"unlucky"}}',
    "messages": b'{"type":"error","error":{"type":"invalid_request_error","message":"No such luck"},"request_id":"r"}',
}


def hear(client: Wire, body: bytes) -> Heard:
    """A whole answer."""
    said = msgspec.json.decode(body)
    counts = said["usage"]
    if client == "chat":
        (choice,) = said["choices"]
        read, written = counts["prompt_tokens"], counts["completion_tokens"]
        return Heard(choice["message"]["content"], choice["finish_reason"], read, written)
    if client == "responses":
        (item,) = said["output"]
        return Heard(item["content"][0]["text"], said["status"], counts["input_tokens"], counts["output_tokens"])
    (block,) = said["content"]
    return Heard(block["text"], said["stop_reason"], counts["input_tokens"], counts["output_tokens"])


def events(stream: bytes) -> list[dict[str, Any]]:
    """The data of all events that are JSON."""
    lines = [line[6:] for line in stream.replace(b"\r\n", b"\n").split(b"\n") if line.startswith(b"data: {")]
    return [msgspec.json.decode(line) for line in lines]


def hear_stream(client: Wire, stream: bytes) -> Heard:
    """A whole stream; its last event must be the one that the dialect ends with."""
    seen = events(stream)
    if client == "chat":
        choices = [choice for each in seen for choice in each["choices"]]
        text = "".join(choice["delta"].get("content") or "" for choice in choices)
        counts = seen[-1].get("usage") or {}
        assert stream.endswith(DONE)
        return Heard(text, choices[-1]["finish_reason"], counts.get("prompt_tokens"), counts.get("completion_tokens"))
    if client == "responses":
        text = "".join(each["delta"] for each in seen if each["type"] == "response.output_text.delta")
        last = seen[-1]["response"]
        assert last["output"][0]["content"][0]["text"] == text
        return Heard(text, last["status"], last["usage"]["input_tokens"], last["usage"]["output_tokens"])
    text = "".join(each["delta"]["text"] for each in seen if each["type"] == "content_block_delta")
    assert seen[-1]["type"] == "message_stop"
    delta = seen[-2]
    return Heard(
        text, delta["delta"]["stop_reason"], delta["usage"].get("input_tokens"), delta["usage"]["output_tokens"]
    )


STOPS: dict[Wire, str] = {"chat": "stop", "responses": "completed", "messages": "end_turn"}


def error_in(client: Wire, body: bytes) -> dict[str, Any]:
    """Of a whole answer, or the last event of a stream."""
    said = msgspec.json.decode(body) if body.startswith(b"{") else events(body)[-1]
    assert client != "messages" or said["type"] == "error"
    error: dict[str, Any] = said["error"]
    return error
