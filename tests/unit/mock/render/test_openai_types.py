"""Every answer and event of the OpenAI dialects, against the official SDK's own types."""

import base64
from array import array
from typing import Any

import msgspec
import pytest
from openai.types import Completion, CreateEmbeddingResponse, FileObject, Model
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.responses import Response, ResponseStreamEvent

from gossamer.mock.script import Script

HELLO = [{"role": "user", "content": "hello"}]
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 2}},
    "required": ["city", "days"],
}
CHAT_TOOL = {"type": "function", "function": {"name": "weather", "parameters": SCHEMA}}
TOOL = {"type": "function", "name": "weather", "parameters": SCHEMA, "strict": True}
ARGUMENTS = '{"city":"silk thread","days":3}'


@pytest.mark.parametrize("fault", ["", "refusal"])
@pytest.mark.parametrize("extra", [{}, {"tools": [CHAT_TOOL]}, {"max_tokens": 3}])
def test_a_chat_completion_is_one(ask, fits, extra, fault):
    script = ask("/v1/chat/completions", {"model": f"mock-{fault}", "messages": HELLO, **extra})
    completion = fits(ChatCompletion, _json(script))
    assert completion.usage.total_tokens == completion.usage.prompt_tokens + completion.usage.completion_tokens


@pytest.mark.parametrize("fault", ["", "refusal", "half-usage"])
@pytest.mark.parametrize("extra", [{}, {"tools": [CHAT_TOOL]}, {"stream_options": {"include_usage": True}}])
def test_every_chunk_is_one(ask, fits, events_of, extra, fault):
    body = {"model": f"mock-{fault}", "messages": HELLO, "stream": True, **extra}
    *chunks, (_, last) = events_of(ask("/v1/chat/completions", body))
    assert last == "[DONE]"
    for _, chunk in chunks:
        fits(ChatCompletionChunk, chunk)


def test_a_chat_stream_says_what_the_whole_answer_says(ask, events_of):
    body = {"model": "mock", "messages": HELLO}
    whole = _json(ask("/v1/chat/completions", body, x_request_id="a"))
    *chunks, _ = events_of(ask("/v1/chat/completions", {**body, "stream": True}, x_request_id="a"))
    deltas = [chunk["choices"][0]["delta"].get("content", "") for _, chunk in chunks]
    assert "".join(deltas) == whole["choices"][0]["message"]["content"]
    assert chunks[-1][1]["choices"][0]["finish_reason"] == whole["choices"][0]["finish_reason"] == "stop"


def test_usage_is_a_chunk_of_its_own_and_only_on_request(ask, events_of):
    body = {"model": "mock", "messages": HELLO, "stream": True}
    assert not any("usage" in chunk for _, chunk in events_of(ask("/v1/chat/completions", body))[:-1])
    asked = {**body, "stream_options": {"include_usage": True}}
    *chunks, (_, last), _ = events_of(ask("/v1/chat/completions", asked))
    assert all(chunk["usage"] is None for _, chunk in chunks)
    assert last["choices"] == []
    assert last["usage"]["completion_tokens"] == 60


def test_half_usage_puts_it_beside_the_last_choice(ask, events_of):
    body = {"model": "mock-half-usage", "messages": HELLO, "stream": True}
    *_, (_, last), _ = events_of(ask("/v1/chat/completions", body))
    assert last["choices"][0]["finish_reason"] == "stop"
    assert last["usage"]["completion_tokens"] == 60


def test_a_tool_is_called_in_pieces(ask, events_of):
    body = {"model": "mock", "messages": HELLO, "stream": True, "tools": [CHAT_TOOL]}
    *chunks, _ = events_of(ask("/v1/chat/completions", body))
    calls = [chunk["choices"][0]["delta"]["tool_calls"][0] for _, chunk in chunks[:-1]]
    assert calls[0]["function"]["name"] == "weather"
    assert len(calls) > 3
    assert "".join(call["function"]["arguments"] for call in calls) == ARGUMENTS
    assert chunks[-1][1]["choices"][0]["finish_reason"] == "tool_calls"


@pytest.mark.parametrize("is_stream", [False, True])
def test_a_legacy_completion_is_one(ask, fits, events_of, is_stream):
    body = {"model": "mock", "prompt": "hello", "stream": is_stream, "stream_options": {"include_usage": True}}
    script = ask("/v1/completions", body)
    if not is_stream:
        assert fits(Completion, _json(script)).usage.completion_tokens == 60
        return
    *chunks, (_, last) = events_of(script)
    assert last == "[DONE]"
    reasons = [choice["finish_reason"] for _, chunk in chunks for choice in chunk["choices"]]
    assert reasons == [None] * 60 + ["stop"]
    for _, chunk in chunks:
        for choice in chunk["choices"]:
            choice["finish_reason"] = "stop"  # the SDK's type leaves out null, which the API sends
    made = [fits(Completion, chunk) for _, chunk in chunks]
    assert made[-1].usage.completion_tokens == 60


