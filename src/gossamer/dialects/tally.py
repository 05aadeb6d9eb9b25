"""What a stream of events says of itself while it passes: its usage, whether it came to its end, whether it failed.

A chunk of content is known as such by one decode in which the members that matter may only be null, or counts:
where there is more, the decode fails, and the event is read by the letter of the format. Text never confuses it.
"""

from typing import Final

import msgspec

from gossamer.core.endpoints import Dialect
from gossamer.core.record import Finish, Usage
from gossamer.dialects.ending import finish_in
from gossamer.dialects.usage import Counts, later, told, usage_in_tail, usage_of
from gossamer.http.sse import event_data, field_lines, is_ended, split_events

Members = dict[str, msgspec.Raw]


class _Content(msgspec.Struct, gc=False):
    usage: Counts | None = None
    error: None = None
    response: None = None
    message: None = None


class _Choice(msgspec.Struct, gc=False):
    finish_reason: str | None = None


class _Chunk(msgspec.Struct, gc=False):
    choices: list[_Choice] = []


class _Numbered(msgspec.Struct, gc=False):
    sequence_number: int = -1


_decode_chunk: Final = msgspec.json.Decoder(_Chunk).decode
_decode_numbered: Final = msgspec.json.Decoder(_Numbered).decode
decode_content: Final = msgspec.json.Decoder(_Content).decode
_decode_members: Final = msgspec.json.Decoder(Members).decode
_decode_text: Final = msgspec.json.Decoder(str).decode
_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
OF_NOTE: Final = (*_UNREADABLE, IndexError)

_D: Final = ord("d")
DATA_BYTES: Final = len(b"data: ")
_DATA_ON_NEW_LINE_BYTES: Final = len(b"\ndata: ")
_CONTENT_EVENTS: Final = (b"event: response.", b"event: content_block_delta\n")
_LAST_EVENTS: Final = frozenset({"response.completed", "response.incomplete", "response.failed", "message_stop"})
_REASON_EVENTS: Final = frozenset({"response.completed", "response.incomplete", "message_delta"})
"""Those that say why the answer ends."""
_UNKNOWN_ENDS: Final[tuple[Dialect, ...]] = ("count", "embeddings", "other")
"""Streams of which we do not know how they say that they are complete: none is found broken."""
_ERROR_EVENTS: Final = frozenset({"error", "response.failed"})
_NO_CHOICES: Final = ([b"[]"], [b"[", b"]"])
_NO_ERROR: Final = (b"null", b"false", b"{}", b'""')
ERROR_CHARACTERS: Final = 500
"""Of a provider's own words that the journal has to keep; the caller gets them all."""
_TAIL_BYTES: Final = 16 * 1024
"""Of an event too large to be kept: usage, and what may follow it (16 pairs of metadata at the most)."""


