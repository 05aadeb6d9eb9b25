"""Deliveries of requests that have a route: what fails before the client was sent a byte may go on elsewhere.

Each attempt has a Delivery of its own; between two there may be a pause. What to do after a failure the route says,
what became of the attempts the exchange keeps. With the first byte to the client it is a delivery like any other.
"""

import asyncio
from typing import Final

import msgspec

from gossamer.core.clock import now_ns
from gossamer.core.errors import GatewayError, ProviderTimeout, ProviderUnavailable
from gossamer.core.exchange import Exchange
from gossamer.core.failure import Failure, Step
from gossamer.core.ports import Reply, Route
from gossamer.core.record import Attempt
from gossamer.delivery.answer_head import AnswerHead
from gossamer.delivery.exhausted import all_failed, failure_of_call, failure_of_status
from gossamer.delivery.failures import in_words, refusal_inside, refusal_of
from gossamer.delivery.forward import CLIENT_CLOSED, Delivery
from gossamer.delivery.pieces import Collecting, told_in_place
from gossamer.delivery.prepare import prepare
from gossamer.delivery.reply import note_defect, refuse, reply_with
from gossamer.delivery.settle import settle
from gossamer.delivery.translated import TranslatedWhole
from gossamer.delivery.unopened import Unopened
from gossamer.delivery.upload import Upload
from gossamer.dialects.inside import Told, told_by_first
from gossamer.http.errors import CallFailed
from gossamer.http.heads import ResponseHead
from gossamer.policy.headers import target_lines
from gossamer.policy.retry import kind_of_status

_NS_PER_S: Final = 1_000_000_000


def dispatch_routed(exchange: Exchange, route: Route) -> None:
    """The first attempt. Raises what `prepare` does, where no other target can be told either."""
    try:
        answer = prepare(exchange)
    except GatewayError as error:
        answer = _prepared_elsewhere(exchange, route, error)
    if answer is not None:
        reply_with(exchange, answer)
        return
    exchange.sent_ns = exchange.services.turn.worked_ns = sent_ns = now_ns()
    exchange.stamps.append(sent_ns)
    if route.deadline_s is not None:
        left_s = route.deadline_s - (sent_ns - exchange.stamps[0]) / _NS_PER_S
        route.watch = asyncio.get_running_loop().call_later(max(0.0, left_s), _deadline_passed, exchange)
    try:
        _send(exchange, route, sent_ns)
    except GatewayError:
        if not _attempt(exchange, route, route.failed(exchange, Failure("unfit"), sent_ns)):
            raise


def _prepared_elsewhere(exchange: Exchange, route: Route, reason: GatewayError) -> Reply | None:
    while _turn_elsewhere(exchange, route):
        try:
            return prepare(exchange)
        except GatewayError as error:
            reason = error
    raise reason


def _turn_elsewhere(exchange: Exchange, route: Route) -> bool:
    """What cannot be said to this target may be said to another one."""
    step = route.failed(exchange, Failure("unfit"), now_ns())
    if step is None:
        return False
    _turn_to(exchange, step)
    return True


def _turn_to(exchange: Exchange, step: Step) -> None:
    target = step.target
    number = len(exchange.attempts) + 1
    exchange.target = msgspec.structs.replace(target, headers=target_lines(target.label, number) + exchange.cache_line)
    exchange.translation = None  # of the target before


def _send(exchange: Exchange, route: Route, at_ns: int) -> None:
    target = exchange.target
    assert target is not None
    exchange.request.owner = delivery = RoutedDelivery(exchange, route, at_ns)
    route.asked(at_ns)
    upload = None
    if exchange.is_upload:
        delivery.upload = upload = Upload(exchange, delivery.body_refused)
    delivery.sending = target.provider.send(exchange, delivery, upload)


