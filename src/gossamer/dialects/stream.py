"""A stream on its way from one dialect into another: bytes in as they come, bytes out at once.

Never raises: what cannot be read ends the stream with an error in the client's dialect, and `failure` says so.
"""

from typing import Final

from gossamer.core.endpoints import Wire
from gossamer.core.errors import GatewayError, ProviderUnavailable
from gossamer.dialects.answer import Fault, StreamWriter
from gossamer.dialects.chat.stream_reader import ChatStreamReader
from gossamer.dialects.chat.stream_writer import ChatStreamWriter
from gossamer.dialects.faults import fault_in, fault_of
from gossamer.dialects.messages.stream_reader import MessagesStreamReader
from gossamer.dialects.messages.stream_writer import MessagesStreamWriter
from gossamer.dialects.responses.stream_reader import ResponsesStreamReader
from gossamer.dialects.responses.stream_writer import ResponsesStreamWriter
from gossamer.dialects.terms import NO_ECHO, Echo
from gossamer.http.sse import EventSplitter, event_data, field_lines, split_events

_READERS: Final[dict[Wire, type[ChatStreamReader | MessagesStreamReader | ResponsesStreamReader]]] = {
    "chat": ChatStreamReader,
    "messages": MessagesStreamReader,
    "responses": ResponsesStreamReader,
}
_WRITERS: Final[dict[Wire, type[ChatStreamWriter | MessagesStreamWriter | ResponsesStreamWriter]]] = {
    "chat": ChatStreamWriter,
    "messages": MessagesStreamWriter,
    "responses": ResponsesStreamWriter,
}
_EVENT_BYTES: Final = 16 * 1024 * 1024
"""Whole responses come in one event, and may hold much text. A larger one would only fill the memory."""


class StreamTranslator:
    """One stream. `is_finished`: it was told to its end. `failure`: why it was not."""

    def __init__(self, client: Wire, provider: Wire, echo: Echo = NO_ECHO, now_s: int = 0) -> None:
        self._listen(new_writer(client, echo, now_s), provider)

    def _listen(self, writer: StreamWriter, provider: Wire) -> None:
        self._splitter = EventSplitter(_EVENT_BYTES)
        self._writer = writer
        self._reader = _READERS[provider](writer)
        self.failure: Fault | None = None

    @property
    def is_finished(self) -> bool:
        return self._reader.is_finished

    def feed(self, data: bytes) -> bytes:
        """What the provider's bytes say, in the client's dialect; empty where no event has ended."""
        block = self._splitter.feed(data)
        if not block:
            return b""
        if block.find(b"\n\n") == len(block) - 2:
            return self._tell_event(block)
        return b"".join(map(self._tell_event, split_events(block)))

    def end(self) -> bytes:
        """The provider's stream is over. One that never said why it ended has broken off."""
        told = self._tell_event(rest) if (rest := self._splitter.rest()) else b""
        if self._is_over():
            return told
        if not self._reader.is_ending:
            return told + self.fail(ProviderUnavailable("The provider's stream broke off. Try again."))
        try:
            return told + self._reader.finish()
        except GatewayError as error:
            return told + self.fail(error)

    def fail(self, error: GatewayError) -> bytes:
        """The event that ends the client's stream; nothing is told after it."""
        return self._fail(fault_of(error))

    def _fail(self, fault: Fault) -> bytes:
        if self.failure is not None:
            return b""
        self.failure = fault
        return self._writer.fail(fault)

    def _tell_event(self, event: bytes) -> bytes:
        """Nearly all are one line of data, or a name and one line of data."""
        if event.startswith(b"data: "):
            at = 6
        else:
            at = event.find(b"\n") + 1
            if not (event.startswith(b"event: ") and event.startswith(b"data: ", at)):
                return self._tell_odd(event)
            if event.startswith(b"error", 7):
                return self._tell_odd(event)
            at += 6
        if event.find(b"\n", at) == len(event) - 2 and b"\r" not in event:
            return self._tell(event[at:-2])
        return self._tell_odd(event)

    def _tell_odd(self, event: bytes) -> bytes:
        """By the letter of the format. Comments keep connections alive: so that they do it at the other end too, they
        are passed on."""
        data = event_data(event)
        if data is None:
            return self._writer.ping() if event.startswith(b":") and not self._is_over() else b""
        if field_lines(event, b"event") == [b"error"] and not self._is_over():
            return self._fail(fault_in(data))
        return self._tell(data)

    def _tell(self, data: bytes) -> bytes:
        if self._is_over():
            return b""
        try:
            told = self._reader.read(data)
        except GatewayError as error:
            return self.fail(error)
        if self._reader.fault is not None:
            return told + self._fail(self._reader.fault)
        return told

    def _is_over(self) -> bool:
        return self.failure is not None or self._reader.is_finished


class StreamRead(StreamTranslator):
    """The same for a writer of the caller's own."""

    def __init__(self, provider: Wire, writer: StreamWriter) -> None:
        self._listen(writer, provider)


def new_writer(client: Wire, echo: Echo, now_s: int) -> StreamWriter:
    """Of a stream in this dialect."""
    return _WRITERS[client](echo, now_s)
