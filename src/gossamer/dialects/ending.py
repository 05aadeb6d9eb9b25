"""What an answer says of itself at its end: its usage, and why it ended, in one word for all dialects.

One decode tells both. An answer that says nothing of the kind, or nonsense, has neither; it is never an error.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from gossamer.core.record import Finish, Usage
from gossamer.dialects.chat.endings import STOPS as CHAT_STOPS
from gossamer.dialects.messages.endings import STOPS as MESSAGES_STOPS
from gossamer.dialects.usage import Counts, told

FINISHES: Final[Mapping[str, Finish]] = {**CHAT_STOPS, **MESSAGES_STOPS, "eos": "end"}
"""What `finish_reason` and `stop_reason` come to."""
_CUT: Final[Mapping[str | None, Finish]] = {"max_output_tokens": "length", "content_filter": "filter"}
"""Of a response that is incomplete."""
_ASKS: Final = frozenset({"function_call", "custom_tool_call", "mcp_approval_request"})
"""Items of a response that want something of the caller, which no state or reason of it says."""
_ENDED: Final = frozenset({"completed", "incomplete"})
_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class _Choice(msgspec.Struct, gc=False):
    finish_reason: str | None = None


class _Item(msgspec.Struct, gc=False):
    type: str = ""


class _Incomplete(msgspec.Struct, gc=False):
    reason: str | None = None


class _Answer(msgspec.Struct, gc=False):
    """Of all dialects: `choices` of chat and completions, `stop_reason` of messages, `status` of responses."""

    usage: Counts | None = None
    choices: list[_Choice] | None = None
    stop_reason: str | None = None
    status: str | None = None


class _Response(msgspec.Struct, gc=False):
    """What tells why, where a status is not enough. A delta of messages tells it as their answers do."""

    status: str | None = None
    incomplete_details: _Incomplete | None = None
    output: list[_Item] | None = None
    stop_reason: str | None = None


class _Counted(msgspec.Struct, gc=False):
    usage: Counts | None = None


class _Event(msgspec.Struct, gc=False):
    """Of a stream: a chunk of chat, the delta of a message, or a whole response."""

    choices: list[_Choice] | None = None
    delta: _Response | str | None = None
    response: _Response | None = None


_decode_answer: Final = msgspec.json.Decoder(_Answer).decode
_decode_response: Final = msgspec.json.Decoder(_Response).decode
_decode_counted: Final = msgspec.json.Decoder(_Counted).decode
_decode_event: Final = msgspec.json.Decoder(_Event).decode


def read_ending(body: bytes) -> tuple[Usage | None, Finish | None]:
    """Of a whole JSON answer. Nearly all are chats, so the first words are theirs."""
    try:
        said = _decode_answer(body)
    except _UNREADABLE:
        return _usage_alone(body), None
    usage = None if said.usage is None else told(said.usage)
    choices = said.choices
    if choices:
        reason = choices[0].finish_reason  # as the first one ended
        return usage, FINISHES.get(reason, "other") if reason else None
    if said.stop_reason:
        return usage, FINISHES.get(said.stop_reason, "other")
    return usage, _finish_of_response(body) if said.status in _ENDED else None


def finish_in(data: bytes | msgspec.Raw) -> Finish | None:
    """What one event of a stream says of the end; None where it ends nothing."""
    try:
        said = _decode_event(data)
    except _UNREADABLE:
        return None
    if said.choices:
        reason = said.choices[0].finish_reason
        return FINISHES.get(reason, "other") if reason else None
    if isinstance(said.delta, _Response):
        return FINISHES.get(said.delta.stop_reason, "other") if said.delta.stop_reason else None
    return _finish_of(said.response) if said.response is not None else None


def _usage_alone(body: bytes) -> Usage | None:
    """Of an answer that calls something else by one of the other names."""
    try:
        counts = _decode_counted(body).usage
    except _UNREADABLE:
        return None
    return None if counts is None else told(counts)


def _finish_of_response(body: bytes) -> Finish | None:
    try:
        return _finish_of(_decode_response(body))
    except _UNREADABLE:
        return None


def _finish_of(said: _Response) -> Finish | None:
    if said.status == "incomplete":
        reason = said.incomplete_details.reason if said.incomplete_details is not None else None
        return _CUT.get(reason, "other")
    if said.status != "completed" or said.output is None:
        return None
    return "tools" if any(item.type in _ASKS for item in said.output) else "end"
