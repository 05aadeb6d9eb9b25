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
_REASON: Final = b'"finish_reason"'
"""Of chats. Inside of a string the quotes are escaped; one event may have the reasons of several choices."""
_SECOND: Final = (b'"index":1', b'"index": 1')
"""What a stream of several choices has, and one of several calls of tools."""
_PART_OF_MESSAGE: Final = b"event: content_block_delta\n"
_OF_RESPONSE: Final = b"event: response."
_DELTA: Final = b".delta"
_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class _Choice(msgspec.Struct, gc=False):
    index: int | None = 0
    finish_reason: str | None = None


class _Delta(msgspec.Struct, gc=False):
    stop_reason: str | None = None


class _Response(msgspec.Struct, gc=False):
    status: str | None = None
    incomplete_details: msgspec.Raw = msgspec.Raw()


class _Said(msgspec.Struct, gc=False):
    """Of an answer, or of one event of it."""

    type: str | None = None
    object: str | None = None
    error: msgspec.Raw = msgspec.Raw()
    choices: list[_Choice] | None = None
    status: str | None = None
    incomplete_details: msgspec.Raw = msgspec.Raw()
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
    if dialect == "responses":
        return _state_of(said) in _GOOD
    return said.stop_reason in _GOOD


def is_whole_stream(body: bytes, dialect: Dialect) -> bool:
    """Of server-sent events, the last of which has come. Events that say nothing of the end are not decoded."""
    events = split_events(body)
    try:
        if dialect in ("messages", "responses"):
            telling = [event for event in events if not _is_part(event)]
            reasons = [reason for event in telling for reason in _reasons_in(event, dialect)]
        else:
            reasons = _reasons_of_chat(events, has_several=any(mark in body for mark in _SECOND))
        return bool(reasons) and all(reason in _GOOD for reason in reasons) and _has_last_word(events, dialect)
    except _UNREADABLE:
        return False


def _is_part(event: bytes) -> bool:
    """Of a message or a response, by its name."""
    return event.startswith(_PART_OF_MESSAGE) or (
        event.startswith(_OF_RESPONSE) and event.endswith(_DELTA, 0, event.find(b"\n"))
    )


def _reasons_of_chat(events: Sequence[bytes], *, has_several: bool) -> list[str]:
    """Of each choice that has one. A choice that began and has none is cut off: its reason is none of the good ones.

    Where there is one choice, those events are passed over that say that it goes on: by `find`, since `in` takes
    longer to see that bytes are no number than to look for them.
    """
    reasons: list[str] = []
    begun, ended = set[int | None](), set[int | None]()
    for event in events:
        if not has_several and (event.find(_NULL) >= 0 or event.find(_NULL_APART) >= 0) and event.count(_REASON) < 2:
            continue
        data = event_data(event)
        if data is None or data.startswith(b"[DONE]"):
            continue
        said = _decode(data)
        if bytes(said.error) not in _NOTHING:
            return ["error"]
        for choice in said.choices or ():
            begun.add(choice.index)
            if choice.finish_reason:
                reasons.append(choice.finish_reason)
                ended.add(choice.index)
    return reasons if begun == ended else [*reasons, "cut"]


def _has_last_word(events: Sequence[bytes], dialect: Dialect) -> bool:
    """A response says with one event why it ends and that it does."""
    last = next((data for event in reversed(events) if (data := event_data(event)) is not None), b"")
    if dialect == "messages":
        return _decode(last).type == "message_stop"
    return dialect == "responses" or last.startswith(b"[DONE]")


def _reasons_in(event: bytes, dialect: Dialect) -> Iterator[str]:
    """Why a message or a response ends, as far as this event says; an error is a reason that is never good."""
    data = event_data(event)
    if data is None or data.startswith(b"[DONE]"):
        return
    said = _decode(data)
    if bytes(said.error) not in _NOTHING or said.type in ("error", "response.failed", "response.incomplete"):
        yield "error"
    elif dialect == "responses":
        if said.type == "response.completed" and said.response is not None:
            yield _state_of(said.response)
    elif said.type == "message_delta" and isinstance(said.delta, _Delta) and said.delta.stop_reason is not None:
        yield said.delta.stop_reason


def _state_of(response: _Said | _Response) -> str:
    return response.status or "" if bytes(response.incomplete_details) in _NOTHING else "incomplete"