class StreamTally:
    """One stream. With `hide_usage`, a chunk that holds nothing but usage is taken out: its reader did not ask."""

    __slots__ = ("_finish", "_passing", "_tail", "error", "hide_usage", "is_finished", "last", "usage")

    def __init__(self, dialect: Dialect, *, hide_usage: bool = False) -> None:
        self.hide_usage = hide_usage
        self.usage: Usage | None = None
        self.is_finished = dialect in _UNKNOWN_ENDS
        """The stream has said that it is complete; one that ends without has broken off."""
        self.error: str | None = None
        self.last = b""
        """The last event with content. It is read only if the stream ends without saying that it is complete."""
        self._finish: Finish | None = None
        self._passing: str | None = None
        """The name of an event that passes in pieces."""
        self._tail = b""

    def see(self, block: bytes) -> bytes:
        """Takes note of a block of whole events, and returns what to forward; that may be nothing."""
        try:
            if block[0] == _D:
                data = block[DATA_BYTES:]
            elif block.startswith(_CONTENT_EVENTS):
                data = block[block.find(b"\n") + _DATA_ON_NEW_LINE_BYTES :]
            else:
                return self._look(block)
            counts = decode_content(data).usage
        except OF_NOTE:
            return self._look(block)
        if counts is None:
            self.last = block
            return block
        return self._count(counts, data, block)

    @property
    def has_said_why(self) -> bool:
        """Whether the last content came with its `finish_reason`, for those who send no `[DONE]`."""
        try:
            return any(choice.finish_reason for choice in _decode_chunk(event_data(self.last) or b"{}").choices)
        except _UNREADABLE:
            return False

    @property
    def finish(self) -> Finish | None:
        """Why the answer ended, as far as it has: chat says so with its last content, which is read only now."""
        return self._finish or finish_in(event_data(self.last) or b"{}")

    @property
    def next_number(self) -> int:
        """The `sequence_number` that the next event of a stream of responses has."""
        try:
            return _decode_numbered(event_data(self.last) or b"{}").sequence_number + 1
        except _UNREADABLE:
            return 0

    def _count(self, counts: Counts, data: bytes, event: bytes) -> bytes:
        self.usage = later(self.usage, told(counts))
        if not _is_usage_alone(_members_of(data)):
            # Some tell their usage behind the end, with a choice that says nothing.
            self._finish = finish_in(data) or self.finish
            self.last = event
            return event
        return b"" if self.hide_usage else event

    def _look(self, block: bytes) -> bytes:
        events = split_events(block)
        if len(events) > 1:
            return b"".join(map(self.see, events))
        return b"" if self._note(block) else block

    def _note(self, event: bytes) -> bool:
        """Whether to hide the event."""
        data = event_data(event)
        if self._passing is not None:
            self._note_piece(event)
        elif data is None:
            return False
        elif data.startswith(b"[DONE]"):
            self.is_finished = True
        elif said := _members_of(data):
            return self._note_members(said, event)
        else:
            self._note_unreadable(event, data)
        return False

    def _note_members(self, said: Members, event: bytes) -> bool:
        holder = said.get("response") or said.get("message")
        inner = _members_of(holder) if holder else {}
        counted = said.get("usage") or inner.get("usage")
        if counted:
            self.usage = later(self.usage, usage_of(counted))
        kind = _text_of(said["type"]) if "type" in said else ""
        if kind in _LAST_EVENTS:
            self.is_finished = True
        if kind in _REASON_EVENTS:
            self._finish = finish_in(event_data(event) or b"{}")
        if self.error is None:
            self.error = _error_in(said, inner, event)
        if counted is not None and _is_usage_alone(said):
            return self.hide_usage
        self.last = event
        return False

    def _note_unreadable(self, event: bytes, data: bytes) -> None:
        name = _name_of(event)
        if name == "error":
            self.error = self.error or data.decode(errors="replace")[:ERROR_CHARACTERS]
        elif not is_ended(event):
            self._passing = name
            self._tail = event[-_TAIL_BYTES:]

    def _note_piece(self, piece: bytes) -> None:
        self._tail = (self._tail + piece)[-_TAIL_BYTES:]
        if is_ended(self._tail):
            self.usage = later(self.usage, usage_in_tail(self._tail))
            self.is_finished = self.is_finished or self._passing in _LAST_EVENTS
            self._passing = None


def _name_of(event: bytes) -> str:
    names = field_lines(event, b"event")
    return names[-1].decode(errors="replace") if names else ""


def _members_of(raw: bytes | msgspec.Raw) -> Members:
    try:
        return _decode_members(raw)
    except _UNREADABLE:
        return {}


def _text_of(raw: msgspec.Raw | None) -> str:
    if raw is None:
        return ""
    try:
        return _decode_text(raw)
    except _UNREADABLE:
        return ""


def _is_usage_alone(said: Members) -> bool:
    """The chunk that a stream ends with for those who asked for usage: an object of counts, and no choices."""
    return bytes(said.get("usage", b"")).startswith(b"{") and bytes(said.get("choices", b"")).split() in _NO_CHOICES


def _error_in(said: Members, inner: Members, event: bytes) -> str | None:
    """What an event says went wrong: in a member of its own, nested in a response, or as the event itself."""
    kinds = {_text_of(said.get("type")), _text_of(said.get("object")), _name_of(event)}
    raw = said.get("error") or inner.get("error")
    if raw is not None and bytes(raw) not in _NO_ERROR:
        error = _members_of(raw)
        words = _text_of(error.get("message")) or _text_of(error.get("code")) or _text_of(raw)
    elif kinds & _ERROR_EVENTS:
        words = _text_of(said.get("message")) or _text_of(said.get("code"))
    else:
        return None
    return words[:ERROR_CHARACTERS] or "the provider sent an error without a message"
