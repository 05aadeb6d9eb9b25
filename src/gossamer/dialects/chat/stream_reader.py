"""The chunks of a streamed chat completion, told to a writer as they come.

A chunk of plain text takes one decode into small structs and one call; its text is passed on as the literal that it is.
"""

from typing import Final

import msgspec

from gossamer.core.errors import ProviderUnavailable
from gossamer.dialects.answer import EMPTY, Counts, Fault, Head, StreamWriter
from gossamer.dialects.chat import wire
from gossamer.dialects.chat.endings import counts_of, stop_of
from gossamer.dialects.chat.pieces import pieces_of
from gossamer.dialects.chat.reasoning import thought_of
from gossamer.dialects.chat.stream_calls import Call, StreamCalls
from gossamer.dialects.conversation import Seal
from gossamer.dialects.faults import fault_in
from gossamer.dialects.losses import read_answer_with

_NOTHING: Final = msgspec.Raw()
_DONE: Final = b"[DONE]"
_OWN_SEAL: Final = Seal("chat", "")


class _Delta(msgspec.Struct, gc=False):
    content: msgspec.Raw = _NOTHING
    reasoning_content: msgspec.Raw = _NOTHING
    reasoning: msgspec.Raw = _NOTHING
    refusal: str | None = None
    tool_calls: list[Call] | None = None
    reasoning_details: list[wire.Detail] | None = None


class _Choice(msgspec.Struct, gc=False):
    delta: _Delta | None = None
    finish_reason: str | None = None
    index: int = 0


class _Chunk(msgspec.Struct, gc=False):
    choices: list[_Choice] | None = None
    usage: msgspec.Raw = _NOTHING
    error: msgspec.Raw = _NOTHING


class _Head(msgspec.Struct):
    id: str | None = None
    model: str | None = None
    service_tier: str | None = None


_decode: Final = msgspec.json.Decoder(_Chunk).decode
_decode_head: Final = msgspec.json.Decoder(_Head).decode
_encode: Final = msgspec.json.Encoder().encode


class ChatStreamReader:
    """One stream. `is_ending`: it said why it ends, so that it is whole even if nothing follows."""

    def __init__(self, writer: StreamWriter) -> None:
        self._writer = writer
        self._calls = StreamCalls(writer)
        self._is_begun = False
        self._is_thinking = False
        self._is_refused = False
        self._reason = ""
        self._counts: Counts | None = None
        self.is_finished = False
        self.fault: Fault | None = None

    @property
    def is_ending(self) -> bool:
        return bool(self._reason)

    def read(self, data: bytes) -> bytes:
        """What one event's data tells. Raises ProviderUnavailable where it cannot be read."""
        if data.startswith(_DONE):
            return self._done()
        chunk = read_answer_with(_decode, data)
        if len(chunk.error) and bytes(chunk.error) != b"null":
            self.fault = fault_in(data)
            return b""
        told = b"" if self._is_begun else self._begin(data)
        if len(chunk.usage):
            self._counts = counts_of(chunk.usage) or self._counts
        if chunk.choices and chunk.choices[0].index == 0:
            choice = chunk.choices[0]
            if choice.delta is not None:
                told += self._tell(choice.delta)
            self._reason = choice.finish_reason or self._reason
        return told

    def finish(self) -> bytes:
        """The end, with all that was counted."""
        self.is_finished = True
        stop = stop_of(self._reason, has_calls=self._calls.are_any, is_refused=self._is_refused)
        return self._end_thinking() + self._writer.finish(stop, "", self._counts, "")

    def _done(self) -> bytes:
        if not self._is_begun:
            raise ProviderUnavailable("The provider's stream ended before it began. Try again.")
        return self.finish()

    def _begin(self, data: bytes) -> bytes:
        self._is_begun = True
        head = read_answer_with(_decode_head, data)
        self._calls.answer_id = head.id or ""
        return self._writer.begin(Head(head.id or "", head.model or "", head.service_tier or ""))

    def _tell(self, delta: _Delta) -> bytes:
        told = b""
        if delta.reasoning_details:
            told = b"".join(map(self._tell_detail, delta.reasoning_details))
        elif len(delta.reasoning_content) > len(EMPTY):
            told = self._think(bytes(delta.reasoning_content))
        elif len(delta.reasoning) > len(EMPTY):
            told = self._think(bytes(delta.reasoning))
        if len(delta.content):
            told += self._tell_content(delta.content)
        if delta.refusal:
            self._is_refused = True
            told += self._end_thinking() + self._writer.refusal(_encode(delta.refusal))
        if delta.tool_calls:
            told += self._end_thinking() + self._calls.tell(delta.tool_calls)
        return told

    def _tell_content(self, content: msgspec.Raw) -> bytes:
        literal = bytes(content)
        if literal == EMPTY:
            return b""
        if literal.startswith(b'"'):
            if self._is_thinking:
                return self._end_thinking() + self._writer.text(literal)
            return self._writer.text(literal)
        told = b""
        for kind, piece in pieces_of(content):
            if piece != EMPTY:
                told += self._think(piece) if kind == "thinking" else self._end_thinking() + self._writer.text(piece)
        return told

    def _think(self, literal: bytes) -> bytes:
        if not literal.startswith(b'"'):
            return b""
        self._is_thinking = True
        return self._writer.thinking(literal)

    def _tell_detail(self, detail: wire.Detail) -> bytes:
        """With a seal, the text of it may come once more: it has been told as it was thought."""
        thought = thought_of(detail)
        is_sealed = thought.seal is not None and bool(thought.seal.data)
        told = b"" if (is_sealed and self._is_thinking) or not thought.text else self._think(_encode(thought.text))
        if thought.seal is not None and is_sealed:
            self._is_thinking = False
            told += self._writer.seal(thought.seal)
        return told

    def _end_thinking(self) -> bytes:
        if not self._is_thinking:
            return b""
        self._is_thinking = False
        return self._writer.seal(_OWN_SEAL)
