"""The answer on its way from the provider to the client, in the provider connection's own turn.

An answer that comes whole is read for its usage and answered in one write. What comes in pieces is collected if it is a
small JSON body or a refusal, goes on event by event if it is a stream of events, else as it comes (pieces.py).
"""

from gossamer.core.clock import now_ns
from gossamer.core.errors import CallerError, GatewayError
from gossamer.core.exchange import Exchange
from gossamer.core.ports import Sending
from gossamer.core.record import Attempt
from gossamer.delivery.answer_head import AnswerHead, answer_head
from gossamer.delivery.failures import in_words
from gossamer.delivery.pieces import Collecting, Passing, Pieces, Streaming, pass_on_error, told_in_place
from gossamer.delivery.reply import note_defect, refuse, reply
from gossamer.delivery.settle import settle
from gossamer.delivery.translated import TranslatedStream, TranslatedWhole
from gossamer.dialects.ending import read_ending
from gossamer.dialects.inside import Told
from gossamer.http.call import Call
from gossamer.http.errors import CallFailed
from gossamer.http.heads import ResponseHead

CLIENT_CLOSED = 499
"""nginx's number for a client that left: nothing was sent, so no status was."""


class Delivery:
    """Hears of the answer (a ResponseSink) and of the client (a RequestOwner)."""

    sending: Sending | None = None
    _pieces: Pieces | None = None
    _is_slow = False
    """Whether the client has yet to take what was written to it."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    # --- what the provider's connection tells ---

    def request_waited(self) -> None:
        """The wait for a place among the provider's connections was the gateway's own: `dispatch` ends only now."""
        exchange = self._exchange
        exchange.sent_ns = exchange.stamps[-1] = now_ns()

    def response_complete(self, head: ResponseHead, body: bytes) -> None:
        self.sending = None  # it holds this sink: a circle that only the collector would undo
        exchange = self._exchange
        answered_ns = exchange.services.turn.seen_ns  # as _note_answer has it, without the call
        if answered_ns < exchange.sent_ns:
            answered_ns = exchange.sent_ns
        exchange.answered_ns = answered_ns
        exchange.stamps.append(answered_ns)
        try:
            seen: AnswerHead = head.notes or answer_head(head)
            if seen.is_good_json and exchange.translation is None:
                exchange.usage, exchange.finish = usage, finish = read_ending(body)
                if usage is None and finish is None and self._was_no_answer(head, seen, body):
                    return
                reply(exchange, head.status, seen.own_limits if exchange.limit_lines else seen.headers, body)
                return
            self._begin(head, seen)
            self.response_data(body)
        except Exception as error:  # noqa: BLE001 - as below
            self._end_with_defect(error)
        else:
            self.response_ended()

    def response_started(self, head: ResponseHead) -> None:
        self._note_answer()
        self._begin(head, answer_head(head))

    def response_data(self, data: bytes) -> None:
        pieces = self._pieces
        if pieces is not None and not pieces.take(data):
            self._pieces = pieces.turn_to_passing()

    def response_ended(self) -> None:
        self.sending = None
        try:
            if self._pieces is not None:
                self._pieces.end()
        except Exception as error:  # noqa: BLE001 - the call is over: nobody else would end the request
            self._end_with_defect(error)

    def response_failed(self, error: CallFailed) -> None:
        self.sending = None
        exchange = self._exchange
        reason = in_words(exchange, error)
        if exchange.answered_ns == 0:
            exchange.answered_ns = now_ns()
            self._note_attempt(0, str(error))
        self._break_off(reason)

    # --- what the client's connection tells ---

    def client_gone(self) -> None:
        exchange = self._exchange
        sending, self.sending = self.sending, None
        if sending is not None:
            exchange.owes_nothing = isinstance(sending, Call) and sending.connection is None  # it never went out
            sending.cancel()
        status = CLIENT_CLOSED
        if self._pieces is not None:
            status = self._pieces.leave(has_taken=not self._is_slow)
        if exchange.answered_ns == 0:
            exchange.answered_ns = now_ns()
            self._note_attempt(0, "cancelled: the client left")
        settle(exchange, "client_gone", status or CLIENT_CLOSED)

    def body_refused(self, reason: CallerError) -> None:
        """The rest of an upload will never come, or is no body."""
        sending, self.sending = self.sending, None
        if sending is not None:
            sending.cancel()
        exchange = self._exchange
        if exchange.answered_ns == 0:
            exchange.answered_ns = now_ns()
            self._note_attempt(0, "cancelled: the body broke off")
        self._break_off(reason)

    def client_slow(self) -> None:
        self._is_slow = True
        if self.sending is not None:
            self.sending.pause()

    def client_ready(self) -> None:
        self._is_slow = False
        if self.sending is not None:
            self.sending.resume()

    # --- inside ---

    def _break_off(self, reason: GatewayError) -> None:
        if self._pieces is not None and self._pieces.is_started:
            self._pieces.break_off(reason)
        else:
            refuse(self._exchange, reason)

    def _end_with_defect(self, error: Exception) -> None:
        exchange = self._exchange
        is_late = exchange.is_settled  # the answer may have left in part: nothing whole can follow it
        reason = note_defect(exchange, error)
        if is_late:
            exchange.request.abort()
        else:
            self._break_off(reason)

    def _begin(self, head: ResponseHead, seen: AnswerHead) -> None:
        exchange = self._exchange
        translation = exchange.translation
        if translation is not None:
            if translation.is_needed:
                self._begin_translated(head, seen)
                return
            seen = seen.with_lines(translation.lines)
        if exchange.caller.method == "HEAD":
            self._pieces = Passing(exchange, head, seen)
        elif head.status >= 400:
            self._note_attempt(head.status, "refused")
            self._pieces = Collecting(exchange, head, seen)
        elif seen.is_events:
            self._pieces = streaming = Streaming(exchange, head, seen)
            if isinstance(self.sending, Call):
                self.sending.tap = streaming.tap()
        elif seen.may_tell_usage:
            self._pieces = Collecting(exchange, head, seen)
        else:
            self._pieces = Passing(exchange, head, seen)

    def _was_no_answer(self, head: ResponseHead, seen: AnswerHead, body: bytes) -> bool:
        """Asked of a body that tells neither its use nor why it ends."""
        told = told_in_place(self._exchange, body)
        if told is not None:
            self._end_without(head, seen, told, body)
        return told is not None

    def _end_without(self, head: ResponseHead, seen: AnswerHead, told: Told, body: bytes) -> None:
        pass_on_error(self._exchange, head, seen, told, body)

    def _begin_translated(self, head: ResponseHead, seen: AnswerHead) -> None:
        exchange = self._exchange
        if head.status >= 400:
            self._note_attempt(head.status, "refused")
        elif exchange.is_stream and seen.is_events:
            self._pieces = streaming = TranslatedStream(exchange, head, self._stop)
            if isinstance(self.sending, Call):
                self.sending.tap = streaming.tap
            return
        self._pieces = TranslatedWhole(exchange, head, seen, self._refuse_answer)

    def _refuse_answer(self, reason: GatewayError, status: int, words: str) -> None:
        """A whole answer that is worth nothing to the client."""
        if status < 400:
            self._note_attempt(status, words)
        refuse(self._exchange, reason)

    def _stop(self) -> None:
        """The rest of the answer is of no use."""
        sending, self.sending = self.sending, None
        if sending is not None:
            sending.cancel()

    def _note_answer(self) -> None:
        """The moment from which time is ours again: not before the request went out, however long the turn is."""
        exchange = self._exchange
        answered_ns = exchange.services.turn.seen_ns
        if answered_ns < exchange.sent_ns:
            answered_ns = exchange.sent_ns
        exchange.answered_ns = answered_ns
        exchange.stamps.append(answered_ns)

    def _note_attempt(self, status: int, error: str | None) -> None:
        exchange = self._exchange
        label = exchange.target.label if exchange.target is not None else ""
        took_ns = exchange.answered_ns - exchange.sent_ns
        exchange.attempts = (*exchange.attempts, Attempt(label, status, took_ns, error))
