"""A kept answer in the other form of its own dialect: a stream as one whole answer, a whole answer as a stream.

What readers pass over cannot be told again: such an answer has one form only, and None says so.
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from gossamer.core.endpoints import Wire
from gossamer.core.errors import GatewayError
from gossamer.dialects.answer import Answer, Head, StreamWriter
from gossamer.dialects.conversation import Part, Refusal, Text, Thinking, ToolCall
from gossamer.dialects.members import JsonObject
from gossamer.dialects.responses.settings_echo import settings_echo
from gossamer.dialects.stream import StreamRead, new_writer
from gossamer.dialects.terms import Echo
from gossamer.dialects.translate import read_whole, write_whole
from gossamer.dialects.whole import Gatherer
from gossamer.http.sse import event_data, split_events

_encode: Final = msgspec.json.Encoder().encode
_PASSED_OVER: Final = (
    b"server_tool_use", b'_tool_result"', b'"citations":[{', b'"annotations":[{', b"_citation", b'_call"', b'"audio":{',
    b'"logprobs":{', b'"function_call":{', b'"images":[',
)  # fmt: skip
"""Marks of what is more than text, thinking and calls of the client's own tools. A text that has one costs a call."""
_OWN_CALL: Final = b'"function_call"'
_COMPLETED: Final = b'"response.completed"'


class _Last(msgspec.Struct):
    response: msgspec.Raw


_decode_last: Final = msgspec.json.Decoder(_Last).decode


def as_whole(stream: bytes, wire: Wire, now_s: int) -> bytes | None:
    """One answer, of the events that told it."""
    if wire == "responses":
        return _last_of(stream)  # its last event repeats all
    if _has_more(stream):
        return None
    gatherer = Gatherer()
    reader = StreamRead(wire, gatherer)
    reader.feed(stream)
    reader.end()
    return None if gatherer.answer is None else write_whole(gatherer.answer, wire, Echo(), now_s)


def as_stream(body: bytes, wire: Wire, request: bytes, now_s: int) -> bytes | None:
    """The events that tell this answer; with its usage. `request`: what it answers."""
    if _has_more(body):
        return None
    try:
        answer = read_whole(body, wire)
        settings = settings_echo(JsonObject(request).members) if wire == "responses" else b""
    except GatewayError:
        return None
    return b"".join(_told(answer, new_writer(wire, Echo(includes_usage=True, settings=settings), now_s)))


def _told(answer: Answer, writer: StreamWriter) -> Iterator[bytes]:
    head = answer.head
    yield writer.begin(Head(head.id, head.model, head.tier, answer.counts))
    calls = 0
    for part in answer.parts:
        yield from _pieces(part, writer, calls)
        calls += isinstance(part, ToolCall)
        yield writer.close()
    yield writer.finish(answer.stop, answer.sequence, answer.counts, answer.explanation)


def _pieces(part: Part, writer: StreamWriter, calls: int) -> Iterator[bytes]:
    match part:
        case Text(text=text):
            yield writer.text(_encode(text))
        case Refusal(text=text):
            yield writer.refusal(_encode(text))
        case Thinking(text=text, seal=seal):
            if text:
                yield writer.thinking(_encode(text))
            if seal is not None:
                yield writer.seal(seal)
        case ToolCall(id=call_id, name=name, arguments=arguments):
            yield writer.call(calls, call_id, name)
            yield writer.arguments(calls, _encode(arguments))


def _has_more(answer: bytes) -> bool:
    plain = answer.replace(_OWN_CALL, b"")
    return any(mark in plain for mark in _PASSED_OVER)


def _last_of(stream: bytes) -> bytes | None:
    for event in reversed(split_events(stream)):
        if _COMPLETED in event:
            try:
                return bytes(_decode_last(event_data(event) or b"").response)
            except (msgspec.DecodeError, UnicodeDecodeError):
                return None
    return None
