"""An answer that comes in pieces: collected, passed on as it comes, or passed on event by event."""

import zlib
from collections.abc import Callable
from typing import Protocol

from gossamer.core.endpoints import Dialect
from gossamer.core.errors import GatewayError, ProviderUnavailable
from gossamer.core.exchange import Exchange
from gossamer.delivery.answer_head import COLLECTED_BYTES, AnswerHead, answer_lines
from gossamer.delivery.failures import refusal_of
from gossamer.delivery.reply import refuse, reply
from gossamer.delivery.settle import settle, start_answer
from gossamer.dialects.ending import read_ending
from gossamer.dialects.errors import render_stream_error
from gossamer.dialects.inside import Told, told_by_body
from gossamer.dialects.tally import DATA_BYTES, ERROR_CHARACTERS, OF_NOTE, StreamTally, decode_content
from gossamer.dialects.usage import usage_in_tail
from gossamer.http.heads import ResponseHead
from gossamer.http.sse import EventSplitter

_CRLF_BYTES = 2
_EVENT_END = b"\n\n"
_CRLF_EVENT_END = b"\n\r\n"
_MARKS: dict[Dialect, bytes] = {"responses": b'.delta"', "messages": b'"content_block_delta"'}
"""What an event with a part of the answer has, where a dialect has others too. Inside a string its quote is escaped."""
_TAIL_BYTES = 8 * 1024
"""Of a larger one, this much of its end is kept: that is where providers put the usage."""


class Pieces(Protocol):
    """What becomes of the pieces. `take` says whether to go on like this, or to turn to passing."""

    is_started: bool
    """Whether the client has been sent anything."""

    def take(self, data: bytes) -> bool: ...

    def turn_to_passing(self) -> "Pieces": ...

    def end(self) -> None: ...

    def break_off(self, reason: GatewayError) -> None: ...

    def leave(self, *, has_taken: bool) -> int:
        """The client is gone: note what is known, and return the status that it had been sent, or 0. `has_taken`:
        whether all that was written to it has left. One that has the last event of a stream has the answer.
        """


class Collecting:
    """Kept until it is whole."""

    is_started = False

    def __init__(self, exchange: Exchange, head: ResponseHead, seen: AnswerHead) -> None:
        self._exchange = exchange
        self._head = head
        self._seen = seen
        self._parts: list[bytes] = []
        self._size_bytes = 0

    def take(self, data: bytes) -> bool:
        self._size_bytes += len(data)
        if self._size_bytes <= COLLECTED_BYTES or self._head.status < 400:
            self._parts.append(data)
        return self._size_bytes <= COLLECTED_BYTES or self._head.status >= 400

    @property
    def body(self) -> bytes:
        """All of it that came."""
        return b"".join(self._parts)

    @property
    def text(self) -> bytes:
        """The same, unpacked."""
        return unzip(self.body) if self._seen.encoding == b"gzip" else self.body

    def turn_to_passing(self) -> "Passing":
        passing = Passing(self._exchange, self._head, self._seen)
        for part in self._parts:
            passing.take(part)
        return passing

    def end(self) -> None:
        exchange, head, seen = self._exchange, self._head, self._seen
        body = self.body
        if head.status < 400:
            text = self.text
            exchange.usage, exchange.finish = ending = read_ending(text)
            told = told_in_place(exchange, text) if ending == (None, None) else None
            if told is None:
                reply(exchange, head.status, answer_lines(exchange, seen), body)
            else:
                pass_on_error(exchange, head, seen, told, body)
            return
        error = refusal_of(exchange, head.status, seen, body)
        if error is None:
            reply(exchange, head.status, answer_lines(exchange, seen), body, error="provider_refused")
        else:
            refuse(exchange, error)

    def break_off(self, reason: GatewayError) -> None:
        refuse(self._exchange, reason)

    def leave(self, *, has_taken: bool) -> int:
        del has_taken  # it has been told nothing
        self._exchange.owes_nothing = self._head.status >= 400
        return 0


class Passing:
    """Nothing that is ours to read: it goes on as it comes, its length as the provider said."""

    is_started = True

    def __init__(self, exchange: Exchange, head: ResponseHead, seen: AnswerHead) -> None:
        self._exchange = exchange
        self._status = head.status
        self._tail = b""
        exchange.request.start(head.status, answer_lines(exchange, seen) + start_answer(exchange), head.length)

    def take(self, data: bytes) -> bool:
        self._tail = data[-_TAIL_BYTES:] if len(data) >= _TAIL_BYTES else (self._tail + data)[-_TAIL_BYTES:]
        self._exchange.response_bytes += len(data)
        self._exchange.request.write(data)
        return True

    def turn_to_passing(self) -> "Passing":
        return self

    def end(self) -> None:
        exchange = self._exchange
        exchange.usage = usage_in_tail(self._tail)
        settle(exchange, "completed", self._status)
        exchange.request.end()

    def break_off(self, reason: GatewayError) -> None:
        settle(self._exchange, "stream_broken", self._status, reason.code)
        self._exchange.request.break_off()

    def leave(self, *, has_taken: bool) -> int:
        del has_taken  # whoever has all of a body that says its length is not waited for any more
        return self._status


