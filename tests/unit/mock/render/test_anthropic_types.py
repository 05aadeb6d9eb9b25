"""Every answer and event of the messages dialect, against the official SDK's own types where it is installed."""

import msgspec
import pytest

anthropic = pytest.importorskip("anthropic", reason="the SDK whose types are the yardstick")
types = pytest.importorskip("anthropic.types")

SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 2}},
    "required": ["city", "days"],
}
TOOL = {"name": "weather", "input_schema": SCHEMA}
SERVER_TOOL = {"name": "web_search", "type": "web_search_20250305"}
HELLO = {"model": "mock", "max_tokens": 100, "messages": [{"role": "user", "content": "hello"}]}


@pytest.mark.parametrize(
    ("extra", "reason"),
    [
        ({}, "end_turn"),
        ({"max_tokens": 3}, "max_tokens"),
        ({"tools": [SERVER_TOOL, TOOL]}, "tool_use"),
        ({"tools": [SERVER_TOOL]}, "end_turn"),
        ({"model": "mock-refusal"}, "refusal"),
    ],
)
def test_a_message_is_one(ask, fits, extra, reason):
    message = fits(types.Message, msgspec.json.decode(ask("/v1/messages", {**HELLO, **extra}).pieces[0]))
    assert message.stop_reason == reason
    if reason == "tool_use":
        assert message.content[0].input == {"city": "silk thread", "days": 3}


@pytest.mark.parametrize(
    "extra",
    [
        {},
        {"max_tokens": 3},
        {"tools": [TOOL]},
        {"model": "mock-refusal"},
        {"thinking": {"type": "adaptive"}, "tools": [TOOL, TOOL]},
    ],
)
def test_every_event_is_one(ask, fits, events_of, extra):
    events = events_of(ask("/v1/messages", {**HELLO, **extra, "stream": True}, x_mock_calls="2"))
    for name, event in events:
        assert event["type"] == name
        if name != "ping":  # the SDK passes pings over
            fits(types.RawMessageStreamEvent, event)


def test_events_come_in_order(ask, events_of):
    names = [name for name, _ in events_of(ask("/v1/messages", {**HELLO, "max_tokens": 2, "stream": True}))]
    assert names == [
        "message_start",
        "content_block_start",
        "ping",
        "content_block_delta",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]


def test_a_tool_is_called_in_pieces(ask, events_of):
    events = events_of(ask("/v1/messages", {**HELLO, "tools": [TOOL], "stream": True}))
    deltas = [event["delta"] for name, event in events if name == "content_block_delta"]
    assert {delta["type"] for delta in deltas} == {"input_json_delta"}
    pieces = "".join(delta["partial_json"] for delta in deltas)
    assert msgspec.json.decode(pieces) == {"city": "silk thread", "days": 3}


def test_usage_counts_what_was_said(ask, events_of):
    events = dict(events_of(ask("/v1/messages", {**HELLO, "stream": True})))
    assert events["message_start"]["message"]["usage"]["input_tokens"] > 0
    assert events["message_delta"]["usage"]["output_tokens"] == 60


def test_tokens_are_counted(ask, fits):
    script = ask("/v1/messages/count_tokens", HELLO)
    assert fits(types.MessageTokensCount, msgspec.json.decode(script.pieces[0])).input_tokens > 0


def test_models_are_listed_for_its_sdk(ask, fits):
    script = ask("/v1/models", method=b"GET", anthropic_version="2023-06-01")
    listed = msgspec.json.decode(script.pieces[0])["data"]
    assert "mock" in [each["id"] for each in listed]
    one = msgspec.json.decode(ask("/v1/models/x", method=b"GET", anthropic_version="2023-06-01").pieces[0])
    assert one["id"] == "x"
    assert set(one) <= set(types.ModelInfo.model_fields)


@pytest.mark.parametrize("fault", ["429", "500", "503", "401", "404", "400-context", "400-filter"])
def test_errors_have_its_shape(ask, fault):
    script = ask("/v1/messages", {**HELLO, "model": f"mock-{fault}"})
    body = msgspec.json.decode(script.pieces[0])
    assert script.status == int(fault[:3])
    assert body["type"] == "error"
    assert set(body["error"]) == {"type", "message"}


def test_an_error_in_the_middle_is_an_event(ask, events_of):
    *_, (name, last) = events_of(ask("/v1/messages", {**HELLO, "model": "mock-error-in-stream", "stream": True}))
    assert name == "error"
    assert last == {"type": "error", "error": {"type": "overloaded_error", "message": last["error"]["message"]}}
