"""ReAct by native tool calls: ask, use what is called for, ask again with what came of it, until there is no call.

state      what comes            what is done                                   next
new        Began                 ask                                            asking
asking     text                  kept back while it may be a preamble, then said asking
asking     reasoning             shown                                          asking
asking     a call begins         what was kept back is shown as reasoning       calling
asking     the turn's end        what is kept back is said: the answer          done
calling    text, reasoning       shown as reasoning                             calling
calling    the turn's end        the tools are used                             using
using      all observed          ask                                            asking
any        a limit               ask for the answer, with no tools to call      answering
answering  text                  said                                           answering
answering  the turn's end        nothing more                                   done
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

import msgspec

from gossamer.agents.patterns.table import Step, TablePattern
from gossamer.agents.seam import (
    AskModel,
    Began,
    Call,
    CallCame,
    Effect,
    End,
    LimitReached,
    Message,
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

PREAMBLE_CHARS: Final = 200
"""Models often say in a sentence what they are about to look up. A text that is longer is taken for the answer, and
goes out as it comes."""
_NOT_USED: Final = Observation("Not used: a limit of this run was reached.", is_error=True)


class React(TablePattern):
    """One run."""

    TABLE: ClassVar[Mapping[tuple[str, type], str]] = {
        ("new", Began): "_begin",
        ("asking", TextCame): "_hear",
        ("asking", ReasoningCame): "_think",
        ("asking", CallCame): "_turn_to_calls",
        ("asking", TurnEnded): "_end_turn",
        ("calling", TextCame): "_think",
        ("calling", ReasoningCame): "_think",
        ("calling", CallCame): "_go_on",
        ("calling", TurnEnded): "_use",
        ("using", Observed): "_ask_again",
        ("asking", LimitReached): "_answer_now",
        ("calling", LimitReached): "_answer_now",
        ("using", LimitReached): "_answer_now",
        ("answering", TextCame): "_say",
        ("answering", ReasoningCame): "_think",
        ("answering", CallCame): "_go_on",
        ("answering", TurnEnded): "_stop",
    }

    def __init__(self) -> None:
        super().__init__()
        self._messages: list[Message] = []
        self._tools: tuple[ToolSpec, ...] = ()
        self._open: tuple[Call, ...] = ()
        """Called for and not answered yet."""
        self._kept = ""
        self._has_said = False

    def _begin(self, event: Began) -> Step:
        self._messages = list(event.messages)
        self._tools = event.tools
        return self._ask()

    def _ask(self) -> Step:
        self._kept, self._has_said = "", False
        return "asking", (AskModel(tuple(self._messages), self._tools),)

    # --- while the model speaks ---

    def _hear(self, event: TextCame) -> Step:
        if self._has_said or not self._tools:
            return "asking", (Say(event.text),)
        self._kept += event.text
        if len(self._kept) <= PREAMBLE_CHARS:
            return "asking", ()
        self._has_said = True
        return "asking", (Say(self._kept),)

    def _turn_to_calls(self, event: CallCame) -> Step:
        del event  # what it calls, the end of the turn says
        return "calling", self._preamble()

    def _preamble(self) -> tuple[Effect, ...]:
        kept, self._kept = self._kept, ""
        return (Think(kept),) if kept and not self._has_said else ()

    # --- when it is done ---

    def _end_turn(self, event: TurnEnded) -> Step:
        if event.calls:  # nobody said before that there would be some
            self.state = "calling"
            state, effects = self._use(event)
            return state, (*self._preamble(), *effects)
        said = (Say(self._kept),) if self._kept and not self._has_said else ()
        return "done", (*said, End(event.finish))

    def _use(self, event: TurnEnded) -> Step:
        self._messages.append(_assistant(event))
        self._open = event.calls
        if not event.calls:  # a call was begun, and taken back
            return "done", (Say(event.text), End(event.finish))
        return "using", (UseTools(event.calls),)

    def _ask_again(self, event: Observed) -> Step:
        self._answer_calls(event.results)
        return self._ask()

    def _answer_now(self, event: LimitReached) -> Step:
        """Each call must have its answer before a model is asked again, and the tools stay told, though not to be used:
        some providers take no talk of calls without them.
        """
        self._answer_calls(tuple((call, _NOT_USED) for call in self._open))
        words = f"The limit of {event.limit} is reached. Answer now with what you know; no tool can be used any more."
        self._messages.append({"role": "user", "content": words})
        self._has_said = True
        return "answering", (AskModel(tuple(self._messages), self._tools, is_answer=True),)

    def _stop(self, event: TurnEnded) -> Step:
        del event  # whatever it says: it was cut short
        return "done", (End("length"),)

    def _answer_calls(self, results: tuple[tuple[Call, Observation], ...]) -> None:
        self._open = ()
        for call, seen in results:
            self._messages.append({"role": "tool", "tool_call_id": call.id, "content": seen.text})


def _assistant(turn: TurnEnded) -> Message:
    calls = [
        {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": _sound(call.arguments)}}
        for call in turn.calls
    ]
    message: dict[str, Any] = {"role": "assistant", "content": turn.text or None, "tool_calls": calls}
    if turn.details:
        message["reasoning_details"] = list(turn.details)
    return message


def _sound(arguments: str) -> str:
    """What is no object was told to the model as its mistake; sent back as it is, some providers would refuse it."""
    try:
        msgspec.json.decode(arguments, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return "{}"
    return arguments
