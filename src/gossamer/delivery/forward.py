"""The answer on its way from the provider to the client, in the provider connection's own turn.

A small JSON answer is collected, since its usage is read and its head says what it cost. A stream of events goes on event
by event, only whole ones, so that an error can be said between two of them. Everything else goes on as it comes.
"""

import zlib

from gossamer.core.clock import now_ns
from gossamer.core.errors import GatewayError, ProviderTimeout, ProviderUnavailable
from gossamer.core.exchange import Exchange
from gossamer.core.ports import Sending
from gossamer.core.record import Attempt
from gossamer.delivery.answer_head import AnswerHead, answer_head
from gossamer.delivery.provider_errors import refusal_of
from gossamer.delivery.reply import own_headers, refuse, reply
from gossamer.delivery.settle import settle
from gossamer.dialects.errors import render_stream_error
from gossamer.dialects.tally import StreamTally
from gossamer.dialects.usage import usage_in_tail, usage_of_answer
from gossamer.http.errors import CallFailed, CallTimeout
from gossamer.http.heads import ResponseHead
from gossamer.http.sse import EventSplitter

_COLLECTED_BYTES = 1024 * 1024
"""A JSON answer up to here is read for its usage before it goes on; a larger one goes on as it comes."""
_TAIL_BYTES = 8 * 1024
"""Of a larger one, this much of its end is kept: that is where providers put the usage."""
CLIENT_CLOSED = 499
"""nginx's number for a client that left: nothing was sent, so no status was."""


