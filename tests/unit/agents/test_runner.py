"""The runner with a model and tools made of lists: limits, forms, defects, and an end for whatever a pattern wants."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any

import pytest

from gossamer.agents.agent import Agent
from gossamer.agents.form import form_of
from gossamer.agents.model import Turn
from gossamer.agents.outlet import Outlet
from gossamer.agents.patterns.react import React
from gossamer.agents.patterns.react_text import ReactText
from gossamer.agents.runner import AnswerUnfit, LimitStopped, Runner
from gossamer.agents.seam import (
    AskModel,
    Call,
    Effect,
    Event,
    Observation,
    Pattern,
    Run,
    TextCame,
    ToolSpec,
    TurnEnded,
    UseTools,
)
from gossamer.agents.voices.chat import ChatVoice
from gossamer.agents.voices.voice import Manner, Said, Told, Used
from gossamer.config.agents import AgentLimits, AgentSettings
from gossamer.core.errors import PriceUnknown
from gossamer.core.record import Usage
from gossamer.dialects.terms import Echo
from gossamer.http.heads import parse_request_head
from gossamer.http.request import Request
from gossamer.policy.price import Price
from gossamer.policy.price_list import PriceList

RUN = Run("run_1", "a", 0, "token")
ASKED = [{"role": "user", "content": "Hi"}]
PRICES = PriceList({"up/m": Price(input_picos=1_000_000)}, {})
SPEC = ToolSpec("look", "", {"type": "object"})


def says(text: str) -> list[Event]:
    return [TextCame(text), TurnEnded(text)]


def calls(*names: str) -> list[Event]:
    return [TurnEnded("", tuple(Call(f"call_{name}", name, "{}") for name in names), "tool_calls")]


class Script:
    """A model that says its turns one after the other, the last for ever. `pause_s` before each."""

    def __init__(self, *turns: list[Event], pause_s: float = 0) -> None:
        self.turns = list(turns)
        self.asked: list[Mapping[str, Any]] = []
        self.pause_s = pause_s
        self.cancelled = 0

    async def ask(self, asked: Mapping[str, Any], for_run: Run) -> AsyncGenerator[Event | Turn, None]:
        assert for_run.id == RUN.id
        self.asked.append(asked)
        turn = self.turns.pop(0) if len(self.turns) > 1 else self.turns[0]
        try:
            await asyncio.sleep(self.pause_s)
            for event in turn:
                yield Turn(event, Usage(1000, 10), "up/m", False) if isinstance(event, TurnEnded) else event
        except asyncio.CancelledError:
            self.cancelled += 1
            raise


class Box:
    """One tool; `hangs`: calls that never end."""

    def __init__(self, *, hangs: bool = False, fails: bool = False) -> None:
        self.hangs, self.fails = hangs, fails
        self.under_way = self.most = 0

    async def specs(self, for_run: Run) -> Sequence[ToolSpec]:
        return (SPEC,)

    async def call(self, name: str, arguments: bytes, for_run: Run) -> Observation:
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            await asyncio.sleep(3600 if self.hangs else 0)
            if self.fails:
                raise RuntimeError("a defect")
            return Observation(f"saw {name}")
        finally:
            self.under_way -= 1


def outlet() -> Outlet:
    head = parse_request_head(b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\n\r\n")
    manner = Manner(run=RUN.id, agent="a", now_s=0, echo=Echo(), shows_steps=True)
    return Outlet(Request(None, head, b"", None, 0), ChatVoice(manner), "chat", is_stream=False)


def runner_of(
    model: Script, box: Box | None = None, pattern: type[Pattern] = React, form: Any = None, **settings: Any
) -> Runner:
    agent = Agent("a", AgentSettings(model="m", **settings), box or Box(), pattern, form)
    return Runner(agent, RUN, model, outlet(), PRICES, {"temperature": 0}, form)


async def test_the_way_to_an_answer():
    box = Box()
    model = Script(calls("look", "see"), says("Done."))
    told = await runner_of(model, box).go(ASKED)
    assert told.parts == (
        Used(Call("call_look", "look", "{}"), Observation("saw look")),
        Used(Call("call_see", "see", "{}"), Observation("saw see")),
        Said("Done."),
    )
    assert box.most == 2
    assert (told.steps, told.stop, told.limit) == (2, "end", None)
    assert told.usage == Usage(2000, 20)
    assert told.cost_nanos == 2 * 1_000_000
    assert [body["temperature"] for body in model.asked] == [0, 0]
    assert "tool_choice" not in model.asked[0]


async def test_the_answer_at_a_limit_may_use_no_tools():
    model = Script(calls("look"), calls("look"), says("All I know."))
    told = await runner_of(model, limits=AgentLimits(steps=3)).go(ASKED)
    assert model.asked[-1]["tool_choice"] == "none"
    assert (told.answer, told.limit, told.stop, told.steps) == ("All I know.", "steps", "length", 3)


async def test_a_model_that_calls_for_ever_is_not_heard_for_ever():
    model = Script(calls("look"))
    told = await runner_of(model, limits=AgentLimits(steps=5)).go(ASKED)
    assert len(model.asked) == 5
    assert told.answer == ""


async def test_a_run_that_is_to_fail_at_its_limit_does():
    with pytest.raises(LimitStopped, match="limit of tokens, after 2 steps"):
        await runner_of(Script(calls("look")), limits=AgentLimits(tokens=3000), at_limit="error").go(ASKED)


async def test_time_ends_a_tool_that_hangs():
    box = Box(hangs=True)
    told = await runner_of(Script(calls("look"), says("Late.")), box, limits=AgentLimits(time_s=0.01)).go(ASKED)
    assert (told.answer, told.limit) == ("Late.", "time")
    assert box.under_way == 0


async def test_time_ends_a_model_that_hangs():
    model = Script(says("never"), pause_s=3600)
    runner = runner_of(model, limits=AgentLimits(time_s=0.01), at_limit="error")
    with pytest.raises(LimitStopped):
        await runner.go(ASKED)
    assert model.cancelled == 1


async def test_who_cancels_a_run_ends_its_tools():
    box = Box(hangs=True)
    task = asyncio.create_task(runner_of(Script(calls("look", "see")), box).go(ASKED))
    while box.under_way < 2:
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert box.under_way == 0


async def test_a_tool_with_a_defect_is_told_of_and_the_run_goes_on():
    told = await runner_of(Script(calls("look"), says("Without it.")), Box(fails=True)).go(ASKED)
    (used, _) = told.parts
    assert isinstance(used, Used)
    assert used.seen is not None
    assert used.seen.is_error
    assert told.answer == "Without it."


async def test_a_cost_that_nobody_knows_is_no_limit():
    runner = runner_of(Script(says("Hi")), limits=AgentLimits(cost_nanos=1))
    runner._prices = PriceList({}, {})
    with pytest.raises(PriceUnknown):
        await runner.go(ASKED)


FORM = form_of({"type": "object", "required": ["city"]})


async def test_an_answer_of_the_wrong_form_is_not_shown_and_asked_for_again():
    model = Script(says("Lisbon"), says('{"town": 1}'), says('{"city": 1}'))
    told = await runner_of(model, form=FORM).go(ASKED)
    assert told.answer == '{"city": 1}'
    assert "response_format" not in model.asked[0]
    assert model.asked[1]["response_format"] == FORM.response_format
    assert model.asked[1]["tool_choice"] == "none"


async def test_a_model_that_cannot_say_it_in_the_form_fails():
    model = Script(says("Lisbon"))
    with pytest.raises(AnswerUnfit):
        await runner_of(model, form=FORM).go(ASKED)
    assert len(model.asked) == 3


class Stubborn:
    """A pattern that never ends."""

    def take(self, event: Event) -> Sequence[Effect]:
        return () if isinstance(event, TextCame) else (AskModel(({"role": "user", "content": "?"},)),)


class Greedy:
    """A pattern that uses tools for ever, and asks nobody."""

    def take(self, event: Event) -> Sequence[Effect]:
        return (UseTools((Call("1", "look", "{}"),)),)


async def test_a_pattern_that_never_ends_is_ended():
    model = Script(says("?"))
    told: Told = await runner_of(model, pattern=Stubborn, limits=AgentLimits(steps=3)).go(ASKED)
    assert told.limit == "steps"
    assert len(model.asked) < 10


async def test_a_pattern_that_only_uses_tools_is_ended_by_time():
    told = await runner_of(Script(says("?")), pattern=Greedy, limits=AgentLimits(time_s=0.02)).go(ASKED)
    assert told.limit == "time"


async def test_a_limit_leaves_no_room_for_the_corrections_of_an_answer():
    """The last step that there is says it wrong: that is the end, and no defect of the pattern."""
    model = Script(says("Lisbon"))
    with pytest.raises(AnswerUnfit, match="limit of steps"):
        await runner_of(model, form=FORM, limits=AgentLimits(steps=1)).go(ASKED)
    assert len(model.asked) == 1


async def test_corrections_after_a_limit_keep_to_it():
    model = Script(calls("look"), says("Lisbon"))
    with pytest.raises(AnswerUnfit, match="limit of steps"):
        await runner_of(model, form=FORM, limits=AgentLimits(steps=2)).go(ASKED)
    assert len(model.asked) == 2


WANTED = "Action: look\nAction Input: {}"


async def test_calls_in_words_leave_room_for_the_last_answer():
    model = Script(says(WANTED), says(WANTED), says("Final Answer: All I know."))
    told = await runner_of(model, pattern=ReactText, limits=AgentLimits(steps=3)).go(ASKED)
    assert (told.answer, told.steps, told.limit) == ("All I know.", 3, "steps")


async def test_calls_in_words_are_not_held_to_the_form_of_the_answer():
    model = Script(says(WANTED), says('Final Answer: {"city": 1}'))
    told = await runner_of(model, pattern=ReactText, form=FORM).go(ASKED)
    assert told.answer == '{"city": 1}'
    assert all("response_format" not in asked for asked in model.asked)


class Broken(Box):
    """Its tool is cancelled by something of its own."""

    async def call(self, name: str, arguments: bytes, for_run: Run) -> Observation:
        never = asyncio.get_running_loop().create_future()
        never.cancel()
        await never
        return Observation("never")


async def test_a_tool_that_is_cancelled_from_within_does_not_end_the_run():
    told = await runner_of(Script(calls("look"), says("Without it.")), Broken()).go(ASKED)
    assert told.answer == "Without it."


async def test_of_very_many_calls_in_one_turn_the_rest_is_not_made():
    box = Box()
    told = await runner_of(Script(calls(*map(str, range(1000))), says("Done.")), box).go(ASKED)
    assert box.most == 64
    assert told.answer == "Done."
