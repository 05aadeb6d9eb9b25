"""What the mock understands of a body, in each dialect."""

import msgspec
import pytest

from gossamer.mock.asked import Asked, BadRequest, Call, Dialect
from gossamer.mock.reading import read_asked

ASK = [{"role": "user", "content": "hi"}]
PARTS = [{"role": "user", "content": [{"type": "text", "text": "hi"}]}]
CHAT_RESULT = [*ASK, {"role": "assistant", "tool_calls": []}, {"role": "tool", "content": "4"}]
MESSAGES_RESULT = [*ASK, {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "x", "content": "4"}]}]
PREFILL = [*ASK, {"role": "assistant", "content": "{"}]
SCHEMA = {"type": "object"}
RAW = msgspec.json.encode(SCHEMA)

CHAT_TOOLS = [{"type": "function", "function": {"name": name, "parameters": SCHEMA}} for name in ("a", "b")]
TOOLS = [{"type": "web_search"}, *({"type": "function", "name": name, "parameters": SCHEMA} for name in ("a", "b"))]
CLAUDE_TOOLS = [
    {"type": "bash_20250124", "name": "bash"},
    *({"name": name, "input_schema": SCHEMA} for name in ("a", "b")),
]


def read(dialect: Dialect, **members: object) -> Asked:
    required: dict[Dialect, dict[str, object]] = {
        Dialect.CHAT: {"messages": ASK},
        Dialect.COMPLETIONS: {"prompt": "hi"},
        Dialect.RESPONSES: {"input": "hi"},
        Dialect.MESSAGES: {"messages": ASK, "max_tokens": 9},
    }
    return read_asked(dialect, msgspec.json.encode({"model": "m", **required[dialect], **members}))


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        (read(Dialect.CHAT), Asked(Dialect.CHAT, "m")),
        (read(Dialect.CHAT, messages=PARTS, stream=None, tools=None, tool_choice=None), Asked(Dialect.CHAT, "m")),
        (read(Dialect.COMPLETIONS, max_tokens=4), Asked(Dialect.COMPLETIONS, "m", limit=4)),
        (read(Dialect.RESPONSES, stream=True), Asked(Dialect.RESPONSES, "m", stream=True, include_usage=True)),
        (read(Dialect.MESSAGES), Asked(Dialect.MESSAGES, "m", include_usage=True, limit=9)),
    ],
)
def test_the_plain_question(asked, wanted):
    assert asked == wanted


@pytest.mark.parametrize(
    ("members", "include_usage"),
    [({}, False), ({"stream_options": {}}, False), ({"stream_options": {"include_usage": True}}, True)],
)
@pytest.mark.parametrize("dialect", [Dialect.CHAT, Dialect.COMPLETIONS])
def test_usage_in_streams_is_asked_for(dialect, members, include_usage):
    assert read(dialect, stream=True, **members).include_usage is include_usage


def test_the_newer_name_of_the_limit_goes_first():
    assert read(Dialect.CHAT, max_tokens=4, max_completion_tokens=7).limit == 7


@pytest.mark.parametrize(
    ("dialect", "member", "talk", "last"),
    [
        (Dialect.CHAT, "messages", CHAT_RESULT, "tool_result"),
        (Dialect.CHAT, "messages", PREFILL, "assistant"),
        (Dialect.CHAT, "messages", PARTS, "question"),
        (Dialect.MESSAGES, "messages", MESSAGES_RESULT, "tool_result"),
        (Dialect.MESSAGES, "messages", PREFILL, "assistant"),
        (Dialect.MESSAGES, "messages", PARTS, "question"),
        (Dialect.RESPONSES, "input", "hi", "question"),
        (Dialect.RESPONSES, "input", ASK, "question"),
        (Dialect.RESPONSES, "input", PREFILL, "assistant"),
        (Dialect.RESPONSES, "input", [{"type": "function_call_output", "call_id": "x", "output": "4"}], "tool_result"),
    ],
)
def test_who_spoke_last(dialect, member, talk, last):
    assert read(dialect, **{member: talk}).last == last


