"""A turn as a conversation: who said what that is new in it, out of what was captured of any dialect.

For people who read it. Requests repeat what was said before; that is left out. What cannot be read is shown as it is.
"""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import msgspec

_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError)
_decode: Final = msgspec.json.Decoder(dict[str, Any]).decode
_MODEL: Final = "assistant"
_WORDS: Final = ("text", "thinking", "refusal", "output", "summary", "content")
"""Members of a part that hold words, in the order in which they are looked for."""
_CALLS: Final = frozenset({"tool_use", "function_call", "custom_tool_call", "server_tool_use"})
_RESULTS: Final = frozenset({"tool_result", "function_call_output", "custom_tool_call_output"})
_MADE: Final = frozenset({"reasoning", *_CALLS})
"""Items of responses that have no role, and come from the model."""


class Voice(NamedTuple):
    by: str
    text: str


def spoken(request: str, answer: str) -> list[Voice]:
    """The answer of a stream is what it told, in words already."""
    voices = [Voice("request", request), Voice(_MODEL, answer)]
    try:
        asked, told = _decoded(request), _decoded(answer)
        voices = [
            *(voices[:1] if asked is None else _asked(asked)),
            voices[1] if told is None else _told(told),
        ]
    except RecursionError:
        return voices  # nested deeper than anybody speaks
    return [voice for voice in voices if voice.text]


def _decoded(text: str) -> dict[str, Any] | None:
    try:
        return _decode(text)
    except _UNREADABLE:
        return None


def _asked(said: dict[str, Any]) -> Iterator[Voice]:
    """From behind the model's last words on: what stands before them was said in earlier turns."""
    given = said.get("messages", said.get("input", said.get("prompt")))
    items = given if isinstance(given, list) else [given]
    last = max((at for at, item in enumerate(items) if _by(item) == _MODEL), default=-1)
    if last < 0:
        yield from (Voice("system", _text(said.get(name))) for name in ("system", "instructions"))
    for item in items[last + 1 :]:
        yield from _voices_of(item)


def _told(said: dict[str, Any]) -> Voice:
    error = said.get("error")
    if error:
        return Voice("error", _text(error.get("message") if isinstance(error, dict) else error))
    choices = said.get("choices")
    if isinstance(choices, list):
        return Voice(_MODEL, _text([_message_of(choice) for choice in choices]))
    return Voice(_MODEL, _text(said.get("output") or said.get("content")))


def _message_of(choice: Any) -> Any:
    return choice.get("message", choice) if isinstance(choice, dict) else choice


def _voices_of(item: Any) -> Iterator[Voice]:
    """A message of messages may hold results of tools beside words of its own."""
    content = item.get("content") if isinstance(item, dict) else None
    if not isinstance(content, list):
        yield Voice(_by(item), _text(item))
        return
    results = [part for part in content if _kind(part) in _RESULTS]
    yield from (Voice("tool", _text(part)) for part in results)
    yield Voice(_by(item), _text([part for part in content if part not in results]))


def _by(item: Any) -> str:
    if not isinstance(item, dict):
        return "user"
    if _kind(item) in _RESULTS:
        return "tool"
    if _kind(item) in _MADE:
        return _MODEL
    return str(item.get("role") or "user")


def _text(said: Any) -> str:
    """All words in it, a line a part."""
    if isinstance(said, str):
        return said
    if isinstance(said, list):
        return "\n".join(filter(None, map(_text, said)))
    if not isinstance(said, dict):
        return ""
    if _kind(said) in _CALLS:
        return _call(said.get("name"), said.get("input", said.get("arguments")))
    words = next((text for name in _WORDS if (text := _text(said.get(name)))), "")
    calls = said.get("tool_calls")
    told = [words, *(map(_call_of_chat, calls) if isinstance(calls, list) else ())]
    return "\n".join(filter(None, told)) or _mention(said)


def _kind(said: Any) -> str:
    kind = said.get("type") if isinstance(said, dict) else None
    return kind if isinstance(kind, str) else ""


def _mention(said: dict[str, Any]) -> str:
    """Of a picture, a file: that it was there."""
    kind = _kind(said)
    return f"[{kind}]" if kind and "role" not in said else ""


def _call_of_chat(call: Any) -> str:
    function = call.get("function") if isinstance(call, dict) else None
    return _call(function.get("name"), function.get("arguments")) if isinstance(function, dict) else ""


def _call(name: Any, given: Any) -> str:
    """As it is told of a stream."""
    shown = given if isinstance(given, str) else msgspec.json.encode(given).decode()
    return f"[call {name}] {shown}"
