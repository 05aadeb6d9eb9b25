"""Requests: what is carried, what is refused by name, what is dropped with a warning; whole answers and errors."""

from typing import Any

import msgspec
import pytest

from gossamer.core.endpoints import Wire
from gossamer.core.errors import InvalidRequest, ProviderUnavailable
from gossamer.dialects.fates import MEMBERS, Fate
from gossamer.dialects.losses import Untranslatable
from gossamer.dialects.terms import DEFAULT_MAX_TOKENS, STRICT, Terms
from gossamer.dialects.translate import TranslatedRequest, translate_answer, translate_error, translate_request
from gossamer.dialects.vendors import DEEPSEEK, OPENROUTER, VLLM

LENIENT = Terms(is_lenient=True)
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
BARE: dict[Wire, dict[str, Any]] = {
    "chat": {"model": "m", "messages": [{"role": "user", "content": "Hi"}]},
    "responses": {"model": "m", "input": "Hi"},
    "messages": {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]},
}


def ask(client: Wire, provider: Wire, terms: Terms = STRICT, **members: Any) -> TranslatedRequest:
    return translate_request(msgspec.json.encode({**BARE[client], **members}), client, provider, terms)


def asked(client: Wire, provider: Wire, terms: Terms = STRICT, **members: Any) -> dict[str, Any]:
    return dict(msgspec.json.decode(ask(client, provider, terms, **members).body))


def rows(*fates: Fate) -> list[tuple[Wire, Wire, str]]:
    return [
        (client, provider, name)
        for client, members in MEMBERS.items()
        for name, row in members.items()
        for provider, fate in row.fates.items()
        if fate in fates
    ]


ODD: Any = {"made": "up"}
"""No member of the table has this for a harmless value."""
OF_TYPE: dict[str, Any] = {"verbosity": "low"}
"""Members that are read too, and then must be of their type."""


@pytest.mark.parametrize(("client", "provider", "name"), rows(Fate.LOST, Fate.REFUSED))
def test_a_member_that_must_not_get_lost_is_refused_by_name(client: Wire, provider: Wire, name: str):
    with pytest.raises(Untranslatable) as refused:
        ask(client, provider, **{name: ODD})
    error = refused.value
    assert (error.status, error.code, error.param) == (400, "invalid_request", name)
    assert f'"{name}" cannot be sent to a provider of ' in error.message
    assert error.message.endswith(MEMBERS[client][name].advice)


@pytest.mark.parametrize(("client", "provider", "name"), rows(Fate.LOST))
def test_the_lenient_lose_it_with_a_warning(client: Wire, provider: Wire, name: str):
    made = ask(client, provider, LENIENT, **{name: ODD})
    assert msgspec.json.decode(made.body).get(name) != ODD
    assert any(warning.startswith(f'"{name}" was dropped: ') for warning in made.warnings)


@pytest.mark.parametrize(("client", "provider", "name"), rows(Fate.REFUSED))
def test_leniency_does_not_change_what_is_asked_for(client: Wire, provider: Wire, name: str):
    with pytest.raises(Untranslatable, match=name):
        ask(client, provider, LENIENT, **{name: ODD})


@pytest.mark.parametrize(("client", "provider", "name"), rows(Fate.HINT))
def test_a_hint_is_dropped_with_a_warning(client: Wire, provider: Wire, name: str):
    made = ask(client, provider, **{name: OF_TYPE.get(name, ODD)})
    assert len(made.warnings) == 1
    assert made.warnings[0].startswith(f'"{name}" was dropped: ')


@pytest.mark.parametrize(("client", "provider", "name"), rows(Fate.HINT, Fate.LOST, Fate.REFUSED))
def test_what_asks_for_nothing_passes_without_a_word(client: Wire, provider: Wire, name: str):
    for value in (None, *MEMBERS[client][name].harmless):
        assert ask(client, provider, **{name: value}).warnings == ()


@pytest.mark.parametrize(("client", "provider"), [("chat", "messages"), ("messages", "chat"), ("responses", "chat")])
def test_a_members_that_nobody_knows_does_not_make_a_request_fail(client: Wire, provider: Wire):
    made = ask(client, provider, chat_template_kwargs={"a": 1})
    assert made.warnings == ('"chat_template_kwargs" was dropped: it is not known here, and so cannot be translated.',)


def test_settings_are_named_as_the_client_knows_them():
    with pytest.raises(Untranslatable, match='"stop_sequences" cannot be sent') as refused:
        ask("messages", "responses", stop_sequences=["END"])
    assert refused.value.param == "stop_sequences"


