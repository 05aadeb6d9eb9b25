"""Whether an answer is one that may be given again: whole, not cut off, not filtered, and no error in disguise.

A word for an end that nobody here knows is no good end: such an answer is given once. So is a stream without its last
word: it has said why it ends, and may have been cut before its usage.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from gossamer.core.endpoints import Dialect
from gossamer.http.sse import event_data, split_events

_GOOD: Final = frozenset(
    {"stop", "tool_calls", "function_call", "end_turn", "stop_sequence", "tool_use", "completed", "eos", "stop_words"}
)
"""Reasons and states, of all dialects."""
_NOTHING: Final = (b"", b"null", b"{}", b"[]", b'""', b"false")
_NULL, _NULL_APART = b'"finish_reason":null', b'"finish_reason": null'
_PART_OF_MESSAGE, _PART_OF_RESPONSE = b'"content_block_delta"', b'.delta"'
"""What an event has that ends nothing. Inside of a string its quotes are escaped."""
_REASON: Final = b'"finish_reason"'
"""One event may have those of several choices."""
_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class _Choice(msgspec.Struct, gc=False):
    finish_reason: str | None = None


class _Delta(msgspec.Struct, gc=False):
    stop_reason: str | None = None


class _Response(msgspec.Struct, gc=False):
    status: str | None = None


class _Said(msgspec.Struct, gc=False):
    """Of an answer, or of one event of it."""

    type: str | None = None
    object: str | None = None
    error: msgspec.Raw = msgspec.Raw()
    choices: list[_Choice] | None = None
    status: str | None = None
    stop_reason: str | None = None
    delta: _Delta | str | None = None
    response: _Response | None = None
    data: list[msgspec.Raw] | None = None


_decode: Final = msgspec.json.Decoder(_Said).decode


def is_whole_answer(body: bytes, dialect: Dialect) -> bool:
    """Of JSON."""
    try:
        said = _decode(body)
    except _UNREADABLE:
        return False
    if bytes(said.error) not in _NOTHING:
        return False
    if dialect == "embeddings":
        return bool(said.data)
    if dialect in ("chat", "completions"):
        choices = said.choices
        if choices and len(choices) == 1:
            return choices[0].finish_reason in _GOOD
        return bool(choices) and all(choice.finish_reason in _GOOD for choice in choices or ())
    return (said.status if dialect == "responses" else said.stop_reason) in _GOOD


def is_whole_stream(body: bytes, dialect: Dialect) -> bool:
    """Of server-sent events, the last of which has come. Events that say nothing of the end are not decoded."""
    events = split_events(body)
    telling = [event for event in events if not _ends_nothing(event)]
    try:
        reasons = [reason for event in telling for reason in _reasons_in(event, dialect)]
        return bool(reasons) and all(reason in _GOOD for reason in reasons) and _has_last_word(events, dialect)
    except _UNREADABLE:
        return False


def _ends_nothing(event: bytes) -> bool:
    """By `find`, since `in` takes longer to see that bytes are no number than to look for them."""
    has_mark = (
        event.find(_NULL) >= 0
        or event.find(_NULL_APART) >= 0
        or event.find(_PART_OF_MESSAGE) >= 0
        or event.find(_PART_OF_RESPONSE) >= 0
    )
    return has_mark and event.count(_REASON) < 2


def _has_last_word(events: Sequence[bytes], dialect: Dialect) -> bool:
    """A response says with one event why it ends and that it does."""
    last = next((data for event in reversed(events) if (data := event_data(event)) is not None), b"")
    if dialect == "messages":
        return _decode(last).type == "message_stop"
    return dialect == "responses" or last.startswith(b"[DONE]")


def _reasons_in(event: bytes, dialect: Dialect) -> Iterator[str]:
    """Why it ends, as far as this event says; an error is a reason that is never good."""
    data = event_data(event)
    if data is None or data.startswith(b"[DONE]"):
        return
    said = _decode(data)
    if bytes(said.error) not in _NOTHING or said.type in ("error", "response.failed"):
        yield "error"
    elif dialect == "responses":
        if said.type in ("response.completed", "response.incomplete") and said.response is not None:
            yield said.response.status or ""
    elif dialect == "messages":
        if said.type == "message_delta" and isinstance(said.delta, _Delta) and said.delta.stop_reason is not None:
            yield said.delta.stop_reason
    else:
        yield from (choice.finish_reason for choice in said.choices or () if choice.finish_reason)
