"""What may be given again, and what is given once."""

from typing import Any

import msgspec
import pytest

from gossamer.core.endpoints import Dialect
from gossamer.dialects.wholeness import is_whole_answer, is_whole_stream

DONE = b"data: [DONE]\n\n"


def choice(index: int, text: str, reason: str | None = None) -> bytes:
    """One event of a chat."""
    said = {"index": index, "delta": {"content": text}, "finish_reason": reason}
    return b"data: %b\n\n" % msgspec.json.encode({"choices": [said]})


def completed(**more: Any) -> bytes:
    """The last event of a response."""
    said = {"type": "response.completed", "response": {"status": "completed", **more}}
    return b"data: %b\n\n" % msgspec.json.encode(said)


@pytest.mark.parametrize("reason", ["length", "content_filter", "never_heard"])
@pytest.mark.parametrize("wire", ["chat", "completions"])
def test_an_answer_that_was_cut_or_filtered_is_not_whole(wire: Dialect, reason: str):
    assert not is_whole_answer(b'{"choices":[{"finish_reason":"%b"}]}' % reason.encode(), wire)
    assert is_whole_answer(b'{"choices":[{"finish_reason":"stop"}]}', wire)


@pytest.mark.parametrize(
    ("wire", "body", "expected"),
    [
        ("messages", b'{"content":[],"stop_reason":"end_turn"}', True),
        ("messages", b'{"content":[],"stop_reason":"max_tokens"}', False),
        ("messages", b'{"content":[],"stop_reason":"refusal"}', False),
        ("messages", b'{"type":"error","error":{"type":"overloaded_error"}}', False),
        ("responses", b'{"status":"completed","output":[],"error":null}', True),
        ("responses", b'{"status":"incomplete","output":[]}', False),
        ("responses", b'{"status":"completed","incomplete_details":{"reason":"content_filter"}}', False),
        ("responses", b'{"status":"failed","error":{"code":"x"}}', False),
        ("chat", b'{"choices":[]}', False),
        ("chat", b'{"choices":[{"finish_reason":"stop"},{"finish_reason":"length"}]}', False),
        ("embeddings", b'{"data":[{"embedding":[1]}]}', True),
        ("embeddings", b'{"data":[]}', False),
        ("chat", b"<html>", False),
    ],
)
def test_what_is_whole(wire: Dialect, body: bytes, expected: bool):
    assert is_whole_answer(body, wire) is expected


ONE_OF_TWO = b'data: {"choices":[{"finish_reason":null},{"finish_reason":"length"}]}\n\n'
ENDS_WELL = b'data: {"type":"message_delta","delta":{"stop_reason":"end_turn"}}\n\n'
STOPS = b'event: message_stop\ndata: {"type":"message_stop"}\n\n'


@pytest.mark.parametrize(
    ("wire", "stream", "expected"),
    [
        ("chat", b'data: {"choices":[{"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n', True),
        ("chat", b'data: {"choices":[{"finish_reason":"length"}]}\n\ndata: [DONE]\n\n', False),
        ("chat", b"data: [DONE]\n\n", False),
        ("chat", b'data: {"error":{"message":"x"}}\n\ndata: [DONE]\n\n', False),
        ("chat", b'data: {"choices":[{"finish_reason":"stop"}]}\n\n', False),
        ("chat", b'data: {"choices":[{"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n: bye\n\n', True),
        ("chat", ONE_OF_TWO + b'data: {"choices":[{"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n', False),
        ("messages", ENDS_WELL, False),
        ("messages", ENDS_WELL + STOPS, True),
        ("messages", ENDS_WELL.replace(b"end_turn", b"refusal") + STOPS, False),
        ("responses", b'data: {"type":"response.completed","response":{"status":"completed"}}\n\n', True),
        ("responses", b'data: {"type":"response.incomplete","response":{"status":"incomplete"}}\n\n', False),
        ("responses", b'data: {"type":"response.failed","response":{"status":"failed"}}\n\n', False),
        ("chat", choice(0, "a", "stop") + choice(1, "onclick.delta", "length") + DONE, False),
        ("chat", choice(0, "a", "stop") + choice(1, "b") + DONE, False),
        ("chat", choice(0, "a", "stop") + choice(1, "b", "stop") + choice(0, "") + DONE, True),
        ("chat", choice(0, "see x.delta", "stop") + DONE, True),
        ("chat", choice(0, "a", "stop") + b'data: {"error":{"message":"x.delta"}}\n\n' + DONE, False),
        ("responses", completed(tools=[{"name": "x.delta"}]), True),
        ("responses", b"event: response.completed\n" + completed(output=[{"text": "x.delta"}]), True),
        ("responses", completed(incomplete_details={"reason": "content_filter"}), False),
        ("responses", completed().replace(b"response.completed", b"response.incomplete"), False),
        ("responses", b'event: response.output_text.delta\ndata: {"delta":"a"}\n\n' + completed(), True),
    ],
)  # fmt: skip
def test_what_is_a_whole_stream(wire: Dialect, stream: bytes, expected: bool):
    assert is_whole_stream(stream, wire) is expected