def test_there_are_never_more_warnings_than_a_header_holds():
    message = {"role": "user", "name": "ada", "content": "Hi"}
    assert len(ask("chat", "messages", messages=[message] * 100).warnings) == 20


# --- bodies that the client's own dialect does not allow ---


@pytest.mark.parametrize(
    ("client", "members", "param"),
    [
        ("chat", {"messages": "Hi"}, "messages"),
        ("chat", {"messages": [{"role": "user", "content": 7}]}, "messages[0].content"),
        ("chat", {"temperature": "hot"}, "temperature"),
        ("chat", {"messages": [{"role": "wizard", "content": "Hi"}]}, "messages[0].role"),
        ("chat", {"messages": [{"role": "tool", "content": "Hi"}]}, "messages[0].tool_call_id"),
        ("chat", {"tool_choice": "sometimes"}, "tool_choice"),
        ("messages", {"messages": [{"role": "wizard", "content": "Hi"}]}, "messages[0].role"),
        ("messages", {"tool_choice": {"type": "tool"}}, "tool_choice.type"),
        ("responses", {"input": [{"type": "item_reference", "id": "x"}]}, "input[0]"),
        ("responses", {"tool_choice": "sometimes"}, "tool_choice"),
    ],
)
def test_what_is_wrong_is_named(client: Wire, members: dict[str, Any], param: str):
    provider: Wire = "messages" if client != "messages" else "chat"
    with pytest.raises(InvalidRequest) as refused:
        ask(client, provider, **members)
    assert refused.value.param == param
    assert param in refused.value.message


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"model":"a","model":"b"}', b'{"model":"\xff"}'])
def test_what_is_no_object_is_refused(body: bytes):
    with pytest.raises(InvalidRequest):
        translate_request(body, "chat", "messages")


# --- settings ---


def test_the_model_is_the_providers():
    assert asked("chat", "messages", Terms("claude-opus-5"))["model"] == "claude-opus-5"
    assert asked("chat", "messages")["model"] == "m"


def test_anthropic_gets_a_limit():
    assert asked("chat", "messages")["max_tokens"] == DEFAULT_MAX_TOKENS
    assert asked("chat", "messages", Terms(default_max_tokens=100))["max_tokens"] == 100
    assert asked("chat", "messages", max_tokens=7)["max_tokens"] == 7


@pytest.mark.parametrize(
    ("model", "thinking", "effort"),
    [
        ("claude-haiku-4-5", {"type": "enabled", "budget_tokens": 16384}, None),
        ("claude-sonnet-4-20250514", {"type": "enabled", "budget_tokens": 16384}, None),
        ("us.anthropic.claude-opus-4.1", {"type": "enabled", "budget_tokens": 16384}, None),
        ("claude-sonnet-4-6", {"type": "adaptive"}, "high"),
        ("claude-opus-5-5", {"type": "adaptive"}, "high"),
        ("claude-something-9", {"type": "adaptive"}, "high"),
        ("kimi-k3", {"type": "enabled", "budget_tokens": 16384}, None),
    ],
)
def test_each_family_thinks_in_its_own_way(model: str, thinking: dict[str, Any], effort: str | None):
    request = asked("chat", "messages", Terms(model), reasoning_effort="high")
    assert request["thinking"] == thinking
    assert request.get("output_config", {}).get("effort") == effort
    assert request["max_tokens"] == DEFAULT_MAX_TOKENS + thinking.get("budget_tokens", 0)


@pytest.mark.parametrize(
    ("model", "says"),
    [("claude-opus-5", {"thinking": {"type": "disabled"}}), ("claude-opus-5-5", {"output_config": {"effort": "low"}})],
)
def test_not_to_think_is_said_where_it_can_be(model: str, says: dict[str, Any]):
    request = asked("chat", "messages", Terms(model), reasoning_effort="none")
    assert {name: request[name] for name in ("thinking", "output_config") if name in request} == says


def test_a_budget_leaves_room_for_the_answer():
    request = asked("chat", "messages", Terms("claude-haiku-4-5"), reasoning_effort="max", max_tokens=4000)
    assert request["thinking"]["budget_tokens"] == 2000
    made = ask("chat", "messages", Terms("claude-haiku-4-5"), reasoning_effort="max", max_tokens=1000)
    assert b"thinking" not in made.body
    assert "leaves no room" in made.warnings[0]


def test_thinking_is_not_asked_for_where_anthropic_would_refuse_it():
    calls = [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
    history = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": None, "tool_calls": calls},
        {"role": "tool", "tool_call_id": "c", "content": "done"},
    ]
    made = ask("chat", "messages", Terms("claude-haiku-4-5"), reasoning_effort="low", messages=history)
    assert b'"thinking"' not in made.body
    assert "was not sent back" in made.warnings[0]


