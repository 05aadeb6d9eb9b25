"""What a response says of its keeping: its id, what it goes on from, whether it was kept. The rest stays as it is."""

from typing import Final, NamedTuple

import msgspec

from gossamer.http.sse import event_data

Members = dict[str, msgspec.Raw]

_decode: Final = msgspec.json.Decoder(Members).decode
_decode_text: Final = msgspec.json.Decoder(str).decode
_encode: Final = msgspec.json.Encoder().encode
_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_NULL: Final = msgspec.Raw(b"null")
_FLAGS: Final = {True: msgspec.Raw(b"true"), False: msgspec.Raw(b"false")}
RESPONSE_MARK: Final = b'"response"'
"""What each event that tells of the whole response has. Inside a string its quotes are escaped."""
LAST: Final = ("response.completed", "response.incomplete")


class Marks(NamedTuple):
    """`name`: its id, where the gateway keeps it; else it keeps the provider's."""

    name: str | None = None
    previous: str | None = None
    conversation: str | None = None
    instructions: msgspec.Raw | None = None
    """As the client sent them, where an agent's directive was put before them."""

    def of(self, *, is_kept: bool) -> Members:
        told: Members = {"store": _FLAGS[is_kept]}
        if self.name is not None:
            told["id"] = msgspec.Raw(_encode(self.name))
        told["previous_response_id"] = _NULL if self.previous is None else msgspec.Raw(_encode(self.previous))
        if self.conversation is not None:
            told["conversation"] = msgspec.Raw(_encode({"id": self.conversation}))
        if self.instructions is not None:
            told["instructions"] = self.instructions
        return told


class Ending(NamedTuple):
    """The last event of a stream: the response in it, and what stands around that."""

    event: Members
    response: Members
    head: bytes

    def told(self, marks: Marks, *, is_kept: bool) -> bytes:
        response = msgspec.Raw(_encode(self.response | marks.of(is_kept=is_kept)))
        return b"%bdata: %b\n\n" % (self.head, _encode(self.event | {"response": response}))


def read_response(body: bytes) -> Members | None:
    """The members of a whole answer; None for what is no response."""
    try:
        members = _decode(body)
    except _UNREADABLE:
        return None
    return members if "output" in members else None


def is_finished(response: Members) -> bool:
    """Whether it came to an end that can be gone on from: a complete one, or one that was cut short by a limit."""
    return bytes(response.get("status", b'"completed"')) in (b'"completed"', b'"incomplete"')


def write_response(response: Members, marks: Marks, *, is_kept: bool) -> bytes:
    return _encode(response | marks.of(is_kept=is_kept))


def read_event(event: bytes) -> tuple[str, Ending] | None:
    """An event that tells of the whole response: which one it is, and what it says."""
    data = event_data(event)
    if data is None:
        return None
    try:
        members = _decode(data)
        response = _decode(members["response"])
        kind = _decode_text(members["type"])
    except (*_UNREADABLE, KeyError):
        return None
    head = b"event: %b\n" % kind.encode() if b"event:" in event else b""
    return kind, Ending(members, response, head)
