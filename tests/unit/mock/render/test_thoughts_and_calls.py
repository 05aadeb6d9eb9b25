"""Thoughts before an answer, and several calls at once, in each dialect; whole and streamed they are the same."""

from typing import Any

import msgspec
import pytest

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
CHAT = "/v1/chat/completions"
RESPONSES = "/v1/responses"
MESSAGES = "/v1/messages"
HELLO = [{"role": "user", "content": "hello"}]
THOUGHTS = "Let me follow the thread."
TWO = {"x_mock_calls": "2"}

ASKS: dict[str, dict[str, Any]] = {
    CHAT: {
        "messages": HELLO,
        "reasoning_effort": "low",
        "tools": [{"type": "function", "function": {"name": name, "parameters": SCHEMA}} for name in "abc"],
    },
    RESPONSES: {
        "input": "hello",
        "reasoning": {"effort": "low"},
        "tools": [{"type": "function", "name": name, "parameters": SCHEMA} for name in "abc"],
    },
    MESSAGES: {
        "messages": HELLO,
        "max_tokens": 100,
        "thinking": {"type": "enabled", "budget_tokens": 1024},
        "tools": [{"name": name, "input_schema": SCHEMA} for name in "abc"],
    },
}


def whole(ask, path: str, headers: dict[str, str] | None = None, **more: Any) -> Any:
    return msgspec.json.decode(ask(path, {"model": "mock", **ASKS[path], **more}, **(headers or {})).pieces[0])


def summed(events) -> tuple[str, list[str], int]:
    """Of a streamed message: thoughts, the names of calls with their arguments, output tokens."""
    thoughts = "".join(event["delta"].get("thinking", "") for name, event in events if name == "content_block_delta")
    calls: dict[int, str] = {}
    for name, event in events:
        if name == "content_block_start" and event["content_block"]["type"] == "tool_use":
            calls[event["index"]] = event["content_block"]["name"]
        elif name == "content_block_delta" and event["index"] in calls:
            calls[event["index"]] += event["delta"]["partial_json"]
    return thoughts, list(calls.values()), events[-2][1]["usage"]["output_tokens"]


def test_messages_think_and_call(ask, events_of):
    said = whole(ask, MESSAGES, TWO)
    thinking, *calls = said["content"]
    assert (thinking["thinking"], thinking["signature"][:7]) == (THOUGHTS, "sealed-")
    assert [(call["name"], call["input"]) for call in calls] == [(n, {"city": "silk thread"}) for n in "ab"]
    assert len({call["id"] for call in calls}) == 2
    body = {"model": "mock", **ASKS[MESSAGES], "stream": True}
    told = summed(events_of(ask(MESSAGES, body, **TWO)))
    assert told == (THOUGHTS, [f'{n}{{"city":"silk thread"}}' for n in "ab"], said["usage"]["output_tokens"])


def test_chats_think_and_call(ask):
    said = whole(ask, CHAT, TWO)
    message = said["choices"][0]["message"]
    assert message["reasoning_content"] == THOUGHTS
    assert [call["function"]["name"] for call in message["tool_calls"]] == ["a", "b"]
    assert said["usage"]["completion_tokens_details"]["reasoning_tokens"] == 6


def test_responses_think_and_call(ask):
    said = whole(ask, RESPONSES, TWO)
    reasoning, *calls = said["output"]
    assert reasoning["summary"] == [{"type": "summary_text", "text": THOUGHTS}]
    assert [call["name"] for call in calls] == ["a", "b"]
    assert said["usage"]["output_tokens_details"]["reasoning_tokens"] == 6


@pytest.mark.parametrize(
    ("path", "alone"),
    [
        (CHAT, {"parallel_tool_calls": False}),
        (RESPONSES, {"parallel_tool_calls": False}),
        (MESSAGES, {"tool_choice": {"type": "auto", "disable_parallel_tool_use": True}}),
        (MESSAGES, {"tool_choice": {"type": "tool", "name": "c"}}),
    ],
)
def test_one_call_where_there_may_be_one_only(ask, path: str, alone: dict[str, Any]):
    text = msgspec.json.encode(whole(ask, path, TWO, **alone)).decode()
    assert text.count('"name":') == 1
    assert text.count(f'"name":"{"c" if "name" in alone.get("tool_choice", {}) else "a"}"') == 1


@pytest.mark.parametrize(
    ("path", "members"),
    [
        (CHAT, ("prompt_tokens_details", "cached_tokens")),
        (RESPONSES, ("input_tokens_details", "cached_tokens")),
        (MESSAGES, ("cache_read_input_tokens",)),
    ],
)
def test_cached_tokens_are_told(ask, path: str, members: tuple[str, ...]):
    found = whole(ask, path, {"x_mock_cached": "5"})["usage"]
    for member in members:
        found = found[member]
    assert found == 5


def test_a_seal_of_others_is_refused(ask):
    sealed = {"type": "thinking", "thinking": "t", "signature": "sealed-1"}
    turns = [{"role": "assistant", "content": [sealed]}, *HELLO]
    assert ask(MESSAGES, {"model": "mock", **ASKS[MESSAGES], "messages": turns}).status == 200
    sealed["signature"] = "gossamer:chat:sealed::"
    assert ask(MESSAGES, {"model": "mock", **ASKS[MESSAGES], "messages": turns}).status == 400
    item = {"type": "reasoning", "summary": [], "encrypted_content": "sealed-1"}
    assert ask(RESPONSES, {"model": "mock", "input": [item, *HELLO]}).status == 200
    item["encrypted_content"] = "gossamer:messages:sealed::x"
    assert ask(RESPONSES, {"model": "mock", "input": [item, *HELLO]}).status == 400