class RoutedDelivery(Delivery):
    """One attempt, which may not be the last."""

    upload: Upload | None = None
    _refused: tuple[ResponseHead, AnswerHead] | None = None
    _unopened: Unopened | None = None

    def __init__(self, exchange: Exchange, route: Route, began_ns: int) -> None:
        self._exchange = exchange  # as the class above has it, without the call
        self._route = route
        self._began_ns = began_ns
        self._stamps = len(exchange.stamps)
        """Up to the hand-over: what an attempt that failed adds is taken back."""

    def request_waited(self) -> None:
        """As for any other; but behind a failure, whatever a request waits for is the provider's part."""
        if not self._exchange.attempts:
            super().request_waited()

    def response_data(self, data: bytes) -> None:
        if self._unopened is None:
            super().response_data(data)
        elif self._unopened.is_whole_with(data):
            self._open(self._unopened)

    def response_ended(self) -> None:
        if self._unopened is not None:
            self._open(self._unopened)
        pieces = self._pieces
        if not isinstance(pieces, Collecting | TranslatedWhole):
            super().response_ended()
            return
        self.sending = None
        try:
            if self._refused is not None:
                self._end_refused(*self._refused, pieces)
            elif not self._ended_without(pieces):
                pieces.end()
        except Exception as error:  # noqa: BLE001 - the call is over: nobody else would end the request
            self._end_with_defect(error)

    def response_failed(self, error: CallFailed) -> None:
        if self._pieces is not None and self._pieces.is_started:
            super().response_failed(error)
            return
        self.sending = None
        exchange = self._exchange
        reason = in_words(exchange, error)
        if exchange.answered_ns == 0:
            exchange.answered_ns = now_ns()
        self._note_attempt(0, str(error))
        try:
            self._go_on_or_refuse(failure_of_call(error), reason)
        except Exception as defect:  # noqa: BLE001 - as above
            self._end_with_defect(defect)

    def deadline_passed(self, deadline_s: float) -> None:
        """Nothing happens to an answer that is on its way to the client."""
        if self._pieces is not None and self._pieces.is_started:
            return
        sending, self.sending = self.sending, None
        if sending is not None:
            sending.cancel()
        exchange = self._exchange
        exchange.answered_ns = exchange.answered_ns or now_ns()
        self._note_attempt(0, "cancelled: the deadline passed")
        had_a_chance = now_ns() - self._began_ns >= deadline_s * _NS_PER_S / 2
        self._route.failed(exchange, Failure("late" if had_a_chance else "unfit"), exchange.answered_ns)
        refuse(exchange, _too_late(exchange, deadline_s))

    # --- inside ---

    def _begin(self, head: ResponseHead, seen: AnswerHead) -> None:
        if head.status >= 400 and self._exchange.caller.method != "HEAD":
            self._refused = (head, seen)
            self._pieces = self._collecting(head, seen)
        elif self._exchange.is_stream and seen.is_events and self._exchange.caller.endpoint.ends_with_mark:
            self._unopened = Unopened(head, seen)
        else:
            self._begin_at_once(head, seen)

    def _open(self, unopened: Unopened) -> None:
        """With its first event a stream begins, or has failed before it did."""
        self._unopened = None
        try:
            if not self._failed_before(unopened):
                self._start(unopened)
        except Exception as error:  # noqa: BLE001 - as in response_ended
            self._end_with_defect(error)

    def _failed_before(self, unopened: Unopened) -> bool:
        if not unopened.came:
            self._note_attempt(200, "the stream ended before its first event")
            reason = ProviderUnavailable(f"{self._label} ended its stream before the first event. Try again.")
            self._go_on_or_refuse(Failure("reset"), reason)
            return True
        told = told_by_first(unopened.events)
        return told is not None and self._failed_inside(told)

    def _failed_inside(self, told: Told) -> bool:
        """Whether somebody else was asked, or the client told. If not, it hears it as the provider said it."""
        failure = Failure(kind_of_status(told.status))
        if failure.kind == "wrong":
            return False
        self._stop()
        self._note_attempt(200, told.words)
        self._go_on_or_refuse(failure, refusal_inside(self._exchange, told))
        return True

    def _start(self, unopened: Unopened) -> None:
        """The wait until now was the provider's, whenever its head came."""
        exchange, turn = self._exchange, self._exchange.services.turn
        turn.begin()
        exchange.answered_ns = exchange.stamps[-1] = max(turn.seen_ns, exchange.sent_ns)
        self._begin_at_once(unopened.head, unopened.seen)
        for data in unopened.came:
            super().response_data(data)

    def _begin_at_once(self, head: ResponseHead, seen: AnswerHead) -> None:
        super()._begin(head, seen)
        if self._pieces is not None and self._pieces.is_started:
            self._route.begun(self._exchange.answered_ns)

    def _collecting(self, head: ResponseHead, seen: AnswerHead) -> Collecting | TranslatedWhole:
        translation = self._exchange.translation
        if translation is None:
            return Collecting(self._exchange, head, seen)
        if translation.is_needed:
            return TranslatedWhole(self._exchange, head, seen, self._refuse_answer)
        return Collecting(self._exchange, head, seen.with_lines(translation.lines))

    def _refuse_answer(self, reason: GatewayError, status: int, words: str) -> None:
        """What should have been an answer, and is none: another target may have one."""
        if status < 400:
            self._note_attempt(status, words)
            self._go_on_or_refuse(Failure("broken"), reason)
        else:
            refuse(self._exchange, reason)

    def _end_without(self, head: ResponseHead, seen: AnswerHead, told: Told, body: bytes) -> None:
        if not self._failed_inside(told):
            super()._end_without(head, seen, told, body)

    def _ended_without(self, pieces: Collecting | TranslatedWhole) -> bool:
        """Whether what was collected is an error, and dealt with. One that must be translated finds that out itself."""
        told = told_in_place(self._exchange, pieces.text) if isinstance(pieces, Collecting) else None
        return told is not None and self._failed_inside(told)

    def _end_refused(self, head: ResponseHead, seen: AnswerHead, pieces: Collecting | TranslatedWhole) -> None:
        exchange = self._exchange
        reason = refusal_of(exchange, head.status, seen, pieces.body)
        self._note_attempt(head.status, "refused")
        failure = failure_of_status(head.status, seen)
        if self._went_on(failure):
            return
        if failure.kind == "wrong" or (reason is None and len(exchange.attempts) == 1):
            pieces.end()
        else:
            refuse(exchange, all_failed(exchange, reason, failure.retry_after_s))

    def _go_on_or_refuse(self, failure: Failure, reason: GatewayError) -> None:
        if not self._went_on(failure):
            refuse(self._exchange, all_failed(self._exchange, reason))

    def _went_on(self, failure: Failure) -> bool:
        """Whether there is another attempt, now or after a pause. Of an upload nothing must have been sent yet."""
        exchange = self._exchange
        step = self._route.failed(exchange, failure, now_ns())
        if step is None or exchange.is_settled:
            return False
        if self.upload is not None and self.upload.has_begun:
            return False
        del exchange.stamps[self._stamps :]
        exchange.answered_ns = 0
        if step.pause_s > 0:
            exchange.request.owner = Interval(exchange, self._route, step)
            return True
        return _attempt(exchange, self._route, step)

    def _note_attempt(self, status: int, error: str | None) -> None:
        exchange = self._exchange
        exchange.attempts = (*exchange.attempts, Attempt(self._label, status, now_ns() - self._began_ns, error))

    @property
    def _label(self) -> str:
        return self._exchange.target.label if self._exchange.target is not None else ""


