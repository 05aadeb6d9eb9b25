"""Models that work as an agent would have them: one step a request, each from what the conversation says so far.

Nothing is remembered between requests. Which step it is, is how many results there are since the person last spoke.

    mock-agent           calls what the person's lines `mock-call NAME {...}` say, line by line; without such lines each
                         tool once, with arguments made of its schema. Then it answers with what it was told.
    mock-agent-endless   calls the first tool, and never answers by itself
    mock-agent-text      as mock-agent, but in words: Thought, Action, Action Input, Final Answer
"""

import re
from typing import Any

import msgspec
from msgspec import Raw

from gossamer.mock.asked import Call, Scripted, ScriptedCall
from gossamer.mock.example import example

AGENT_MODEL = "mock-agent"
ENDLESS_MODEL = "mock-agent-endless"
TEXT_MODEL = "mock-agent-text"
AGENT_MODELS = (AGENT_MODEL, ENDLESS_MODEL, TEXT_MODEL)

_ORDER = re.compile(r"^mock-call (.+)$", re.MULTILINE)
_ONE_CALL = re.compile(r"\s*([A-Za-z0-9_-]{1,64})(?:\s+(\{.*\}))?\s*")
_AT_ONCE = " && "
"""Between calls of one line: they are made at once."""
_TOLD_TOOL = re.compile(r"^- ([A-Za-z0-9_-]{1,64}): .*Arguments: (\{.*\})$", re.MULTILINE)
_OBSERVED = "Observation:"
_LAST_WORD = "Final Answer now"
"""In what an agent says when its limit is reached."""
_RESULT_CHARACTERS = 200
"""Of each result, in the answer."""
_MARK = "\x7f"
"""What templates use for themselves."""

Step = tuple[ScriptedCall, ...]


class _Part(msgspec.Struct):
    text: str = ""


class _Message(msgspec.Struct):
    role: str = ""
    content: str | list[_Part] | None = None

    @property
    def text(self) -> str:
        if isinstance(self.content, list):
            return "".join(part.text for part in self.content)
        return self.content or ""


_messages = msgspec.json.Decoder(list[_Message])


def next_step(model: str, messages: Raw, tools: tuple[Call, ...], *, may_call: bool) -> Scripted:
    """What such a model does now. `tools` are those that it was given, whether it may call them or not."""
    talk = _messages.decode(messages)
    if model == TEXT_MODEL:
        return _in_words(talk)
    asked_at = max((at for at, each in enumerate(talk) if each.role == "user"), default=0)
    results = [each.text for each in talk[asked_at:] if each.role == "tool"]
    rounds = sum(each.role == "assistant" for each in talk[asked_at:])
    steps = _steps(talk[asked_at].text if talk else "", tools)
    if not may_call or not tools:
        return Scripted(text=_answer(results or _results_before(talk)))
    if model == ENDLESS_MODEL:
        return Scripted(calls=(_made(tools[0]),))
    return Scripted(calls=steps[rounds]) if rounds < len(steps) else Scripted(text=_answer(results))


def _in_words(talk: list[_Message]) -> Scripted:
    asked_at = max(
        (at for at, each in enumerate(talk) if each.role == "user" and not each.text.startswith(_OBSERVED)), default=0
    )
    results = [each.text.removeprefix(_OBSERVED).strip() for each in talk[asked_at:] if each.role == "user"][1:]
    told = "\n".join(each.text for each in talk if each.role in {"system", "developer"})
    tools = tuple(Call(name, schema.encode()) for name, schema in _TOLD_TOOL.findall(told))
    steps = _steps(talk[asked_at].text if talk else "", tools)
    if len(results) < len(steps) and _LAST_WORD not in talk[asked_at].text:
        call = steps[len(results)][0]
        return Scripted(text=f"Thought: I use {call.name}.\nAction: {call.name}\nAction Input: {call.arguments}")
    return Scripted(text=f"Thought: I know enough.\nFinal Answer: {_answer(results)}")


def _steps(question: str, tools: tuple[Call, ...]) -> list[Step]:
    """As the person orders, else each tool once."""
    ordered = [_ordered(line) for line in _ORDER.findall(question)]
    return ordered or [(_made(tool),) for tool in tools]


def _ordered(line: str) -> Step:
    found = (_ONE_CALL.fullmatch(each) for each in line.split(_AT_ONCE))
    return tuple(ScriptedCall(match[1], match[2] or "{}") for match in found if match)


def _made(tool: Call) -> ScriptedCall:
    """A value that the schema allows, as for any tool of the mock; `{}` where none can be made."""
    try:
        made: Any = example(msgspec.json.decode(tool.schema))
    except ValueError:
        made = {}
    return ScriptedCall(tool.name, msgspec.json.encode(made if isinstance(made, dict) else {}).decode())


def _results_before(talk: list[_Message]) -> list[str]:
    """An agent at its limit speaks as the person does, so what came before it counts."""
    return [each.text for each in talk if each.role == "tool"]


def _answer(results: list[str]) -> str:
    if not results:
        return "I was told nothing."
    told = " | ".join(each[:_RESULT_CHARACTERS] for each in results)
    return f"I was told: {told}".replace(_MARK, "")
