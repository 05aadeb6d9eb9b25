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
