"""Models that work for agents: which step comes next, and that it comes out in answers."""

from collections.abc import Mapping

import msgspec
import pytest

from gossamer.mock.asked import Dialect, Scripted, ScriptedCall
from gossamer.mock.content import compose_script
from gossamer.mock.reading import read_asked

SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
TOOLS = [{"type": "function", "function": {"name": name, "parameters": SCHEMA}} for name in ("a", "b")]
ASK: Mapping[str, object] = {"role": "user", "content": "go"}
MADE = '{"n":1}'


def step(model: str, *messages: Mapping[str, object], **members: object) -> Scripted | None:
    body = {"model": model, "messages": messages, "tools": TOOLS, **members}
    return read_asked(Dialect.CHAT, msgspec.json.encode(body)).script


def used(name: str, result: str) -> list[Mapping[str, object]]:
    call = {"id": "1", "type": "function", "function": {"name": name, "arguments": "{}"}}
    return [
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "1", "content": result},
    ]


def test_each_tool_is_called_once_and_then_it_answers():
    first, second = used("a", "one"), used("b", "two")
    assert step("mock-agent", ASK) == Scripted((ScriptedCall("a", MADE),))
    assert step("mock-agent", ASK, *first) == Scripted((ScriptedCall("b", MADE),))
    assert step("mock-agent", ASK, *first, *second) == Scripted(text="I was told: one | two")


def test_a_new_question_begins_anew():
    talk = [ASK, *used("a", "one"), *used("b", "two"), {"role": "assistant", "content": "done"}, ASK]
    assert step("mock-agent", *talk) == Scripted((ScriptedCall("a", MADE),))


def test_the_persons_lines_say_what_is_called():
    ask = {"role": "user", "content": 'please\nmock-call a {"n": 7}\nmock-call b && a {"n": 8}'}
    assert step("mock-agent", ask) == Scripted((ScriptedCall("a", '{"n": 7}'),))
    assert step("mock-agent", ask, *used("a", "x")) == Scripted(
        (ScriptedCall("b", "{}"), ScriptedCall("a", '{"n": 8}'))
    )
    assert step("mock-agent", ask, *used("a", "x"), *used("b", "y")) == Scripted(text="I was told: x | y")


def test_the_endless_one_never_answers_unless_it_may_not_call():
    talk = [ASK, *(each for _ in range(9) for each in used("a", "one"))]
    assert step("mock-agent-endless", *talk) == Scripted((ScriptedCall("a", MADE),))
    at_limit = [*talk, {"role": "user", "content": "The limit is reached."}]
    found = step("mock-agent-endless", *at_limit, tool_choice="none")
    assert found is not None
    assert found.text.startswith("I was told: one | one")


def test_the_one_that_writes():
    system = {
        "role": "system",
        "content": f"The tools:\n- a: Does it. Arguments: {msgspec.json.encode(SCHEMA).decode()}",
    }
    wrote = step("mock-agent-text", system, ASK, tools=None)
    assert wrote == Scripted(text=f"Thought: I use a.\nAction: a\nAction Input: {MADE}")
    after = [{"role": "assistant", "content": wrote.text}, {"role": "user", "content": "Observation: one"}]
    answer = step("mock-agent-text", system, ASK, *after, tools=None)
    assert answer == Scripted(text="Thought: I know enough.\nFinal Answer: I was told: one")


def test_a_form_that_is_asked_for_goes_before_the_answer():
    form = {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA}}
    assert step("mock-agent", ASK, *used("a", "1"), *used("b", "2"), response_format=form) is None


@pytest.mark.parametrize("text", ["I was told: 100 %", " two  spaces\n\nand an end \n", "x"])
def test_what_is_scripted_is_said_word_for_word(text: str):
    assert compose_script(Scripted(text=text)).text == text


def test_other_models_have_no_script():
    assert step("mock", ASK) is None
