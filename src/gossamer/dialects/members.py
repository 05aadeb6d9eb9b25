"""The top level of a JSON object: its members as bytes, and how to put one in without touching the rest.

Two readers of one body must never see two different things, so a member that is there twice is refused,
in whatever spelling. Knows JSON and no API.
"""

import re
from collections.abc import Callable, Collection, Mapping
from itertools import islice
from typing import Final, NamedTuple, NoReturn

import msgspec
from msgspec import Raw

from gossamer.core.errors import InvalidRequest

Members = dict[str, msgspec.Raw]
Spans = dict[str, tuple[int, int]]

_decode: Final = msgspec.json.Decoder(Members).decode
_decode_text: Final = msgspec.json.Decoder(str).decode
_write_compact: Final = msgspec.json.Encoder().encode

_SPACE: Final = rb"[ \t\r\n]*+"
_NAME: Final = re.compile(_SPACE + rb"[{,]" + _SPACE + rb'("[^"\\]*+(?:\\.[^"\\]*+)*+")' + _SPACE + b":" + _SPACE)
_CLOSE: Final = re.compile(_SPACE + rb"\}" + _SPACE + rb"\Z")
_LARGE_BYTES: Final = 16 * 1024
"""From here on a walk over ten members costs less than writing them again (measured)."""
_MOST_MEMBERS: Final = 1000
"""The API has about forty. A walk of a million would hold up everybody else."""
_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_SURROGATE: Final = re.compile(rb"\\u[dD](?:[89abAB]..(\\u[dD][c-fC-F])?|[c-fC-F])")
"""An escape for half a character, and whether its other half follows."""
_MOST_SURROGATES: Final = 1000
"""Looked at to explain a refusal; more of them are not worth anybody's time."""
_BACKSLASHES: Final = 64
"""In a row, before an escape: more than anybody writes."""
_AT_BYTE: Final = re.compile(r"(?:JSON is malformed: )?(.*) \(byte (\d+)\)", re.DOTALL)


def _write_spaced(members: Members) -> bytes:
    """As the json module of Python writes when it is told nothing."""
    return b"{%b}" % b", ".join([b'"%b": %b' % (name.encode(), raw) for name, raw in members.items()])


class NoObject(InvalidRequest):
    """These bytes are not one JSON object."""


class Splice(NamedTuple):
    """A change within the value of a member: what is put in the place of so many bytes there."""

    at: int
    gone_bytes: int
    piece: bytes


