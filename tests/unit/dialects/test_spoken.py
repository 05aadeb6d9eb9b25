"""What was captured, as a conversation: what is new in a turn, by whom, and nothing that breaks over odd bodies."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gossamer.dialects.spoken import spoken


def told(request: Any, answer: Any) -> list[tuple[str, str]]:
    texts = (said if isinstance(said, str) else msgspec.json.encode(said).decode() for said in (request, answer))
    return [(voice.by, voice.text) for voice in spoken(*texts)]


CHAT = {"choices": [{"message": {"role": "assistant", "content": "Hello"}}]}
FIRST = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": [{"type": "text", "text": "Hi"}]}]
CALL = {"id": "c", "type": "function", "function": {"name": "find", "arguments": '{"a":1}'}}
CALLED = {"role": "assistant", "content": None, "tool_calls": [CALL]}

CONVERSATIONS = [
    ({"messages": FIRST}, CHAT, [("system", "Be kind."), ("user", "Hi"), ("assistant", "Hello")]),
    (
        {"messages": [*FIRST, {"role": "assistant", "content": "Hello"}, {"role": "user", "content": "More"}]},
        "in words, as a stream told it",
        [("user", "More"), ("assistant", "in words, as a stream told it")],
    ),
    (
        {"messages": [*FIRST, CALLED, {"role": "tool", "tool_call_id": "c", "content": "7"}]},
        {"choices": [{"message": CALLED}]},
        [("tool", "7"), ("assistant", '[call find] {"a":1}')],
    ),
    ({"prompt": "Once"}, {"choices": [{"text": " upon"}]}, [("user", "Once"), ("assistant", " upon")]),
    (
        {"system": [{"type": "text", "text": "Be kind."}], "messages": [{"role": "user", "content": "Hi"}]},
        {"content": [{"type": "thinking", "thinking": "Hm."}, {"type": "tool_use", "name": "find", "input": {"a": 1}}]},
        [("system", "Be kind."), ("user", "Hi"), ("assistant", 'Hm.\n[call find] {"a":1}')],
    ),
    (
        {
            "system": "Be kind.",
            "messages": [
                {"role": "assistant", "content": [{"type": "tool_use", "name": "find", "input": {}}]},
                {
                    "role": "user",
                    "content": [
                        {"type": "tool_result", "content": [{"type": "text", "text": "7"}]},
                        {"type": "text", "text": "And?"},
                        {"type": "image", "source": {}},
                    ],
                },
            ],
        },
        {"type": "error", "error": {"type": "overloaded_error", "message": "Busy."}},
        [("tool", "7"), ("user", "And?\n[image]"), ("error", "Busy.")],
    ),
    (
        {"instructions": "Be kind.", "input": "Hi"},
        {"output": [{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hello"}]}]},
        [("system", "Be kind."), ("user", "Hi"), ("assistant", "Hello")],
    ),
    (
        {
            "input": [
                {"role": "user", "content": "Hi"},
                {"type": "function_call", "name": "find", "arguments": "{}"},
                {"type": "function_call_output", "call_id": "c", "output": "7"},
            ]
        },
        {"output": [{"type": "function_call", "name": "find", "arguments": "{}"}]},
        [("tool", "7"), ("assistant", "[call find] {}")],
    ),
    ('{"messages":[{"role":"user","con', "", [("request", '{"messages":[{"role":"user","con')]),
    ("", "", []),
]


@pytest.mark.parametrize(("request_", "answer", "voices"), CONVERSATIONS)
def test_who_said_what(request_, answer, voices):
    assert told(request_, answer) == voices


odd = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["messages", "input", "content", "role", "type", "text", "choices", "message", "tool_calls", "error",
             "output", "function", "name", "arguments", "system"]
        ),
        inner,
        max_size=4,
    ),
    max_leaves=30,
)  # fmt: skip


@given(request=odd, answer=odd)
def test_nothing_odd_breaks_it(request: Any, answer: Any):
    for voice in told({"messages": request, "system": answer}, {"choices": answer, "content": request}):
        assert isinstance(voice[1], str)
    told({"input": request}, {"output": answer})
    told(request, answer)


def test_nor_what_is_nested_too_deep():
    deep = "[" * 900 + "]" * 900
    assert told(f'{{"messages":{deep}}}', "x")[-1] == ("assistant", "x")