@pytest.mark.parametrize("fault", ["", "refusal"])
@pytest.mark.parametrize("extra", [{}, {"tools": [TOOL]}, {"max_output_tokens": 3}])
def test_a_response_is_one(ask, fits, extra, fault):
    response = fits(Response, _json(ask("/v1/responses", {"model": f"mock-{fault}", "input": "hello", **extra})))
    assert response.status == ("incomplete" if "max_output_tokens" in extra and not fault else "completed")


@pytest.mark.parametrize("fault", ["", "refusal", "error-in-stream"])
@pytest.mark.parametrize(
    "extra", [{}, {"tools": [TOOL]}, {"max_output_tokens": 3}, {"reasoning": {"effort": "low"}, "tools": [TOOL, TOOL]}]
)
def test_every_event_of_a_response_is_one(ask, fits, events_of, extra, fault):
    body = {"model": f"mock-{fault}", "input": "hello", "stream": True, **extra}
    events = events_of(ask("/v1/responses", body, x_mock_calls="2"))
    for at, (name, event) in enumerate(events):
        fits(ResponseStreamEvent, event)
        assert event["type"] == name
        assert event["sequence_number"] == at


@pytest.mark.parametrize(
    ("extra", "opening", "delta", "closing"),
    [
        (
            {},
            "created in_progress output_item.added content_part.added",
            "output_text.delta",
            "output_text.done content_part.done output_item.done completed",
        ),
        (
            {"tools": [TOOL]},
            "created in_progress output_item.added",
            "function_call_arguments.delta",
            "function_call_arguments.done output_item.done completed",
        ),
        (
            {"max_output_tokens": 2},
            "created in_progress output_item.added content_part.added",
            "output_text.delta",
            "output_text.done content_part.done output_item.done incomplete",
        ),
    ],
)
def test_events_come_in_order(ask, events_of, extra, opening, delta, closing):
    events = events_of(ask("/v1/responses", {"model": "mock", "input": "hello", "stream": True, **extra}))
    names = [name.removeprefix("response.") for name, _ in events]
    deltas = names.count(delta)
    assert deltas > 1
    assert names == [*opening.split(), *[delta] * deltas, *closing.split()]


def test_a_response_ends_with_the_whole_of_what_it_streamed(ask, events_of):
    events = events_of(ask("/v1/responses", {"model": "mock", "input": "hello", "stream": True}))
    streamed = "".join(event["delta"] for name, event in events if name == "response.output_text.delta")
    ended = events[-1][1]["response"]
    assert ended["output"][0]["content"][0]["text"] == streamed
    assert ended["usage"]["output_tokens"] == 60


@pytest.mark.parametrize("wanted", ["a", ["a", "b"], [1, 2, 3], [[1], [2, 3]]])
def test_embeddings_are_vectors_of_length_one(ask, fits, wanted):
    answer = fits(CreateEmbeddingResponse, _json(ask("/v1/embeddings", {"model": "mock", "input": wanted})))
    assert len(answer.data) == (2 if wanted in (["a", "b"], [[1], [2, 3]]) else 1)
    for each in answer.data:
        assert len(each.embedding) == 1536
        assert sum(x * x for x in each.embedding) == pytest.approx(1.0, abs=1e-4)


def test_base64_holds_the_same_floats(ask):
    body = {"model": "mock", "input": "silk", "dimensions": 100}
    floats = _json(ask("/v1/embeddings", body))["data"][0]["embedding"]
    coded = _json(ask("/v1/embeddings", {**body, "encoding_format": "base64"}))["data"][0]["embedding"]
    assert array("f", base64.b64decode(coded)).tolist() == floats
    assert len(floats) == 100


def test_an_embedding_is_of_its_text_not_of_its_request(ask):
    def embed(text: str, request_id: str) -> Any:
        body = {"model": "mock", "input": text, "dimensions": 8}
        return _json(ask("/v1/embeddings", body, x_request_id=request_id))["data"][0]["embedding"]

    assert embed("silk", "a") == embed("silk", "b")
    assert embed("silk", "a") != embed("web", "a")


def test_models(ask, fits):
    listed = _json(ask("/v1/models", method=b"GET"))["data"]
    assert {"mock", "mock-raw", "mock-429", "mock-cut", "mock-slow"} <= {fits(Model, each).id for each in listed}
    assert fits(Model, _json(ask("/v1/models/gpt-4o", method=b"GET"))).id == "gpt-4o"


def test_files(ask, fits):
    assert fits(FileObject, _json(ask("/v1/files", b"--form--"))).bytes == 8
    first = ask("/v1/files/file-1/content", method=b"GET").pieces[0]
    assert len(first) == 64 * 1024
    assert len(set(first)) == 256
    assert first == ask("/v1/files/file-1/content", method=b"GET").pieces[0]
    assert first != ask("/v1/files/file-2/content", method=b"GET").pieces[0]


def _json(script: Script) -> Any:
    assert script.length == len(script.pieces[0])
    return msgspec.json.decode(script.pieces[0])