class JsonObject:
    """One JSON object. `called` is how errors name it, at the beginning of a sentence.

    Nearly all bodies are written by machines in one of two ways, and are recognised by writing them again: when the
    decoded members, each name once, give the same bytes, then nothing was there twice. All others are walked, and
    so are large ones, since a step of the walk costs less than copying many bytes.
    """

    __slots__ = ("_body", "_spans", "_write", "called", "members")

    _write: Callable[[Members], bytes] | None
    _spans: Spans

    def __init__(self, body: bytes, called: str = "The body", decoded: Members | None = None) -> None:
        """`decoded`: its members, where they were read, and are not written as most machines do."""
        self.called = called
        try:
            self.members = members = _decode(body) if decoded is None else decoded
        except _UNREADABLE as error:
            raise self._refusal(error, body) from None
        if len(members) > _MOST_MEMBERS:
            raise InvalidRequest(f"{called} has more than {_MOST_MEMBERS} members. Send fewer.")
        if decoded is None and len(body) < _LARGE_BYTES and _write_compact(members) == body:
            self._write = _write_compact
        else:
            self._look_closer(body)

    def _look_closer(self, body: bytes) -> None:
        """It is not written as most machines write."""
        members = self.members
        self._write = None
        if len(body) < _LARGE_BYTES and _write_spaced(members) == body:
            self._write = _write_spaced
        else:
            self._body = body
            self._spans = self._walk(body)

    def replaced(self, changes: Mapping[str, bytes | Splice]) -> bytes:
        """The object with these members set to these JSON values. New ones come last; all else stays to the byte."""
        if self._write is None:
            return self._spliced(changes)
        members = self.members.copy()
        for name, change in changes.items():
            if isinstance(change, bytes):
                members[name] = Raw(change)
            else:
                at, gone, piece = change
                raw = memoryview(members[name])
                members[name] = Raw(b"".join((raw[:at], piece, raw[at + gone :])))
        return self._write(members)

    def _value(self, name: str, change: bytes | Splice) -> bytes:
        if isinstance(change, bytes):
            return change
        at, gone, piece = change
        raw = bytes(self.members[name])
        return b"".join((raw[:at], piece, raw[at + gone :]))

    def edited(self, changes: Mapping[str, bytes], gone: Collection[str]) -> bytes:
        """The object with these members set, and without those; all else keeps its bytes, if not the space between."""
        raws = {name: msgspec.Raw(value) for name, value in changes.items()}
        kept = {name: raw for name, raw in self.members.items() if name not in gone}
        return (self._write or _write_compact)(kept | raws)

    def _spliced(self, changes: Mapping[str, bytes | Splice]) -> bytes:
        body, spans = self._body, self._spans
        cuts = [_cut(*spans[name], change) for name, change in changes.items() if name in spans]
        new = [
            _write_compact(name) + b":" + self._value(name, value)
            for name, value in changes.items()
            if name not in spans
        ]
        if new:
            close = body.rindex(b"}")
            cuts.append((close, close, (b"," if spans else b"") + b",".join(new)))
        pieces: list[bytes] = []
        at = 0
        for start, end, value in sorted(cuts):
            pieces += (body[at:start], value)
            at = end
        return b"".join((*pieces, body[at:]))

    def _refusal(self, error: Exception, body: bytes) -> NoObject:
        if isinstance(error, msgspec.ValidationError):
            return NoObject(f"{self.called} must be a JSON object: write it in curly brackets.")
        if isinstance(error, UnicodeDecodeError):
            return NoObject(f"{self.called} has a member whose name is not UTF-8. Send UTF-8.")
        if isinstance(error, RecursionError):
            return NoObject(f"{self.called} is nested too deeply. Send a flatter object.")
        half = _half_character(body)
        if half is not None:
            return NoObject(
                f"{self.called} has half a character at byte {half}, an escape without its other half. "
                "Send the whole character, or none of it."
            )
        found = _AT_BYTE.fullmatch(str(error))
        if found is None:
            return NoObject(
                f"{self.called} is not whole: its JSON goes on where it ends, at byte {len(body)}. Send all of it."
            )
        return NoObject(f"{self.called} is not JSON: {found[1]} at byte {found[2]}. Mend it there.")

    def _walk(self, body: bytes) -> Spans:
        """Where each member's value stands.

        A step is sound only if the decoded value stands where the walk has come to; then the next name is a name.
        """
        at = 0
        spans: Spans = {}
        for name, raw in self.members.items():
            found = _NAME.match(body, at)
            written = _decode_text(found[1]) if found else None
            if found is None or written != name:
                self._refuse_double(written, spans)
            start = found.end()
            at = start + len(raw)
            if not body.startswith(raw, start):
                self._refuse_double(name, spans)
            spans[name] = (start, at)
        if spans and not _CLOSE.match(body, at):
            found = _NAME.match(body, at)
            self._refuse_double(_decode_text(found[1]) if found else None, spans)
        return spans

    def _refuse_double(self, name: str | None, seen: Spans) -> NoReturn:
        """In valid JSON the walk strays only where a name comes twice: this one, or else the one before it."""
        if name is None:
            name = list(seen)[-1]
        raise InvalidRequest(f"{self.called} has the member {name!r} twice. Send it once.", param=name)


def members_of(body: bytes) -> tuple[Members, bool]:
    """Of a body that may be read only, and whether `compact` writes it as it is. Nearly all need no object for that."""
    try:
        members = _decode(body)
    except _UNREADABLE:
        return JsonObject(body).members, False  # which says what is wrong
    if len(body) < _LARGE_BYTES and len(members) <= _MOST_MEMBERS and _write_compact(members) == body:
        return members, True
    return JsonObject(body, decoded=members).members, False


def compact(members: Mapping[str, msgspec.Raw | str]) -> bytes:
    """As nearly all machines write."""
    return _write_compact(members)


def _cut(start: int, end: int, change: bytes | Splice) -> tuple[int, int, bytes]:
    if isinstance(change, bytes):
        return start, end, change
    at = start + change.at
    return at, at + change.gone_bytes, change.piece


def _half_character(body: bytes) -> int | None:
    """Where half a surrogate pair stands alone; no decoder makes text of it."""
    for found in islice(_SURROGATE.finditer(body), _MOST_SURROGATES):
        at = found.start()
        before = body[max(0, at - _BACKSLASHES) : at]
        is_escaped = (len(before) - len(before.rstrip(b"\\"))) % 2
        if not is_escaped and found[1] is None:
            return at
    return None
