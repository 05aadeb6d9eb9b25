"""An answer in the other form of its dialect says the same; what cannot be told again is not."""

import msgspec
import pytest

from gossamer.core.endpoints import Wire
from gossamer.dialects.retell import as_stream, as_whole
from gossamer.dialects.translate import read_whole, translate_answer
from gossamer.dialects.wholeness import is_whole_answer, is_whole_stream

CALL = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}
WIRES: list[Wire] = ["chat", "messages", "responses"]


def completion(reason: str = "stop", **message: object) -> bytes:
    said = {"role": "assistant", "content": 'Größe "x"\n', **message}
    return msgspec.json.encode(
        {
            "id": "chatcmpl-1",
            "model": "m",
            "choices": [{"index": 0, "message": said, "finish_reason": reason}],
            "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
        }
    )


def of(wire: Wire, body: bytes) -> bytes:
    return body if wire == "chat" else translate_answer(body, wire, "chat")


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize(
    "body",
    [completion(), completion("tool_calls", tool_calls=[CALL]), completion(reasoning_content="hm")],
    ids=["text", "calls", "thinking"],
)
def test_there_and_back_it_says_the_same(wire: Wire, body: bytes):
    whole = of(wire, body)
    stream = as_stream(whole, wire, b"{}", 5)
    assert stream is not None
    assert is_whole_stream(stream, wire)
    again = as_whole(stream, wire, 5)
    assert again is not None
    assert is_whole_answer(again, wire)
    assert read_whole(again, wire) == read_whole(whole, wire)


@pytest.mark.parametrize("wire", WIRES)
def test_what_readers_pass_over_is_told_in_one_form_only(wire: Wire):
    body = completion(annotations=[{"type": "url_citation"}])
    assert as_stream(body, wire, b"{}", 5) is None
    assert as_whole(b"", wire, 5) is None


@pytest.mark.parametrize("reason", ["length", "content_filter", "never_heard"])
@pytest.mark.parametrize("wire", ["chat", "completions"])
def test_an_answer_that_was_cut_or_filtered_is_not_whole(wire: Wire, reason: str):
    assert not is_whole_answer(completion(reason), wire)
    assert is_whole_answer(completion(), wire)


@pytest.mark.parametrize(
    ("wire", "body", "expected"),
    [
        ("messages", b'{"content":[],"stop_reason":"end_turn"}', True),
        ("messages", b'{"content":[],"stop_reason":"max_tokens"}', False),
        ("messages", b'{"content":[],"stop_reason":"refusal"}', False),
        ("messages", b'{"type":"error","error":{"type":"overloaded_error"}}', False),
        ("responses", b'{"status":"completed","output":[],"error":null}', True),
        ("responses", b'{"status":"incomplete","output":[]}', False),
        ("responses", b'{"status":"failed","error":{"code":"x"}}', False),
        ("chat", b'{"choices":[]}', False),
        ("chat", b'{"choices":[{"finish_reason":"stop"},{"finish_reason":"length"}]}', False),
        ("embeddings", b'{"data":[{"embedding":[1]}]}', True),
        ("embeddings", b'{"data":[]}', False),
        ("chat", b"<html>", False),
    ],
)
def test_what_is_whole(wire: Wire, body: bytes, expected: bool):
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
    ],
)  # fmt: skip
def test_what_is_a_whole_stream(wire: Wire, stream: bytes, expected: bool):
    assert is_whole_stream(stream, wire) is expected
