"""The items of a streamed response: each begins, is told in deltas, and is told again as a whole when it is done."""

from typing import Any, Final, Protocol

import msgspec

from gossamer.dialects.answer import Quoted
from gossamer.dialects.conversation import Seal
from gossamer.dialects.responses.answer_writer import call_item, message_item, reasoning_item

_encode: Final = msgspec.json.Encoder().encode
_NO_ARGUMENTS: Final = b'"{}"'
_WORDS: Final = {"output_text": b"text", "refusal": b"refusal"}
"""How the whole of a part is called in it, and in the event that ends it."""
_EXTRAS: Final = {"output_text": b',"annotations":[],"logprobs":[]', "refusal": b""}
_LOGPROBS: Final = {"output_text": b',"logprobs":[]', "refusal": b""}


class Numbered:
    """Gives each event of a stream its number."""

    __slots__ = ("number",)

    def __init__(self) -> None:
        self.number = 0

    def event(self, kind: bytes, members: bytes) -> bytes:
        number = self.number
        self.number = number + 1
        return b'event: %b\ndata: {"type":"%b",%b,"sequence_number":%d}\n\n' % (kind, kind, members, number)


class Item(Protocol):
    def begin(self) -> bytes: ...

    def end(self, status: str) -> tuple[bytes, bytes]:
        """The events that end the item, and the item as a whole."""
        ...


def _added(events: Numbered, at: int, item: dict[str, Any]) -> bytes:
    return events.event(b"response.output_item.added", b'"output_index":%d,"item":%b' % (at, _encode(item)))


def _done(events: Numbered, at: int, whole: bytes) -> bytes:
    return events.event(b"response.output_item.done", b'"output_index":%d,"item":%b' % (at, whole))


class _Told:
    """Deltas of one kind in one place, and what they come to."""

    __slots__ = ("_begin", "_events", "_pieces")

    def __init__(self, events: Numbered, kind: bytes, place: bytes) -> None:
        self._events = events
        self._begin = b'event: %b\ndata: {"type":"%b",%b,"delta":' % (kind, kind, place)
        self._pieces: list[bytes] = []

    def delta(self, piece: Quoted) -> bytes:
        self._pieces.append(piece[1:-1])
        events = self._events
        number = events.number
        events.number = number + 1
        return b'%b%b,"sequence_number":%d}\n\n' % (self._begin, piece, number)

    @property
    def whole(self) -> Quoted:
        return b'"%b"' % b"".join(self._pieces)

    @property
    def is_empty(self) -> bool:
        return not self._pieces


class MessageItem:
    """`kind` is that of the part that is open; empty where none is."""

    __slots__ = ("_at", "_events", "_name", "_parts", "_place", "_told", "delta", "kind")

    def __init__(self, events: Numbered, at: int, name: str) -> None:
        self._events = events
        self._at = at
        self._name = name
        self._parts: list[bytes] = []
        self._place = b""
        self._told = _Told(events, b"", b"")
        self.delta = self._told.delta
        self.kind = ""

    def begin(self) -> bytes:
        return _added(self._events, self._at, message_item(self._name, [], "in_progress"))

    def open_part(self, kind: str) -> bytes:
        self.kind = kind
        name = self._name.encode()
        self._place = b'"item_id":"%b","output_index":%d,"content_index":%d' % (name, self._at, len(self._parts))
        self._told = _Told(self._events, b"response.%b.delta" % kind.encode(), self._place + _LOGPROBS[kind])
        self.delta = self._told.delta
        return self._events.event(b"response.content_part.added", self._place + b',"part":' + self._part(b'""'))

    def close_part(self) -> bytes:
        kind = self.kind
        if not kind:
            return b""
        whole = self._told.whole
        part = self._part(whole)
        self._parts.append(part)
        ended = b'%b%b,"%b":%b' % (self._place, _LOGPROBS[kind], _WORDS[kind], whole)
        self.kind = ""
        done = self._events.event(b"response.%b.done" % kind.encode(), ended)
        return done + self._events.event(b"response.content_part.done", self._place + b',"part":' + part)

    def end(self, status: str) -> tuple[bytes, bytes]:
        closed = self.close_part()
        contents = [msgspec.Raw(part) for part in self._parts]
        whole = _encode({**message_item(self._name, [], status), "content": contents})
        return closed + _done(self._events, self._at, whole), whole

    def _part(self, whole: Quoted) -> bytes:
        kind = self.kind
        return b'{"type":"%b","%b":%b%b}' % (kind.encode(), _WORDS[kind], whole, _EXTRAS[kind])


class CallItem:
    """`at` is the number of the call among the calls."""

    def __init__(self, events: Numbered, place: int, name: str, at: int, call_id: str, tool: str) -> None:
        self._events = events
        self._place = place
        self._begun = call_item(name, call_id, tool, "")
        self._where = b'"item_id":%b,"output_index":%d' % (_encode(name), place)
        self._told = _Told(events, b"response.function_call_arguments.delta", self._where)
        self.delta = self._told.delta
        self.at = at

    def begin(self) -> bytes:
        return _added(self._events, self._place, {**self._begun, "status": "in_progress"})

    def end(self, _status: str) -> tuple[bytes, bytes]:
        """A call without arguments is one of an empty object: clients decode what they get."""
        told = self.delta(_NO_ARGUMENTS) if self._told.is_empty else b""
        arguments = self._told.whole
        ended = b'%b,"arguments":%b' % (self._where, arguments)
        told += self._events.event(b"response.function_call_arguments.done", ended)
        whole = _encode({**self._begun, "arguments": msgspec.Raw(arguments)})
        return told + _done(self._events, self._place, whole), whole


class ReasoningItem:
    """Reasoning, told as one part of a summary."""

    def __init__(self, events: Numbered, at: int, name: str) -> None:
        self._events = events
        self._at = at
        self._name = name
        self._place = b'"item_id":%b,"output_index":%d,"summary_index":0' % (_encode(name), at)
        self._told = _Told(events, b"response.reasoning_summary_text.delta", self._place)
        self.seal: Seal | None = None

    def begin(self) -> bytes:
        return _added(self._events, self._at, reasoning_item(self._name, "", None))

    def delta(self, piece: Quoted) -> bytes:
        begun = b""
        if self._told.is_empty:
            part = self._place + b',"part":{"type":"summary_text","text":""}'
            begun = self._events.event(b"response.reasoning_summary_part.added", part)
        return begun + self._told.delta(piece)

    def end(self, _status: str) -> tuple[bytes, bytes]:
        item = reasoning_item(self._name, "", self.seal)
        item["id"] = self._name
        told = b""
        if not self._told.is_empty:
            text = self._told.whole
            part = b'{"type":"summary_text","text":%b}' % text
            item["summary"] = [msgspec.Raw(part)]
            told = self._events.event(b"response.reasoning_summary_text.done", self._place + b',"text":' + text)
            told += self._events.event(b"response.reasoning_summary_part.done", self._place + b',"part":' + part)
        whole = _encode(item)
        return told + _done(self._events, self._at, whole), whole
