"""A stream gathered into a whole answer: a StreamWriter that writes nothing, and keeps what it hears."""

from typing import Final

import msgspec

from gossamer.dialects.answer import Answer, Counts, Fault, Head, Quoted, Stop
from gossamer.dialects.conversation import Part, Refusal, Seal, Text, Thinking, ToolCall

_decode_text: Final = msgspec.json.Decoder(str).decode


class _Heard:
    """One part, as far as it was told."""

    __slots__ = ("call_id", "kind", "name", "pieces", "seal")

    def __init__(self, kind: str, call_id: str = "", name: str = "") -> None:
        self.kind = kind
        self.pieces: list[bytes] = []
        self.seal: Seal | None = None
        self.call_id = call_id
        self.name = name

    @property
    def part(self) -> Part:
        text = _decode_text(b'"%b"' % b"".join(self.pieces))
        if self.kind == "thinking":
            return Thinking(text, self.seal)
        if self.kind == "call":
            return ToolCall(self.call_id, self.name, text)
        return Refusal(text) if self.kind == "refusal" else Text(text)


class Gatherer:
    """`answer` is None until the stream has come to its end."""

    def __init__(self) -> None:
        self._head = Head()
        self._heard: list[_Heard] = []
        self._open: _Heard | None = None
        self._calls: dict[int, _Heard] = {}
        self.answer: Answer | None = None

    def begin(self, head: Head) -> bytes:
        self._head = head
        return b""

    def text(self, piece: Quoted) -> bytes:
        return self._add("text", piece)

    def refusal(self, piece: Quoted) -> bytes:
        return self._add("refusal", piece)

    def thinking(self, piece: Quoted) -> bytes:
        return self._add("thinking", piece)

    def seal(self, seal: Seal) -> bytes:
        if self._open is None or self._open.kind != "thinking":
            self._begin_part(_Heard("thinking"))
        assert self._open is not None
        self._open.seal = seal
        return b""

    def call(self, at: int, call_id: str, name: str) -> bytes:
        self._calls[at] = self._begin_part(_Heard("call", call_id, name))
        return b""

    def arguments(self, at: int, piece: Quoted) -> bytes:
        self._calls[at].pieces.append(piece[1:-1])
        return b""

    def close(self) -> bytes:
        self._open = None
        return b""

    def ping(self) -> bytes:
        return b""

    def finish(self, stop: Stop, sequence: str, counts: Counts | None, explanation: str) -> bytes:
        parts = tuple(heard.part for heard in self._heard)
        counted = counts or self._head.counts or Counts()
        self.answer = Answer(self._head, parts, stop, counted, sequence, explanation)
        return b""

    def fail(self, fault: Fault) -> bytes:  # noqa: ARG002 - a StreamWriter
        return b""

    def _begin_part(self, heard: _Heard) -> _Heard:
        self._heard.append(heard)
        self._open = heard
        return heard

    def _add(self, kind: str, piece: Quoted) -> bytes:
        open_part = self._open
        if open_part is None or open_part.kind != kind:
            open_part = self._begin_part(_Heard(kind))
        open_part.pieces.append(piece[1:-1])
        return b""
