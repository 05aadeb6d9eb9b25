"""The events of a streamed response, told to a writer as they come."""

from typing import Final

import msgspec

from gossamer.core.errors import ProviderUnavailable
from gossamer.dialects.answer import EMPTY, Counts, Fault, Head, Quoted, StreamWriter
from gossamer.dialects.faults import fault_in
from gossamer.dialects.losses import read_answer_with
from gossamer.dialects.responses.answer_reader import Cut, Failure
from gossamer.dialects.responses.endings import counts_of, stop_of
from gossamer.dialects.responses.items import seal_of

_NOTHING: Final = msgspec.Raw()
_BREAK: Final[Quoted] = b'"\\n\\n"'
"""Between two parts of a summary."""


class _Item(msgspec.Struct, gc=False):
    type: str = ""
    id: str | None = None
    call_id: str | None = None
    name: str | None = None
    arguments: str | None = None
    encrypted_content: str | None = None


class _Response(msgspec.Struct, gc=False):
    id: str | None = None
    model: str | None = None
    service_tier: str | None = None
    incomplete_details: Cut | None = None
    error: Failure | None = None
    usage: msgspec.Raw = _NOTHING


class _Event(msgspec.Struct, gc=False):
    type: str
    output_index: int = -1
    summary_index: int = 0
    delta: msgspec.Raw = _NOTHING
    item: _Item | None = None
    response: _Response | None = None


class _Open(msgspec.Struct):
    """A call that has begun: our number of it, and whether a piece of its arguments was told."""

    at: int
    has_arguments: bool = False


_decode: Final = msgspec.json.Decoder(_Event).decode
_encode: Final = msgspec.json.Encoder().encode
_LAST: Final = ("response.completed", "response.incomplete")


class ResponsesStreamReader:
    """One stream. `is_ending` is never true before its last event: that event has all that is left to say."""

    is_ending = False

    def __init__(self, writer: StreamWriter) -> None:
        self._writer = writer
        self._is_begun = False
        self._is_refused = False
        self._calls: dict[int, _Open] = {}
        self._last: _Response | None = None
        self.is_finished = False
        self.fault: Fault | None = None

    def read(self, data: bytes) -> bytes:
        """What one event's data tells. Raises ProviderUnavailable where it cannot be read."""
        event = read_answer_with(_decode, data)
        kind = event.type
        if kind.endswith(".delta"):
            return self._delta(kind, event)
        if event.item is not None:
            return self._item(kind, event.output_index, event.item)
        if kind == "response.reasoning_summary_part.added":
            return self._writer.thinking(_BREAK) if event.summary_index else b""
        if kind == "response.content_part.done":
            return self._writer.close()
        return self._step(kind, event, data)

    def finish(self) -> bytes:
        """The end, with all that was counted."""
        last = self._last or _Response()
        self.is_finished = True
        cut = last.incomplete_details.reason or "" if last.incomplete_details is not None else ""
        stop = stop_of(cut, has_calls=bool(self._calls), is_refused=self._is_refused)
        return self._writer.finish(stop, "", counts_of(last.usage) or Counts(), "")

    def _step(self, kind: str, event: _Event, data: bytes) -> bytes:
        """Events that nobody here knows are passed over."""
        if kind == "error":
            self.fault = fault_in(data)
        elif kind == "response.failed":
            failure = (event.response.error if event.response is not None else None) or Failure()
            self.fault = Fault(failure.message or "The response failed.", "api_error", failure.code or "")
        elif event.response is not None:
            self._last = event.response
            begun = b"" if self._is_begun else self._begin(event.response)
            return begun + self.finish() if kind in _LAST else begun
        return b""

    def _begin(self, response: _Response) -> bytes:
        self._is_begun = True
        return self._writer.begin(Head(response.id or "", response.model or "", response.service_tier or ""))

    def _delta(self, kind: str, event: _Event) -> bytes:
        if not self._is_begun:
            raise ProviderUnavailable("The provider's stream has content before its beginning. Try again.")
        piece = bytes(event.delta)
        if len(piece) <= len(EMPTY) or not piece.startswith(b'"'):
            return b""
        if kind == "response.output_text.delta":
            return self._writer.text(piece)
        if kind == "response.function_call_arguments.delta":
            return self._arguments(event.output_index, piece)
        if kind in ("response.reasoning_summary_text.delta", "response.reasoning_text.delta"):
            return self._writer.thinking(piece)
        if kind == "response.refusal.delta":
            self._is_refused = True
            return self._writer.refusal(piece)
        return b""

    def _arguments(self, index: int, piece: Quoted) -> bytes:
        call = self._calls.get(index)
        if call is None:
            raise ProviderUnavailable("The provider sent a piece of a tool call that never began. Try again.")
        call.has_arguments = True
        return self._writer.arguments(call.at, piece)

    def _item(self, kind: str, index: int, item: _Item) -> bytes:
        if kind == "response.output_item.added":
            return self._call(index, item) if item.type == "function_call" else b""
        if kind != "response.output_item.done":
            return b""
        told = b""
        if item.type == "reasoning" and (seal := seal_of(item.encrypted_content, item.id)) is not None:
            told = self._writer.seal(seal)
        elif item.type == "function_call":
            told = self._end_call(index, item)
        return told + self._writer.close()

    def _call(self, index: int, item: _Item) -> bytes:
        if not item.call_id or not item.name:
            raise ProviderUnavailable("The provider called a tool without a name. Try again.")
        call = self._calls[index] = _Open(len(self._calls))
        return self._writer.call(call.at, item.call_id, item.name)

    def _end_call(self, index: int, item: _Item) -> bytes:
        """Imitators announce nothing, and send a call whole at its end."""
        told = b"" if index in self._calls else self._call(index, item)
        call = self._calls[index]
        if item.arguments and not call.has_arguments:
            told += self._writer.arguments(call.at, _encode(item.arguments))
        return told
