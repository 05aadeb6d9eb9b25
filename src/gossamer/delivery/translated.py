"""An answer of a provider of another dialect, on its way to the client in the client's own.

A stream goes on event by event, in the turn in which each came; all else is kept until it is whole. What is counted is
what the provider said, before it is translated.
"""

from collections.abc import Callable

from gossamer.core.clock import wall_time
from gossamer.core.errors import GatewayError, ProviderUnavailable
from gossamer.core.exchange import Exchange
from gossamer.core.translation import Translation
from gossamer.delivery.answer_head import AnswerHead
from gossamer.delivery.failures import refusal_of
from gossamer.delivery.pieces import unzip
from gossamer.delivery.reply import reply
from gossamer.delivery.settle import settle, start_answer
from gossamer.dialects.ending import read_ending
from gossamer.dialects.stream import StreamTranslator
from gossamer.dialects.tally import StreamTally
from gossamer.dialects.terms import Echo
from gossamer.dialects.translate import translate_answer, translate_error
from gossamer.http.heads import ResponseHead
from gossamer.http.sse import EventSplitter
from gossamer.policy.headers import JSON_LINE, LIMIT_MARK, lines_of_translated, without_limits

_WHOLE_BYTES = 32 * 1024 * 1024
"""Of an answer that must be whole to be translated: as much as a request may have, pictures and all."""
_EXCERPT_CHARS = 100
_EVENTS_LINE = b"content-type: text/event-stream; charset=utf-8\r\n"
_EVENT_END = b"\n\n"
_CRLF_BYTES = 2

Refuse = Callable[[GatewayError, int, str], None]
"""Ends the attempt: the error, the provider's status, and what the record says of it."""


class TranslatedWhole:
    """Kept until it is whole. Also what should have been a stream, and is none."""

    is_started = False

    def __init__(self, exchange: Exchange, head: ResponseHead, seen: AnswerHead, refuse: Refuse) -> None:
        self._exchange = exchange
        self._head = head
        self._seen = seen
        self._refuse = refuse
        self._parts: list[bytes] = []
        self._size_bytes = 0

    def take(self, data: bytes) -> bool:
        self._size_bytes += len(data)
        if self._size_bytes <= _WHOLE_BYTES:
            self._parts.append(data)
        else:
            self._parts.clear()
        return True

    def turn_to_passing(self) -> "TranslatedWhole":
        return self

    @property
    def body(self) -> bytes:
        """All of it that came, as the provider meant it."""
        body = b"".join(self._parts)
        return unzip(body, _WHOLE_BYTES) if self._seen.encoding == b"gzip" else body

    def end(self) -> None:
        body = self.body
        if self._head.status < 400:
            self._tell(body)
        else:
            self._tell_refusal(body)

    def break_off(self, reason: GatewayError) -> None:
        self._refuse(reason, self._head.status, reason.message)

    def leave(self, *, has_taken: bool) -> int:
        del has_taken  # it has been told nothing
        self._exchange.owes_nothing = self._head.status >= 400
        return 0

    def _tell(self, body: bytes) -> None:
        exchange, translation = self._exchange, translation_of(self._exchange)
        wrong = self._what_is_wrong(body)
        if wrong:
            self._refuse_answer(wrong)
            return
        try:
            told = translate_answer(
                body, translation.client, translation.provider, echo_of(translation), int(wall_time())
            )
        except ProviderUnavailable as error:
            self._refuse_answer(f"it is no answer of that dialect. {error.message}")
            return
        exchange.usage, exchange.finish = read_ending(body)
        reply(exchange, self._head.status, JSON_LINE + lines_of(exchange, self._head), told)

    def _what_is_wrong(self, body: bytes) -> str:
        kind = (self._head.get(b"content-type") or b"no content-type").decode("latin-1")
        if self._size_bytes > _WHOLE_BYTES:
            return f"it is longer than {_WHOLE_BYTES} bytes."
        if self._exchange.is_stream:
            return f"a stream of events was asked for, and this is {kind}."
        if "json" not in kind.lower() and not body.lstrip().startswith(b"{"):
            return f"it is no JSON but {kind}: {_excerpt(body)}"
        return ""

    def _refuse_answer(self, wrong: str) -> None:
        label = self._exchange.target.label if self._exchange.target is not None else "The provider"
        words = f"{label} answered {self._head.status}, and {wrong}"
        advice = "Is its `base_url` right, and does it speak this dialect?"
        self._refuse(ProviderUnavailable(f"{words} {advice}"), self._head.status, words)

    def _tell_refusal(self, body: bytes) -> None:
        exchange, status = self._exchange, self._head.status
        error = refusal_of(exchange, status, self._seen, body)
        if error is not None:
            self._refuse(error, status, "refused")
            return
        told = translate_error(body, status, translation_of(exchange).client)
        reply(exchange, status, JSON_LINE + lines_of(exchange, self._head), told, error="provider_refused")


