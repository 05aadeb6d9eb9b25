"""What a stream told, as one text: its pieces joined, so that a word that came in two is one word again.

For people who read it later; no dialect. What cannot be read is left out.
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from gossamer.http.sse import event_data, split_events


class _Function(msgspec.Struct, gc=False):
    name: str | None = None
    arguments: str | None = None


class _Call(msgspec.Struct, gc=False):
    function: _Function | None = None


class _Delta(msgspec.Struct, gc=False):
    """Of chat completions, and of messages."""

    content: str | None = None
    refusal: str | None = None
    reasoning_content: str | None = None
    tool_calls: list[_Call] | None = None
    text: str | None = None
    thinking: str | None = None
    partial_json: str | None = None


class _Choice(msgspec.Struct, gc=False):
    index: int = 0
    delta: _Delta | None = None
    text: str | None = None


class _Named(msgspec.Struct, gc=False):
    """A call that begins, in messages and in responses."""

    name: str | None = None


class _Event(msgspec.Struct, gc=False):
    choices: list[_Choice] | None = None
    delta: _Delta | str | None = None
    content_block: _Named | None = None
    item: _Named | None = None
    type: str = ""


_decode: Final = msgspec.json.Decoder(_Event).decode
_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_ENDS_ITEM: Final = ".done"


def said_in(stream: bytes) -> str:
    """All answers of one stream, the first one first."""
    told: dict[int, list[str]] = {}
    for event in split_events(stream):
        data = event_data(event)
        if data is None:
            continue
        try:
            said = _decode(data)
        except _UNREADABLE:
            continue
        for choice in said.choices or ():
            told.setdefault(choice.index, []).extend(_of_choice(choice))
        told.setdefault(0, []).extend(_of_event(said))
    return "\n\n".join("".join(pieces) for _, pieces in sorted(told.items()) if pieces)


def _of_choice(choice: _Choice) -> Iterator[str]:
    if choice.text:
        yield choice.text
    if choice.delta is not None:
        yield from _of_delta(choice.delta)


def _of_event(event: _Event) -> Iterator[str]:
    begun = event.content_block or (event.item if not event.type.endswith(_ENDS_ITEM) else None)
    if begun is not None and begun.name:
        yield _call(begun.name)
    if isinstance(event.delta, str):
        yield event.delta
    elif event.delta is not None:
        yield from _of_delta(event.delta)


def _of_delta(delta: _Delta) -> Iterator[str]:
    for piece in (
        delta.reasoning_content,
        delta.thinking,
        delta.content,
        delta.refusal,
        delta.text,
        delta.partial_json,
    ):
        if piece:
            yield piece
    for call in delta.tool_calls or ():
        if call.function is not None and call.function.name:
            yield _call(call.function.name)
        if call.function is not None and call.function.arguments:
            yield call.function.arguments


def _call(name: str) -> str:
    return f"\n[call {name}] "