class Streaming:
    """Server-sent events. Only whole ones go on, so that an error can be said between two of them."""

    is_started = True

    def __init__(self, exchange: Exchange, head: ResponseHead, seen: AnswerHead) -> None:
        self._exchange = exchange
        self._status = head.status
        self._feed = EventSplitter()
        dialect = exchange.caller.endpoint.dialect
        self._tally = StreamTally(dialect, hide_usage=exchange.hides_usage)
        self._mark = _MARKS.get(dialect, _EVENT_END)
        self._events = 0
        exchange.request.start(head.status, answer_lines(exchange, seen) + start_answer(exchange))

    def take(self, data: bytes) -> bool:
        whole = self._feed.feed(data)
        if whole:
            whole = self._tally.see(whole)
            self._events += whole.count(self._mark) or whole.count(_CRLF_EVENT_END)
            self._exchange.response_bytes += len(whole)
            self._exchange.request.write(whole)
        return True

    def tap(self) -> Callable[[bytes, int], bool] | None:
        """The short way for chunks, where this answer can go it."""
        write = self._exchange.request.chunk_writer()
        if write is None:
            return None
        self._write = write
        return self._take_framed

    def _take_framed(self, chunk: bytes, begin: int) -> bool:
        """A chunk that is one event, with nothing but content, goes on as it came: how streams nearly always come."""
        if self._feed.kept or not chunk.endswith(b"\n\n\r\n") or not chunk.startswith(b"data: {", begin):
            return False
        try:
            if decode_content(chunk[begin + DATA_BYTES :]).usage is not None:
                return False
        except OF_NOTE:
            return False
        self._tally.last = chunk
        self._events += 1
        self._exchange.response_bytes += len(chunk) - begin - _CRLF_BYTES
        self._write(chunk)
        return True

    def turn_to_passing(self) -> "Streaming":
        return self

    def end(self) -> None:
        exchange, tally = self._exchange, self._tally
        rest = self._feed.rest()
        if rest:
            rest = tally.see(rest)
        if not self._is_whole():
            self.break_off(ProviderUnavailable("The provider ended its stream in the middle of the answer. Try again."))
            return
        exchange.response_bytes += len(rest)
        exchange.request.write(rest)
        self._tell_use()
        if tally.error is not None:
            settle(exchange, "provider_failed", self._status, tally.error)
        settle(exchange, "completed", self._status)
        exchange.request.end()

    def _is_whole(self) -> bool:
        """Whether a stream that ended cleanly says of itself that it came to its end, or why it did not."""
        tally = self._tally
        return (
            not self._exchange.caller.endpoint.ends_with_mark
            or tally.is_finished
            or tally.error is not None
            or tally.has_said_why
        )

    def break_off(self, reason: GatewayError) -> None:
        exchange = self._exchange
        self._tell_use()
        if self._is_told():
            # The answer was whole: an error behind its last event would make it look broken.
            self._settle_told()
            exchange.request.end()
            return
        error = render_stream_error(reason, exchange.caller.endpoint.dialect, self._tally.next_number)
        exchange.request.write(error)
        settle(exchange, "stream_broken", self._status, reason.code)
        exchange.request.break_off()

    def leave(self, *, has_taken: bool) -> int:
        self._tell_use()
        if has_taken and self._is_told():
            self._settle_told()
        return self._status

    def _is_told(self) -> bool:
        """Whether the last event was passed on, with the end of the stream still to come."""
        return self._exchange.caller.endpoint.ends_with_mark and self._tally.is_finished

    def _settle_told(self) -> None:
        error = self._tally.error
        settle(self._exchange, "completed" if error is None else "provider_failed", self._status, error)

    def _tell_use(self) -> None:
        self._exchange.usage = self._tally.usage
        self._exchange.finish = self._tally.finish
        self._exchange.streamed_events = self._events


def told_in_place(exchange: Exchange, text: bytes) -> Told | None:
    """The error in place of an answer, on the paths where there is nothing else that has one."""
    return told_by_body(text) if exchange.caller.endpoint.ends_with_mark else None


def pass_on_error(exchange: Exchange, head: ResponseHead, seen: AnswerHead, told: Told, body: bytes) -> None:
    """With a good status, as the provider said it; that it failed is written down."""
    reply(exchange, head.status, answer_lines(exchange, seen), body, "provider_failed", told.words[:ERROR_CHARACTERS])


def unzip(body: bytes, most_bytes: int = COLLECTED_BYTES) -> bytes:
    """At most what a JSON answer may hold; a bomb gives nothing."""
    unzipping = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        return unzipping.decompress(body, most_bytes)
    except zlib.error:
        return b""