class TranslatedStream:
    """Server-sent events of one dialect, told as those of another."""

    is_started = True

    def __init__(self, exchange: Exchange, head: ResponseHead, stop: Callable[[], None]) -> None:
        translation = translation_of(exchange)
        self._exchange = exchange
        self._status = head.status
        self._stop = stop
        self._splitter = EventSplitter()
        self._tally = StreamTally(translation.provider)
        self._translator = StreamTranslator(
            translation.client, translation.provider, echo_of(translation), int(wall_time())
        )
        self._events = 0
        self._is_over = False
        exchange.request.start(head.status, _EVENTS_LINE + lines_of(exchange, head) + start_answer(exchange))

    def take(self, data: bytes) -> bool:
        whole = self._splitter.feed(data)
        if whole and not self._is_over:
            self._tell(whole)
        return True

    def tap(self, chunk: bytes, begin: int) -> bool:
        """The short way for a chunk that is whole events, without a look at what is kept."""
        if self._splitter.kept or self._is_over or not chunk.endswith(b"\n\n\r\n"):
            return False
        self._tell(chunk[begin:-_CRLF_BYTES])
        return True

    def turn_to_passing(self) -> "TranslatedStream":
        return self

    def end(self) -> None:
        if self._is_over:
            return
        rest = self._splitter.rest()
        self._tally.see(rest)
        self._write(self._translator.feed(rest) + self._translator.end())
        self._tell_use()
        if self._translator.failure is None:
            self._finish()
        else:
            self._fail()

    def break_off(self, reason: GatewayError) -> None:
        if self._is_over:
            return
        self._tell_use()
        if self._translator.is_finished:
            self._finish()
            return
        self._write(self._translator.fail(reason))
        self._is_over = True
        settle(self._exchange, "stream_broken", self._status, reason.code)
        self._exchange.request.break_off()

    def leave(self, *, has_taken: bool) -> int:
        self._tell_use()
        if has_taken and self._translator.is_finished:
            settle(self._exchange, "completed", self._status)
        return self._status

    def _tell(self, whole: bytes) -> None:
        self._tally.see(whole)
        self._events += whole.count(_EVENT_END)
        self._write(self._translator.feed(whole))
        if self._translator.failure is not None:
            self._tell_use()
            self._stop()
            self._fail()

    def _write(self, told: bytes) -> None:
        if told:
            self._exchange.response_bytes += len(told)
            self._exchange.request.write(told)

    def _finish(self) -> None:
        self._is_over = True
        settle(self._exchange, "completed", self._status)
        self._exchange.request.end()

    def _fail(self) -> None:
        """The client has been told; what the provider itself said of it is a clean end, all else is not."""
        self._is_over = True
        exchange, failure = self._exchange, self._translator.failure
        if self._tally.error is not None:
            settle(exchange, "provider_failed", self._status, self._tally.error)
            exchange.request.end()
            return
        settle(exchange, "stream_broken", self._status, failure.code if failure is not None else None)
        exchange.request.break_off()

    def _tell_use(self) -> None:
        self._exchange.usage = self._tally.usage
        self._exchange.finish = self._tally.finish
        self._exchange.streamed_events = self._events


def translation_of(exchange: Exchange) -> Translation:
    translation = exchange.translation
    assert translation is not None, "only what was translated comes here"
    return translation


def echo_of(translation: Translation) -> Echo:
    return Echo(translation.includes_usage, translation.settings)


def lines_of(exchange: Exchange, head: ResponseHead) -> bytes:
    """The provider's headers that still mean something, and what was lost of the request."""
    fields = head.headers
    if exchange.limit_lines and any(name.startswith(LIMIT_MARK) for name, _ in fields):
        fields = without_limits(fields)
    return lines_of_translated(fields) + translation_of(exchange).lines


def _excerpt(body: bytes) -> str:
    text = " ".join(body[: 4 * _EXCERPT_CHARS].decode("utf-8", "replace").split())
    return f"{text[:_EXCERPT_CHARS]!r}."
