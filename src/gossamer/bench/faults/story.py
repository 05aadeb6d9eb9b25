"""What an answer says, whole or streamed: how many tokens, how it ended, what error, and whether it is one answer."""

from dataclasses import dataclass, field
from typing import Final

import msgspec

from gossamer.bench.faults.asking import Answer

_DONE: Final = b"[DONE]"


class _Usage(msgspec.Struct):
    prompt_tokens: int = 0
    completion_tokens: int = 0


class _Error(msgspec.Struct):
    code: str | None = None
    type: str | None = None


class _Text(msgspec.Struct):
    content: str | None = None


class _Choice(msgspec.Struct):
    delta: _Text | None = None
    message: _Text | None = None
    finish_reason: str | None = None


class _Said(msgspec.Struct):
    id: str = ""
    choices: tuple[_Choice, ...] = ()
    usage: _Usage | None = None
    error: _Error | None = None


@dataclass(slots=True)
class Story:
    """Of one answer."""

    tokens: int = 0
    """Those that the client got to see; of a whole answer, those that it says it has."""
    prompt: int = 0
    ids: set[str] = field(default_factory=set)
    has_finished: bool = False
    """It says why it ended."""
    has_done: bool = False
    has_usage: bool = False
    error: str = ""
    """Its code, where the answer or an event of it is an error."""
    unreadable: int = 0
    """Events, or bodies, that are no JSON."""


def read_story(answer: Answer) -> Story:
    story = Story()
    if answer.headers.get("content-type", "").startswith("text/event-stream"):
        for event in answer.body.split(b"\n\n"):
            for line in event.splitlines():
                if line.startswith(b"data:"):
                    _take(story, line.removeprefix(b"data:").strip())
    elif answer.body:
        _take(story, answer.body)
    return story


def _take(story: Story, data: bytes) -> None:
    if data == _DONE:
        story.has_done = True
        return
    try:
        said = msgspec.json.decode(data, type=_Said)
    except (msgspec.DecodeError, UnicodeDecodeError):
        story.unreadable += 1
        return
    if said.error is not None:
        story.error = said.error.code or said.error.type or "error"
        return
    if said.id:
        story.ids.add(said.id)
    for choice in said.choices:
        story.has_finished = story.has_finished or choice.finish_reason is not None
        story.tokens += bool(choice.delta is not None and choice.delta.content)
    if said.usage is not None:
        story.has_usage = True
        story.prompt, whole = said.usage.prompt_tokens, said.usage.completion_tokens
        story.tokens = story.tokens or whole