@pytest.mark.parametrize(
    ("dialect", "tools", "choice", "name"),
    [
        (Dialect.CHAT, CHAT_TOOLS, None, "a"),
        (Dialect.CHAT, CHAT_TOOLS, "auto", "a"),
        (Dialect.CHAT, CHAT_TOOLS, "none", None),
        (Dialect.CHAT, CHAT_TOOLS, {"type": "function", "function": {"name": "b"}}, "b"),
        (Dialect.CHAT, [{"type": "custom", "custom": {"name": "c"}}], None, None),
        (Dialect.CHAT, [], None, None),
        (Dialect.RESPONSES, TOOLS, "required", "a"),
        (Dialect.RESPONSES, TOOLS, "none", None),
        (Dialect.RESPONSES, TOOLS, {"type": "function", "name": "b"}, "b"),
        (Dialect.RESPONSES, TOOLS[:1], None, None),
        (Dialect.MESSAGES, CLAUDE_TOOLS, {"type": "any"}, "a"),
        (Dialect.MESSAGES, CLAUDE_TOOLS, {"type": "none"}, None),
        (Dialect.MESSAGES, CLAUDE_TOOLS, {"type": "tool", "name": "b"}, "b"),
        (Dialect.MESSAGES, CLAUDE_TOOLS[:1], None, None),
    ],
)
def test_which_tool_is_called(dialect, tools, choice, name):
    members = {"tools": tools} if choice is None else {"tools": tools, "tool_choice": choice}
    assert read(dialect, **members).call == (Call(name, RAW) if name else None)


def test_a_function_without_parameters_is_called_without_arguments():
    assert read(Dialect.CHAT, tools=[{"type": "function", "function": {"name": "now"}}]).call == Call("now", RAW)


@pytest.mark.parametrize(
    ("dialect", "member", "result"),
    [(Dialect.CHAT, "messages", CHAT_RESULT), (Dialect.MESSAGES, "messages", MESSAGES_RESULT)],
)
def test_a_tool_result_is_answered_in_words(dialect, member, result):
    tools = CHAT_TOOLS if dialect is Dialect.CHAT else CLAUDE_TOOLS
    assert read(dialect, **{member: result}, tools=tools).call is None


@pytest.mark.parametrize(
    ("dialect", "members"),
    [
        (Dialect.CHAT, {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA}}}),
        (Dialect.RESPONSES, {"text": {"format": {"type": "json_schema", "name": "x", "schema": SCHEMA}}}),
        (Dialect.MESSAGES, {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}}),
        (Dialect.MESSAGES, {"output_format": {"type": "json_schema", "schema": SCHEMA}}),
    ],
)
def test_the_schema_of_the_answer(dialect, members):
    assert read(dialect, **members).schema == RAW


def test_any_object_will_do():
    assert b"answer" in (read(Dialect.CHAT, response_format={"type": "json_object"}).schema or b"")
    assert read(Dialect.CHAT, response_format={"type": "text"}).schema is None


@pytest.mark.parametrize(
    ("dialect", "body", "says", "param"),
    [
        (Dialect.CHAT, b"not json", "not as it should be", None),
        (Dialect.CHAT, b'{"messages":[{"role":"user"}]}', "missing required field `model`", None),
        (Dialect.CHAT, b'{"model":"m"}', "missing required field `messages`", None),
        (Dialect.CHAT, b'{"model":"m","messages":[]}', "at least one entry", "messages"),
        (Dialect.CHAT, b'{"model":"m","messages":"hi"}', "Expected `array`", None),
        (Dialect.CHAT, b'{"model":"m","messages":[{}],"stream":"yes"}', "Expected `bool", None),
        (Dialect.CHAT, b'{"model":"m","messages":[{}],"max_tokens":-1}', "at least one token", "max_tokens"),
        (Dialect.CHAT, b'{"model":"m","messages":[{}],"tools":{"a":1}}', "Expected `array`", None),
        (Dialect.MESSAGES, b'{"model":"m","messages":[{}]}', "missing required field `max_tokens`", None),
        (Dialect.RESPONSES, b'{"model":"m","input":[]}', "at least one entry", "input"),
        (Dialect.CHAT, b'{"model":"\xff","messages":[{}]}', "not as it should be", None),
        (Dialect.CHAT, b'{"model":"m","messages":' + b"[" * 100_000, "not as it should be", None),
    ],
)
def test_what_a_provider_would_refuse(dialect, body, says, param):
    with pytest.raises(BadRequest, match=says) as refused:
        read_asked(dialect, body)
    assert refused.value.param == param


def test_a_choice_must_be_among_the_tools():
    with pytest.raises(BadRequest, match="'c'") as refused:
        read(Dialect.CHAT, tools=CHAT_TOOLS, tool_choice={"type": "function", "function": {"name": "c"}})
    assert refused.value.param == "tool_choice"
