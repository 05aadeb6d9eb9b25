"""The events of a streamed Anthropic message, told to a writer as they come."""

from typing import Final

import msgspec
from msgspec.structs import replace

from gossamer.core.errors import ProviderUnavailable
from gossamer.dialects.answer import EMPTY, Fault, Head, Quoted, StreamWriter
from gossamer.dialects.faults import fault_in
from gossamer.dialects.losses import read_answer_with
from gossamer.dialects.messages.answer_reader import StopDetails
from gossamer.dialects.messages.endings import STOPS, Usage, counts_of, later, usage_in
from gossamer.dialects.seals import unwrap

_NOTHING: Final = msgspec.Raw()
_NO_INPUT: Final = (b"", b"{}", b"null")


class _Delta(msgspec.Struct, gc=False):
    type: str = ""
    text: msgspec.Raw = _NOTHING
    thinking: msgspec.Raw = _NOTHING
    partial_json: msgspec.Raw = _NOTHING
    signature: str = ""
    stop_reason: str | None = None
    stop_sequence: str | None = None
    stop_details: StopDetails | None = None


class _Block(msgspec.Struct):
    type: str
    text: msgspec.Raw = _NOTHING
    thinking: msgspec.Raw = _NOTHING
    data: str = ""
    id: str = ""
    name: str = ""
    input: msgspec.Raw = _NOTHING


class _Message(msgspec.Struct):
    id: str | None = None
    model: str | None = None
    usage: msgspec.Raw = _NOTHING


class _Event(msgspec.Struct, gc=False):
    type: str
    index: int = -1
    delta: _Delta | None = None
    content_block: _Block | None = None
    message: _Message | None = None
    usage: msgspec.Raw = _NOTHING


class _Open(msgspec.Struct):
    """A block that has begun. `call_at` is the number of the call that it is; `has_input`: a piece of it was told."""

    type: str
    call_at: int = -1
    whole_input: bytes = b""
    has_input: bool = False


_decode: Final = msgspec.json.Decoder(_Event).decode
_encode: Final = msgspec.json.Encoder().encode


class MessagesStreamReader:
    """One stream. `is_ending`: it said why it ends, so that it is whole even if nothing follows."""

    def __init__(self, writer: StreamWriter) -> None:
        self._writer = writer
        self._is_begun = False
        self._open: dict[int, _Open] = {}
        self._calls = 0
        self._usage = Usage()
        self._ending: _Delta | None = None
        self.is_finished = False
        self.fault: Fault | None = None

    @property
    def is_ending(self) -> bool:
        return self._ending is not None

    def read(self, data: bytes) -> bytes:
        """What one event's data tells. Raises ProviderUnavailable where it cannot be read."""
        event = read_answer_with(_decode, data)
        kind = event.type
        if kind == "content_block_delta" and event.delta is not None:
            return self._delta(event.index, event.delta)
        if kind == "error":
            self.fault = fault_in(data)
            return b""
        return self._step(kind, event)

    def finish(self) -> bytes:
        """The end, with all that was counted."""
        if not self._is_begun:
            raise ProviderUnavailable("The provider's stream ended before it began. Try again.")
        self.is_finished = True
        ending = self._ending or _Delta()
        stop = STOPS.get(ending.stop_reason or "", "end")
        details = ending.stop_details or StopDetails()
        return self._writer.finish(stop, ending.stop_sequence or "", counts_of(self._usage), details.explanation or "")

    def _step(self, kind: str, event: _Event) -> bytes:
        """Events that nobody here knows are passed over: new ones may come, says the API."""
        if kind == "message_start" and event.message is not None:
            return self._begin(event.message)
        if kind == "content_block_start" and event.content_block is not None:
            return self._start(event.index, event.content_block)
        if kind == "content_block_stop":
            return self._stop(event.index)
        if kind == "message_delta":
            self._usage = later(self._usage, usage_in(event.usage))
            self._ending = event.delta
            return b""
        if kind == "ping":
            return self._writer.ping()
        return self.finish() if kind == "message_stop" else b""

    def _begin(self, message: _Message) -> bytes:
        self._is_begun = True
        self._usage = usage_in(message.usage)
        tier = self._usage.service_tier or ""
        return self._writer.begin(Head(message.id or "", message.model or "", tier, counts_of(self._usage)))

    def _start(self, index: int, block: _Block) -> bytes:
        if not self._is_begun:
            raise ProviderUnavailable("The provider's stream has content before its beginning. Try again.")
        opened = self._open[index] = _Open(block.type)
        if block.type == "text":
            return self._writer.text(_quoted(block.text)) if len(block.text) > len(EMPTY) else b""
        if block.type == "thinking":
            return self._writer.thinking(_quoted(block.thinking)) if len(block.thinking) > len(EMPTY) else b""
        if block.type == "redacted_thinking":
            return self._writer.seal(replace(unwrap(block.data, "messages"), is_redacted=True))
        if block.type != "tool_use":
            return b""
        if not block.id or not block.name:
            raise ProviderUnavailable("The provider called a tool without a name. Try again.")
        opened.call_at = self._calls
        opened.whole_input = bytes(block.input)
        self._calls += 1
        return self._writer.call(opened.call_at, block.id, block.name)

    def _delta(self, index: int, delta: _Delta) -> bytes:
        opened = self._open.get(index)
        if opened is None:
            raise ProviderUnavailable("The provider sent a piece of a block that never began. Try again.")
        kind = delta.type
        if kind == "text_delta":
            return self._writer.text(_quoted(delta.text)) if len(delta.text) > len(EMPTY) else b""
        if kind == "input_json_delta":
            return self._input(opened, delta.partial_json)
        if kind == "thinking_delta":
            return self._writer.thinking(_quoted(delta.thinking)) if len(delta.thinking) > len(EMPTY) else b""
        if kind == "signature_delta" and delta.signature:
            return self._writer.seal(unwrap(delta.signature, "messages"))
        return b""

    def _input(self, opened: _Open, piece: msgspec.Raw) -> bytes:
        """Pieces for Anthropic's own tools, for which nobody here asked, are passed over."""
        if opened.call_at < 0 or len(piece) <= len(EMPTY):
            return b""
        opened.has_input = True
        return self._writer.arguments(opened.call_at, _quoted(piece))

    def _stop(self, index: int) -> bytes:
        """Imitators send the input of a call whole, with its beginning."""
        opened = self._open.pop(index, None)
        if opened is None:
            return b""
        told = b""
        if opened.call_at >= 0 and not opened.has_input and opened.whole_input not in _NO_INPUT:
            told = self._writer.arguments(opened.call_at, _encode(opened.whole_input.decode()))
        return told + self._writer.close()


def _quoted(piece: msgspec.Raw) -> Quoted:
    """Pieces go out as they came: of one that is no string, nothing whole could be made at the other end."""
    literal = bytes(piece)
    if literal == b"null":
        return EMPTY
    if not literal.startswith(b'"'):
        raise ProviderUnavailable("The provider sent a piece that is no text. Try again.")
    return literal