@pytest.mark.parametrize(("model", "kept"), [("claude-sonnet-4-6", 0.5), ("claude-opus-5", None)])
def test_sampling_goes_to_those_who_take_it(model: str, kept: float | None):
    terms = Terms(model, is_lenient=True)
    assert asked("chat", "messages", terms, temperature=0.5).get("temperature") == kept
    assert (
        asked("chat", "messages", Terms("claude-opus-5"), temperature=1, top_p=1)
        .keys()
        .isdisjoint({"temperature", "top_p"})
    )


def test_a_temperature_beyond_anthropics_scale_is_refused_or_cut():
    with pytest.raises(Untranslatable, match="the scale ends at 1"):
        ask("chat", "messages", temperature=1.5)
    assert asked("chat", "messages", LENIENT, temperature=1.5)["temperature"] == 1.0


def test_a_model_that_cannot_be_forced_is_not():
    with pytest.raises(Untranslatable, match="cannot be made to call"):
        ask("chat", "messages", Terms("claude-opus-5-5"), tools=[TOOL], tool_choice="required")
    lenient = Terms("claude-opus-5-5", is_lenient=True)
    assert asked("chat", "messages", lenient, tools=[TOOL], tool_choice="required")["tool_choice"] == {"type": "auto"}


LATE = [
    {"role": "user", "content": "Hi"},
    {"role": "assistant", "content": "Hello"},
    {"role": "developer", "content": "In French."},
    {"role": "user", "content": "And now?"},
]


def test_a_late_system_turn_goes_where_anthropic_takes_it():
    """Behind a user's turn, and before an answer or at the end: anything else is a 400."""
    request = asked("chat", "messages", Terms("claude-opus-4-8"), messages=LATE)
    assert [message["role"] for message in request["messages"]] == ["user", "assistant", "user", "system"]
    assert request["messages"][-1]["content"] == "In French."
    assert "system" not in request


@pytest.mark.parametrize(("model", "messages"), [("claude-sonnet-4-6", LATE), ("claude-opus-4-8", LATE[:3])])
def test_one_that_it_does_not_take_is_the_users(model: str, messages: list[dict[str, Any]]):
    made = ask("chat", "messages", Terms(model), messages=messages)
    last = msgspec.json.decode(made.body)["messages"][-1]
    assert last["role"] == "user"
    assert "In French." in str(last["content"])
    assert made.warnings == ("\"messages[2]\": a system's turn is not taken there; it was sent as the user's.",)


def test_arguments_that_are_no_object_are_refused_by_name():
    calls = [{"id": "c", "type": "function", "function": {"name": "f", "arguments": '{"a":'}}]
    messages = [{"role": "user", "content": "Hi"}, {"role": "assistant", "tool_calls": calls}]
    with pytest.raises(Untranslatable, match="the arguments of 'f' are no JSON object"):
        ask("chat", "messages", messages=messages)
    request = asked("chat", "messages", LENIENT, messages=messages)
    assert request["messages"][-1]["content"][0]["input"] == {"arguments": '{"a":'}


def test_blocks_and_items_of_any_form_are_named_not_a_fault_of_form():
    blocks = [{"type": "web_search_tool_result", "tool_use_id": "x", "content": {"type": "error", "error_code": "y"}}]
    with pytest.raises(Untranslatable, match="web_search_tool_result"):
        ask("messages", "chat", messages=[{"role": "user", "content": blocks}])
    items = [{"type": "computer_call_output", "call_id": "x", "output": {"type": "computer_screenshot"}}]
    with pytest.raises(Untranslatable, match="computer_call_output"):
        ask("responses", "chat", input=items)


def test_reasoning_goes_back_to_those_who_want_it():
    blocks = [
        {"type": "thinking", "thinking": "Hm.", "signature": "gossamer:chat:sealed::"},
        {"type": "thinking", "thinking": "Mine.", "signature": "EqQB"},
        {"type": "text", "text": "Yes"},
    ]
    history = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": blocks}]
    for vendor in (VLLM, DEEPSEEK):
        assert asked("messages", "chat", Terms(vendor=vendor), messages=history)["messages"][-1] == {
            "role": "assistant",
            "content": "Yes",
            "reasoning_content": "Hm.",
        }
    openrouter = asked("messages", "chat", Terms(vendor=OPENROUTER), messages=history)["messages"][-1]
    assert [each["format"] for each in openrouter["reasoning_details"]] == ["unknown", "anthropic-claude-v1"]
    plain = asked("messages", "chat", messages=history)["messages"][-1]
    assert plain == {"role": "assistant", "content": "Yes"}


