"""How an error looks on the wire, as a whole answer or in the middle of a stream, in the dialect that was asked.

Says nothing that the error itself does not say.
"""

from typing import Final

import msgspec

from gossamer.core.endpoints import Dialect
from gossamer.core.errors import GatewayError

_encode: Final = msgspec.json.Encoder().encode


class _Error(msgspec.Struct, frozen=True):
    message: str
    type: str
    param: str | None
    code: str


class _Tried(msgspec.Struct, frozen=True):
    """One attempt, where there were several."""

    target: str
    status: int | None
    error: str | None


class _ErrorOfAll(_Error, frozen=True):
    attempts: list[_Tried]


class _ErrorBody(msgspec.Struct, frozen=True):
    error: _Error


class _ResponsesEvent(msgspec.Struct, frozen=True, tag_field="type", tag="error"):
    """Flat as the API reference has it, and nested as the API sends it; official clients raise on the nested one."""

    code: str
    message: str
    param: str | None
    sequence_number: int
    error: _Error


class _MessagesError(msgspec.Struct, frozen=True):
    type: str
    message: str


class _MessagesErrorOfAll(_MessagesError, frozen=True):
    attempts: list[_Tried]


class _MessagesBody(msgspec.Struct, frozen=True, tag_field="type", tag="error"):
    error: _MessagesError


_MESSAGES_TYPES: Final = {413: "request_too_large", 429: "rate_limit_error"}
"""Where the messages API has a word of its own for a status; for all others both speak of the same kinds."""

_ANTHROPICS: Final = ("messages", "count")


def render_error(error: GatewayError, dialect: Dialect = "chat") -> bytes:
    """The body of an answer that is an error."""
    if dialect in _ANTHROPICS:
        return _encode(_messages_body(error))
    return _encode(_ErrorBody(_error_of(error)))


def render_stream_error(error: GatewayError, dialect: Dialect, sequence_number: int = 0) -> bytes:
    """The event that ends a stream which has already begun; `sequence_number` is for responses only."""
    if dialect == "messages":
        return b"event: error\ndata: %b\n\n" % _encode(_messages_body(error))
    if dialect == "responses":
        event = _ResponsesEvent(error.code, error.message, error.param, sequence_number, _error_of(error))
        return b"event: error\ndata: %b\n\n" % _encode(event)
    return b"data: %b\n\n" % _encode(_ErrorBody(_error_of(error)))


def _error_of(error: GatewayError) -> _Error:
    if error.attempts:
        return _ErrorOfAll(error.message, error.kind, error.param, error.code, _tried(error))
    return _Error(error.message, error.kind, error.param, error.code)


def _messages_body(error: GatewayError) -> _MessagesBody:
    kind = _MESSAGES_TYPES.get(error.status, error.kind)
    if error.attempts:
        return _MessagesBody(_MessagesErrorOfAll(kind, error.message, _tried(error)))
    return _MessagesBody(_MessagesError(kind, error.message))


def _tried(error: GatewayError) -> list[_Tried]:
    return [_Tried(attempt.target, attempt.status or None, attempt.error) for attempt in error.attempts]