def _attempt(exchange: Exchange, route: Route, step: Step | None) -> bool:
    """The next attempt, at the first target that can be told what is asked; False where there is none."""
    while step is not None:
        _turn_to(exchange, step)
        try:
            answer = prepare(exchange)
            if answer is None:
                _send(exchange, route, now_ns())
                return True
        except GatewayError:
            step = route.failed(exchange, Failure("unfit"), now_ns())
        else:
            reply_with(exchange, answer)
            return True
    exchange.answered_ns = now_ns()
    return False


class Interval:
    """Between two attempts (a RequestOwner)."""

    __slots__ = ("_exchange", "_route", "_step", "_timer")

    def __init__(self, exchange: Exchange, route: Route, step: Step) -> None:
        self._exchange = exchange
        self._route = route
        self._step = step
        self._timer = asyncio.get_running_loop().call_later(step.pause_s, self._go_on)

    def _go_on(self) -> None:
        exchange = self._exchange
        try:
            if not _attempt(exchange, self._route, self._step):
                refuse(exchange, all_failed(exchange, None))
        except Exception as error:  # noqa: BLE001 - a defect of ours ends this one request
            refuse(exchange, note_defect(exchange, error))

    def deadline_passed(self, deadline_s: float) -> None:
        self._timer.cancel()
        self._exchange.answered_ns = now_ns()
        refuse(self._exchange, _too_late(self._exchange, deadline_s))

    def client_gone(self) -> None:
        self._timer.cancel()
        self._exchange.answered_ns = now_ns()
        self._exchange.owes_nothing = True
        settle(self._exchange, "client_gone", CLIENT_CLOSED)

    def client_slow(self) -> None:
        """Nothing is being written yet."""

    def client_ready(self) -> None:
        """Nothing is being written yet."""


def _deadline_passed(exchange: Exchange) -> None:
    owner, route = exchange.request.owner, exchange.route
    if exchange.is_settled or route is None or route.deadline_s is None:
        return
    if isinstance(owner, RoutedDelivery | Interval):
        owner.deadline_passed(route.deadline_s)


def _too_late(exchange: Exchange, deadline_s: float) -> ProviderTimeout:
    error = ProviderTimeout(
        f"There was no answer within the deadline of {deadline_s:g} s. Try again, or raise the deadline of this model."
    )
    error.attempts = exchange.attempts
    return error