def test_a_vendor_gets_what_it_takes():
    request = asked("messages", "chat", Terms(vendor=DEEPSEEK))
    assert request["max_tokens"] == 9
    assert "max_completion_tokens" not in request


def test_a_response_repeats_its_request():
    body = b'{"model":"m","input":"Hi","temperature":0.5,"tools":[],"metadata":{"a":"b"},"store":false}'
    made = translate_request(body, "responses", "messages")
    answer = b'{"id":"msg_1","model":"c","content":[{"type":"text","text":"Hi"}],"stop_reason":"end_turn"}'
    response = msgspec.json.decode(translate_answer(answer, "responses", "messages", made.echo, 7))
    assert (response["temperature"], response["metadata"], response["tools"]) == (0.5, {"a": "b"}, [])
    assert (response["created_at"], response["instructions"], response["tool_choice"]) == (7, None, "auto")


# --- answers and errors ---


@pytest.mark.parametrize(
    ("provider", "body"),
    [
        ("chat", b"<html>"),
        ("chat", b'{"choices":[]}'),
        ("chat", b'{"choices":[{"message":{"content":7}}]}'),
        ("chat", b'{"choices":[{"message":{"tool_calls":[{"id":"x","function":{"arguments":"{}"}}]}}]}'),
        ("chat", b'{"choices":[{"message":{"tool_calls":[{"id":"x","function":{"name":"f","arguments":"{"}}]}}]}'),
        ("messages", b'{"type":"message"}'),
        ("messages", b'{"content":[{"type":"tool_use","name":"f","input":{}}]}'),
        ("responses", b'{"output":[{"type":"function_call","arguments":"{}"}]}'),
        ("responses", b'{"status":"failed","error":{"code":"server_error","message":"no"}}'),
    ],
)
def test_an_answer_that_makes_no_sense_is_the_providers_failure(provider: Wire, body: bytes):
    client: Wire = "messages" if provider != "messages" else "chat"
    with pytest.raises(ProviderUnavailable) as failed:
        translate_answer(body, client, provider)
    assert failed.value.status == 502


OPENAI_ERROR = b'{"error":{"message":"No.","type":"invalid_request_error","param":"n","code":"bad_n"}}'


@pytest.mark.parametrize(
    ("body", "status", "kind", "message"),
    [
        (OPENAI_ERROR, 400, "invalid_request_error", "No."),
        (
            b'{"error":{"message":"Slow down.","type":"requests","code":"rate_limit_exceeded"}}',
            429,
            "rate_limit_error",
            "Slow down.",
        ),
        (
            b'[{"error":{"code":400,"message":"Unknown name.","status":"INVALID_ARGUMENT"}}]',
            400,
            "invalid_request_error",
            "Unknown name.",
        ),
        (b'{"error":"model not found"}', 404, "not_found_error", "model not found"),
        (
            b'{"object":"error","message":"too long","type":"BadRequestError","code":400}',
            400,
            "invalid_request_error",
            "too long",
        ),
        (b'{"detail":[{"loc":["body","x"],"msg":"extra"}]}', 422, "api_error", '[{"loc":["body","x"],"msg":"extra"}]'),
        (b"<html>busy</html>", 529, "overloaded_error", "<html>busy</html>"),
        (b"", 500, "api_error", "The provider answered 500 and said nothing."),
        (b"{}", 500, "api_error", "The provider answered 500 and did not say why."),
    ],
)
def test_an_error_of_any_shape_becomes_anthropics(body: bytes, status: int, kind: str, message: str):
    error = msgspec.json.decode(translate_error(body, status, "messages"))
    assert error == {"type": "error", "error": {"type": kind, "message": message}}


@pytest.mark.parametrize("client", ["chat", "responses"])
def test_an_error_of_anthropics_becomes_openais(client: Wire):
    body = b'{"type":"error","error":{"type":"rate_limit_error","message":"Slow down."},"request_id":"req_1"}'
    assert msgspec.json.decode(translate_error(body, 429, client)) == {
        "error": {"message": "Slow down.", "type": "rate_limit_error", "param": None, "code": "rate_limit_exceeded"}
    }
    kept = msgspec.json.decode(translate_error(OPENAI_ERROR, 400, client))
    assert kept["error"] == {"message": "No.", "type": "invalid_request_error", "param": "n", "code": "bad_n"}
