"""What a model means that was told to write Thought, Action, Action Input and Final Answer. A parser without I/O.

Fed with pieces that are split anywhere, it gives the same whatever the split. A label counts at the begin of a line.

    section   what is written there
    opening   before the first label: a thought, or, if no label follows, all there is
    thought   shown
    action    the name of a tool
    input     its arguments, one JSON object
    after     what follows the input: of no account, unless it contradicts it
    answer    up to the end: no label counts any more
    made up   behind `Observation`, which is ours to write: of no account
    mixed     more than one action, or an answer beside it: nobody knows what is meant

A call is only found where everything says so. Else the turn is unclear, and says how it should have been written.
"""

import re
from collections.abc import Mapping
from typing import Final, TypeAlias

import msgspec

from gossamer.agents.seam import TOOL_NAME

_LABELS: Final = {
    "thought": "thought",
    "action": "action",
    "action input": "input",
    "observation": "observation",
    "final answer": "answer",
}
_FIRST: Final = {
    "thought": "thought",
    "action": "action",
    "input": "mixed",
    "observation": "made up",
    "answer": "answer",
}
_AFTER_INPUT: Final = {
    "thought": "after",
    "action": "mixed",
    "input": "mixed",
    "observation": "made up",
    "answer": "mixed",
}
SECTIONS: Final[Mapping[str, Mapping[str, str]]] = {
    "opening": _FIRST,
    "thought": _FIRST,
    "action": {**_AFTER_INPUT, "thought": "mixed", "input": "input"},
    "input": _AFTER_INPUT,
    "after": _AFTER_INPUT,
    "answer": {},
    "made up": {},
    "mixed": {},
}
"""By the section, and the label that is met in it: the next section. Where there is none, the label does not count."""

_MARKUP: Final = "*_#> \t"
"""What models put before a label, to make it stand out."""
_SPACE: Final = " \t\r\n"
_HEAD_LIMIT: Final = 40
"""Characters, within which a line shows that it begins with a label."""
_FENCED: Final = re.compile(r"```[a-z]*\s*(.*?)\s*```", re.DOTALL)
_NAME: Final = re.compile(TOOL_NAME)

HOW: Final = (
    "Write one Action with the name of a tool and one Action Input with one JSON object, and stop there; "
    "or write a Final Answer."
)


class Thought(msgspec.Struct, frozen=True):
    """A piece of it."""

    text: str


class Answer(msgspec.Struct, frozen=True):
    """A piece of it."""

    text: str


class Used(msgspec.Struct, frozen=True):
    """The turn wants a tool. `arguments` is a JSON object."""

    name: str
    arguments: str


class Answered(msgspec.Struct, frozen=True):
    """The answer was heard, piece by piece."""


class Plain(msgspec.Struct, frozen=True):
    """No label was written at all."""

    text: str


class Unclear(msgspec.Struct, frozen=True):
    """Neither a call nor an answer; says why, to the model."""

    why: str


Heard: TypeAlias = Thought | Answer
Outcome: TypeAlias = Used | Answered | Plain | Unclear


class TextTurn:
    """One turn of the model."""

    def __init__(self) -> None:
        self._section = "opening"
        self._head: str | None = ""
        """The begin of a line that may still be a label; None once the line is known to have none."""
        self._skips = ""
        """Characters that do not count before the first other one of a section."""
        self._written: dict[str, list[str]] = {}
        self._heard: list[Heard] = []

    def feed(self, text: str) -> list[Heard]:
        """What can be shown by now."""
        at = 0
        while at < len(text):
            at = self._pass_on(text, at) if self._head is None else self._look(text, at)
        return self._take_heard()

    def end(self) -> tuple[list[Heard], Outcome]:
        """What is left to be shown, and what the turn means."""
        if self._head:
            self._write(self._head)
        self._head = None
        return self._take_heard(), self._outcome()

    @property
    def thoughts(self) -> str:
        """All of them."""
        return f"{self._of('opening').strip()}\n{self._of('thought').strip()}".strip()

    # --- lines and labels ---

    def _pass_on(self, text: str, at: int) -> int:
        """The rest of a line that has no label, or of an answer."""
        if self._section == "answer":
            self._write(text[at:])
            return len(text)
        end = text.find("\n", at) + 1
        if end:
            self._head = ""
        self._write(text[at : end or len(text)])
        return end or len(text)

    def _look(self, text: str, at: int) -> int:
        """One more character at the begin of a line."""
        head = (self._head or "") + text[at]
        label = _label_of(head)
        if label is not None:
            self._head = None
            self._meet(label, head)
        elif _may_be_label(head):
            self._head = head
        else:
            self._head = "" if head.endswith("\n") else None
            self._write(head)
        return at + 1

    def _meet(self, label: str, head: str) -> None:
        following = SECTIONS[self._section].get(label)
        if following is None:
            return
        if self._section == "opening":
            opening = self._of("opening").strip()
            self._heard += [Thought(opening + "\n")] if opening else []
        self._section = following
        self._skips = _SPACE + ("*_" if "*" in head or head.startswith("_") else "")

    # --- what stands in a section ---

    def _write(self, text: str) -> None:
        if self._skips:
            text = text.lstrip(self._skips)
            if not text:
                return
            self._skips = ""
        if self._section == "thought":
            self._heard.append(Thought(text))
        elif self._section == "answer":
            self._heard.append(Answer(text))
        self._written.setdefault(self._section, []).append(text)

    def _of(self, section: str) -> str:
        return "".join(self._written.get(section, ()))

    def _take_heard(self) -> list[Heard]:
        heard, self._heard = self._heard, []
        return heard

    # --- what it means ---

    def _outcome(self) -> Outcome:
        match self._section:
            case "answer":
                return Answered() if self._of("answer").strip() else Unclear(f"The Final Answer is empty. {HOW}")
            case "opening":
                text = self._of("opening").strip()
                return Plain(text) if text else Unclear(f"Nothing was written. {HOW}")
            case "mixed":
                return Unclear(f"It is not clear what to do: there is more than one Action, or an answer too. {HOW}")
            case "input" | "after" | "made up" if "action" in self._written:
                return self._call()
        if "action" in self._written:
            return Unclear(f"There is an Action without an Action Input; where it needs none, write {{}}. {HOW}")
        return Unclear(f"There is neither an Action nor a Final Answer. {HOW}")

    def _call(self) -> Outcome:
        name = self._of("action").strip().strip("`'\"*[]").strip()
        if not _NAME.fullmatch(name):
            return Unclear(f"The Action is not just the name of a tool. {HOW}")
        text = self._of("input").strip()
        fenced = _FENCED.fullmatch(text)
        arguments = fenced[1] if fenced else text
        try:
            msgspec.json.decode(arguments, type=dict[str, msgspec.Raw])
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError) as error:
            return Unclear(f"The Action Input is not one JSON object: {error}. {HOW}")
        return Used(name, arguments)


def _label_of(head: str) -> str | None:
    """The label that this is, all of it: it ends with a colon."""
    return _LABELS.get(head[:-1].strip(_MARKUP).lower()) if head.endswith(":") else None


def _may_be_label(head: str) -> bool:
    """Whether more characters could make a label of it."""
    word = head.lstrip(_MARKUP).lower()
    if len(head) > _HEAD_LIMIT:
        return False
    return any(label.startswith(word) or word.rstrip(_MARKUP) == label for label in _LABELS)
