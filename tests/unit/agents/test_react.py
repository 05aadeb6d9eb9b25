"""ReAct as transcripts: what comes, and what is wanted then. No model, no tool."""

import pytest

from gossamer.agents.patterns.react import PREAMBLE_CHARS, React
from gossamer.agents.patterns.table import PatternBroken
from gossamer.agents.seam import (
    AskModel,
    Began,
    Call,
    CallCame,
    End,
    LimitReached,
    Observation,
    Observed,
    ReasoningCame,
    Say,
    TextCame,
    Think,
    ToolSpec,
    TurnEnded,
    UseTools,
)

CLOCK = ToolSpec("clock__now", "", {"type": "object"})
ASKED = ({"role": "user", "content": "What time is it?"},)
CALL = Call("call_1", "clock__now", "{}")
LONG = "x" * (PREAMBLE_CHARS + 1)


def begun(*tools: ToolSpec) -> React:
    react = React()
    assert react.take(Began(ASKED, tools)) == (AskModel(ASKED, tools),)
    return react


def test_an_answer_without_calls_is_the_end():
    react = begun(CLOCK)
    assert react.take(TextCame("Noon.")) == ()
    assert react.take(TurnEnded("Noon.")) == (Say("Noon."), End("stop"))


def test_without_tools_every_piece_goes_out_at_once():
    react = begun()
    assert react.take(TextCame("No")) == (Say("No"),)
    assert react.take(TurnEnded("No")) == (End("stop"),)


def test_a_long_text_is_taken_for_the_answer_as_it_comes():
    react = begun(CLOCK)
    assert react.take(TextCame(LONG)) == (Say(LONG),)
    assert react.take(TextCame("more")) == (Say("more"),)
    assert react.take(TurnEnded(LONG + "more")) == (End("stop"),)


def test_what_a_model_says_before_it_calls_is_shown_as_reasoning():
    react = begun(CLOCK)
    react.take(TextCame("Let me look."))
    assert react.take(CallCame()) == (Think("Let me look."),)
    assert react.take(TextCame("So.")) == (Think("So."),)
    assert react.take(TurnEnded("Let me look.So.", (CALL,), "tool_calls")) == (UseTools((CALL,)),)


def test_what_came_of_a_call_is_told_and_asked_with():
    react = begun(CLOCK)
    react.take(CallCame())
    react.take(TurnEnded("", (CALL,), "tool_calls"))
    (asked,) = react.take(Observed(((CALL, Observation("12:00")),)))
    assert isinstance(asked, AskModel)
    called, seen = asked.messages[1:]
    assert called["tool_calls"][0] == {
        "id": "call_1",
        "type": "function",
        "function": {"name": "clock__now", "arguments": "{}"},
    }
    assert seen == {"role": "tool", "tool_call_id": "call_1", "content": "12:00"}
    assert asked.tools == (CLOCK,)


def test_arguments_that_are_no_object_are_not_sent_back():
    react = begun(CLOCK)
    bad = Call("call_1", "clock__now", '{"a": ')
    react.take(TurnEnded("", (bad,), "tool_calls"))
    (asked,) = react.take(Observed(((bad, Observation("no JSON", is_error=True)),)))
    assert isinstance(asked, AskModel)
    assert asked.messages[1]["tool_calls"][0]["function"]["arguments"] == "{}"


def test_reasoning_is_shown_whenever_it_comes():
    react = begun(CLOCK)
    assert react.take(ReasoningCame("Hm.")) == (Think("Hm."),)


@pytest.mark.parametrize("is_using", [True, False])
def test_at_a_limit_every_call_has_its_answer_before_the_last_question(is_using: bool):
    react = begun(CLOCK)
    if is_using:
        react.take(TurnEnded("", (CALL,), "tool_calls"))
    (asked,) = react.take(LimitReached("steps"))
    assert isinstance(asked, AskModel)
    assert asked.is_answer
    roles = [message["role"] for message in asked.messages]
    assert roles == (["user", "assistant", "tool", "user"] if is_using else ["user", "user"])
    assert react.take(TextCame("That is all.")) == (Say("That is all."),)
    assert react.take(TurnEnded("That is all.", (CALL,))) == (End("length"),)


def test_what_has_no_row_is_a_defect_and_no_guess():
    with pytest.raises(PatternBroken):
        begun().take(Observed(()))