class Delivery:
    """Hears of the answer (a ResponseSink) and of the client (a RequestOwner)."""

    __slots__ = (
        "_exchange",
        "_head",
        "_is_collecting",
        "_is_started",
        "_parts",
        "_splitter",
        "_tail",
        "_tally",
        "sending",
    )

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self.sending: Sending | None = None
        self._head: ResponseHead | None = None
        self._is_collecting = False
        self._is_started = False
        self._parts: list[bytes] = []
        self._splitter: EventSplitter | None = None
        self._tally: StreamTally | None = None
        self._tail = b""

    # --- what the provider's connection tells ---

    def response_complete(self, head: ResponseHead, body: bytes) -> None:
        self._note_answer(head)
        seen = answer_head(head)
        if seen.is_events and head.status < 400:
            self._start(head, seen)
            self.response_data(body)
            self.response_ended()
        else:
            self._answer_whole(head, seen, body)

    def response_started(self, head: ResponseHead) -> None:
        self._note_answer(head)
        seen = answer_head(head)
        self._head = head
        is_small = head.length is None or head.length <= _COLLECTED_BYTES
        if head.status >= 400 or (not seen.is_events and not _is_download(seen) and is_small):
            self._is_collecting = True
        else:
            self._start(head, seen)

    def response_data(self, data: bytes) -> None:
        if self._tally is not None and self._splitter is not None:
            whole = self._splitter.feed(data)
            if whole:
                self._pass_on(self._tally.see(whole))
        elif self._is_collecting:
            self._collect(data)
        else:
            self._tail = (self._tail + data)[-_TAIL_BYTES:]
            self._pass_on(data)

    def response_ended(self) -> None:
        exchange = self._exchange
        if self._is_collecting and self._head is not None:
            self._answer_whole(self._head, answer_head(self._head), b"".join(self._parts))
            return
        tally = self._tally
        if tally is not None and self._splitter is not None:
            rest = self._splitter.rest()
            if rest:
                self._pass_on(tally.see(rest))
            exchange.usage = tally.usage
            if tally.error is not None:
                settle(exchange, "provider_failed", self._status, tally.error)
            elif not tally.is_finished:
                self._break(
                    ProviderUnavailable("The provider ended its stream in the middle of the answer. Try again.")
                )
                return
        else:
            exchange.usage = usage_in_tail(self._tail)
        settle(exchange, "completed", self._status)
        exchange.request.end()

    def response_failed(self, error: CallFailed) -> None:
        exchange = self._exchange
        reason = _in_words(exchange, error)
        if not exchange.attempts:
            self._note_attempt(0, str(error))
        if self._is_started:
            self._break(reason)
            return
        exchange.answered_ns = now_ns()
        if exchange.sent_ns == 0:
            exchange.sent_ns = exchange.answered_ns
        refuse(exchange, reason)

    # --- what the client's connection tells ---

    def client_gone(self) -> None:
        if self.sending is not None:
            self.sending.cancel()
        exchange = self._exchange
        if self._tally is not None:
            exchange.usage = self._tally.usage
        if not exchange.attempts:
            self._note_attempt(0, "cancelled: the client left")
        settle(exchange, "client_gone", self._status if self._is_started else CLIENT_CLOSED)

    def client_slow(self) -> None:
        if self.sending is not None:
            self.sending.pause()

    def client_ready(self) -> None:
        if self.sending is not None:
            self.sending.resume()

    # --- the ways of an answer ---

    def _answer_whole(self, head: ResponseHead, seen: AnswerHead, body: bytes) -> None:
        exchange = self._exchange
        self._is_collecting = False
        if head.status >= 400:
            refused = refusal_of(exchange, head.status, seen, body)
            if refused is not None:
                refuse(exchange, refused)
                return
            reply(exchange, head.status, seen.headers, body, error="provider_refused")
            return
        if seen.is_json:
            exchange.usage = usage_of_answer(body)
        elif seen.encoding == b"gzip":
            exchange.usage = usage_of_answer(_unzip(body))
        reply(exchange, head.status, seen.headers, body)

    def _start(self, head: ResponseHead, seen: AnswerHead) -> None:
        exchange = self._exchange
        self._head = head
        self._is_started = True
        length = head.length
        if seen.is_events:
            length = None  # an error may have to be said at the end
            self._splitter = EventSplitter()
            self._tally = StreamTally(exchange.caller.endpoint.dialect, hide_usage=exchange.hides_usage)
        exchange.request.start(head.status, seen.headers + own_headers(exchange), length)

    def _pass_on(self, data: bytes) -> None:
        self._exchange.response_bytes += len(data)
        self._exchange.request.write(data)

    def _collect(self, data: bytes) -> None:
        self._parts.append(data)
        head = self._head
        if head is None or sum(map(len, self._parts)) <= _COLLECTED_BYTES:
            return
        if head.status >= 400:  # no reason is that long: what came is enough
            self._parts = [b"".join(self._parts)[:_COLLECTED_BYTES]]
            return
        parts, self._parts = self._parts, []
        self._is_collecting = False
        self._start(head, answer_head(head))
        for part in parts:
            self.response_data(part)

    def _break(self, reason: GatewayError) -> None:
        """Say in the stream that it broke, then close without a clean end."""
        exchange = self._exchange
        if self._tally is not None:
            exchange.usage = self._tally.usage
            event = render_stream_error(reason, exchange.caller.endpoint.dialect)
            exchange.request.write(event)
        settle(exchange, "stream_broken", self._status, reason.code)
        exchange.request.break_off()

    # --- what is kept for the record ---

    @property
    def _status(self) -> int:
        return self._head.status if self._head is not None else 0

    def _note_answer(self, head: ResponseHead) -> None:
        exchange = self._exchange
        seen = exchange.services.turn.seen_ns
        sent = exchange.sent_ns
        exchange.answered_ns = answered = seen if seen > sent else now_ns() if seen == 0 else sent
        exchange.stamps.append(answered)
        self._note_attempt(head.status, None)

    def _note_attempt(self, status: int, error: str | None) -> None:
        exchange = self._exchange
        target = exchange.target
        label = target.label if target is not None else ""
        took = (exchange.answered_ns or now_ns()) - exchange.sent_ns
        exchange.attempts = (*exchange.attempts, Attempt(label, status, took, error))


def _is_download(seen: AnswerHead) -> bool:
    """What is neither JSON nor events is not ours to read."""
    return not seen.is_json and not seen.is_events and seen.encoding != b"gzip"


def _in_words(exchange: Exchange, error: CallFailed) -> GatewayError:
    label = exchange.target.label if exchange.target is not None else "The provider"
    if isinstance(error, CallTimeout):
        return ProviderTimeout(f"{label} was too slow: {error}. Try again, or raise its timeouts.")
    return ProviderUnavailable(f"{label} did not answer: {error}. Try again.")


def _unzip(body: bytes) -> bytes:
    """At most what a JSON answer may hold; a bomb gives nothing."""
    unzip = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        return unzip.decompress(body, _COLLECTED_BYTES)
    except zlib.error:
        return b""
