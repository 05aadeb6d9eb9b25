"""One question in three dialects, and what no agent is asked."""

from typing import Any

import msgspec
import pytest

from gossamer.agents.asked import read_asked
from gossamer.core.endpoints import Wire
from gossamer.core.errors import InvalidRequest

CHAT = {"model": "a", "messages": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hi"}]}
RESPONSES = {"model": "a", "instructions": "Be kind.", "input": "Hi"}
MESSAGES = {"model": "a", "max_tokens": 9, "system": "Be kind.", "messages": [{"role": "user", "content": "Hi"}]}


@pytest.mark.parametrize(("wire", "body"), [("chat", CHAT), ("responses", RESPONSES), ("messages", MESSAGES)])
def test_each_dialect_says_the_same(wire: Wire, body: object):
    asked = read_asked(msgspec.json.encode(body), wire)
    assert [(one["role"], one["content"]) for one in asked.messages] == [("system", "Be kind."), ("user", "Hi")]
    assert asked.is_new_turn_alone
    assert not asked.is_stream


def test_who_sends_the_talk_is_known_by_it():
    body = {**CHAT, "messages": [*CHAT["messages"], {"role": "assistant", "content": "Hello"}]}
    assert not read_asked(msgspec.json.encode(body), "chat").is_new_turn_alone


def test_how_to_answer_is_handed_on_and_what_the_agent_has_itself_is_not():
    body = {**CHAT, "temperature": 0.5, "stop": ["x"], "max_tokens": 5, "metadata": {}}
    assert read_asked(msgspec.json.encode(body), "chat").options == {"temperature": 0.5, "max_tokens": 5}


@pytest.mark.parametrize(
    "more",
    [
        {"tools": [{"type": "function", "function": {"name": "x"}}]},
        {"n": 2},
        {"messages": []},
        {"messages": "Hi"},
        {"messages": [{"content": "Hi"}]},
        {"messages": [{"role": "system", "content": "Hi"}]},
    ],
)
def test_what_an_agent_cannot_do_is_refused(more: dict[str, object]):
    with pytest.raises(InvalidRequest):
        read_asked(msgspec.json.encode({**CHAT, **more}), "chat")


@pytest.mark.parametrize(
    ("wire", "param", "value"),
    [
        ("chat", "tools", [{"type": "function", "function": {"name": "x"}}]),
        ("chat", "functions", [{"name": "x"}]),
        ("responses", "tools", [{"type": "function", "name": "x"}]),
        ("responses", "tools", [{"type": "web_search"}]),
        ("messages", "tools", [{"type": "web_search_20250305", "name": "web_search"}]),
        ("messages", "mcp_servers", [{"type": "url", "url": "https://elsewhere", "name": "x"}]),
    ],
)
def test_tools_of_a_client_are_refused_also_where_a_chat_has_no_word_for_them(wire: Wire, param: str, value: object):
    body: Any = {"chat": CHAT, "responses": RESPONSES, "messages": MESSAGES}[wire]
    with pytest.raises(InvalidRequest, match=f"Leave `{param}` out") as refused:
        read_asked(msgspec.json.encode({**body, param: value}), wire)
    assert refused.value.param == param
    read_asked(msgspec.json.encode({**body, param: []}), wire)


@pytest.mark.parametrize(
    ("wire", "more", "steps", "beta", "shown"),
    [
        ("chat", {}, None, b"", True),
        ("chat", {}, b"hide", b"", False),
        ("messages", {}, None, b"", False),
        ("messages", {}, b"show", b"", True),
        ("messages", {}, None, b"mcp-client-2025-04-04", True),
        ("messages", {"thinking": {"type": "enabled", "budget_tokens": 1024}}, None, b"", True),
        ("messages", {"thinking": {"type": "disabled"}}, None, b"", False),
    ],
)
def test_steps_are_shown_to_those_who_know_them(
    wire: Wire, more: dict[str, object], steps: bytes | None, beta: bytes, shown: bool
):
    body = {**(CHAT if wire == "chat" else MESSAGES), **more}
    assert read_asked(msgspec.json.encode(body), wire, steps=steps, beta=beta).shows_steps is shown
