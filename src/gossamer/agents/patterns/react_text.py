"""ReAct for models without tool calls: they write what they want, and text.py says what that means.

state      what comes           what is done                                      next
new        Began                ask, with the tools told in words                 listening
listening  text                 thoughts are shown, the answer is said            listening
listening  the turn's end       a call: the tool is used                          using
                                the answer, or no label at all: that is said      done
                                unclear: ask again, with what was wrong           listening
                                unclear too often: what was written is said       done
using      all observed         ask, with the observation                         listening
any        a limit              ask for the answer                                answering
answering  text                 thoughts are shown, the answer is said            answering
answering  the turn's end       no answer: what was written is said               done
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

import msgspec

from gossamer.agents.patterns.table import Step, TablePattern
from gossamer.agents.patterns.text import Answered, Heard, Outcome, Plain, TextTurn, Thought, Unclear, Used
from gossamer.agents.seam import (
    AskModel,
    Began,
    Call,
    CallCame,
    Effect,
    End,
    LimitReached,
    Message,
    Observed,
    ReasoningCame,
    Say,
    TextCame,
    Think,
    ToolSpec,
    TurnEnded,
    UseTools,
)

MOST_CORRECTIONS: Final = 2
"""In a row. A model that cannot write it so in three tries cannot do it."""
STOP: Final = ("\nObservation:",)
"""Where the model would go on to make up what came of a call."""

_FORM: Final = """You can use tools. In each turn write either

Thought: what you think must be done
Action: the name of one tool
Action Input: its arguments, as one JSON object

and stop there: what came of it is told to you as an Observation. Or, once you know the answer:

Thought: why you know
Final Answer: the answer

The tools:
"""


class ReactText(TablePattern):
    """One run."""

    TABLE: ClassVar[Mapping[tuple[str, type], str]] = {
        ("new", Began): "_begin",
        ("listening", TextCame): "_hear",
        ("listening", ReasoningCame): "_think",
        ("listening", CallCame): "_go_on",
        ("listening", TurnEnded): "_end_turn",
        ("using", Observed): "_tell",
        ("listening", LimitReached): "_answer_now",
        ("using", LimitReached): "_answer_now",
        ("answering", TextCame): "_hear",
        ("answering", ReasoningCame): "_think",
        ("answering", CallCame): "_go_on",
        ("answering", TurnEnded): "_stop",
    }

    def __init__(self) -> None:
        super().__init__()
        self._messages: list[Message] = []
        self._has_tools = False
        self._turn = TextTurn()
        self._has_heard = False
        self._calls = 0
        self._corrections = 0

    def _begin(self, event: Began) -> Step:
        self._messages = [dict(message) for message in event.messages]
        self._has_tools = bool(event.tools)
        if event.tools:
            self._messages = _with_form(self._messages, _FORM + "\n".join(map(told, event.tools)))
        return self._ask()

    def _ask(self, state: str = "listening") -> Step:
        self._turn, self._has_heard = TextTurn(), False
        is_answer = state == "answering"
        asked = AskModel(
            tuple(self._messages), stop=STOP, is_answer=is_answer, calls_in_words=self._has_tools and not is_answer
        )
        return state, (asked,)

    # --- while the model speaks ---

    def _hear(self, event: TextCame) -> Step:
        self._has_heard = True
        return self.state, _shown(self._turn.feed(event.text))

    # --- when it is done ---

    def _end_turn(self, event: TurnEnded) -> Step:
        shown, outcome = self._heard_out(event)
        match outcome:
            case Used(name, arguments):
                return self._use(shown, Call(self._next_id(), name, arguments))
            case Answered():
                return "done", (*shown, End(event.finish))
            case Plain(text):
                return "done", (*shown, Say(text), End(event.finish))
            case Unclear(why):
                return self._correct(shown, event, why)

    def _use(self, shown: list[Effect], call: Call) -> Step:
        self._corrections = 0
        written = f"Action: {call.name}\nAction Input: {call.arguments}"
        thoughts = self._turn.thoughts
        self._messages.append(
            {"role": "assistant", "content": f"Thought: {thoughts}\n{written}" if thoughts else written}
        )
        return "using", (*shown, UseTools((call,)))

    def _correct(self, shown: list[Effect], event: TurnEnded, why: str) -> Step:
        self._corrections += 1
        if self._corrections > MOST_CORRECTIONS:
            return "done", (*shown, Say(event.text.strip()), End(event.finish))
        self._messages.append({"role": "assistant", "content": event.text or "(nothing)"})
        self._messages.append({"role": "user", "content": f"Observation: {why}"})
        state, effects = self._ask()
        return state, (*shown, *effects)

    def _tell(self, event: Observed) -> Step:
        for _, seen in event.results:
            self._messages.append({"role": "user", "content": f"Observation: {seen.text}"})
        return self._ask()

    def _answer_now(self, event: LimitReached) -> Step:
        words = f"The limit of {event.limit} is reached, and no tool can be used any more. Write the Final Answer now."
        self._messages.append({"role": "user", "content": words})
        return self._ask("answering")

    def _stop(self, event: TurnEnded) -> Step:
        shown, outcome = self._heard_out(event)
        if not isinstance(outcome, Answered):
            shown.append(Say(outcome.text if isinstance(outcome, Plain) else event.text.strip()))
        return "done", (*shown, End("length"))

    def _heard_out(self, event: TurnEnded) -> tuple[list[Effect], Outcome]:
        """What is left to be shown, all of it where the turn came whole; and what the turn means."""
        heard = [] if self._has_heard else self._turn.feed(event.text)
        left, outcome = self._turn.end()
        return [*_shown(heard), *_shown(left)], outcome

    def _next_id(self) -> str:
        self._calls += 1
        return f"call_{self._calls}"


def told(tool: ToolSpec) -> str:
    """A tool, in one line."""
    description = " ".join(tool.description.split())
    return f"- {tool.name}: {description} Arguments: {msgspec.json.encode(tool.schema).decode()}"


def _shown(heard: list[Heard]) -> tuple[Effect, ...]:
    return tuple(Think(each.text) if isinstance(each, Thought) else Say(each.text) for each in heard)


def _with_form(messages: list[Any], form: str) -> list[Any]:
    """In the first message, where that is a system prompt of plain text; else in one before it."""
    first = messages[0] if messages else {}
    if first.get("role") in ("system", "developer") and isinstance(first.get("content"), str):
        return [{**first, "content": f"{first['content']}\n\n{form}"}, *messages[1:]]
    return [{"role": "system", "content": form}, *messages]
