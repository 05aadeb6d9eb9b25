"""A request that asks whether its key was answered: a Later, until it goes its way, is refused, or has its answer."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Final, cast

from gossamer.cache.once.shelf import Found, KeptAnswer, UnderWay
from gossamer.config.idempotency import IdempotencySettings
from gossamer.core.clock import now_ns
from gossamer.core.errors import (
    GatewayError,
    IdempotencyAnswerLost,
    IdempotencyKeyInUse,
    IdempotencyKeyReused,
    Unavailable,
)
from gossamer.core.exchange import Exchange
from gossamer.core.later import Later
from gossamer.core.ports import LookAgain, Provider, Target
from gossamer.core.record import CacheUse, Usage
from gossamer.delivery.once import Keeping
from gossamer.delivery.replay import give_shared
from gossamer.delivery.reply import note_defect
from gossamer.delivery.still_allowed import ask_whether_allowed
from gossamer.delivery.ticket import Desk, Ticket
from gossamer.http.errors import PeerGone

_SOON_S: Final = 0.05
_SLOWEST_S: Final = 1.0
"""Between two looks while another worker has the call."""
_RETRY_AFTER_S: Final = 1.0


class Claim(Later):
    """`begin` raises what is known at once. `look_again` is asked before anything is given: the key of who waited may
    have been revoked meanwhile."""

    def __init__(
        self,
        exchange: Exchange,
        desk: Desk,
        settings: IdempotencySettings,
        name: bytes,
        print_: bytes,
        look_again: LookAgain,
    ) -> None:
        self._exchange = exchange
        self._desk = desk
        self._settings = settings
        self._name = name
        self._print = print_
        self._look_again = look_again
        self._looking: asyncio.Task[None] | None = None
        self._since_ns = now_ns()
        self._pause_s = _SOON_S

    def begin(self) -> None:
        known = self._desk.tickets.get(self._name)
        if known is None:
            self._ask(Ticket(self._desk, self._name))
        else:
            self.wait(known)

    # --- as one who waits ---

    def wait(self, ticket: Ticket) -> None:
        """Whoever asked first may only be asking for an answer that is there: until that is known, all wait."""
        if ticket.print is not None:
            self._check_may_wait(ticket.print)
        ticket.waiting.append(self)

    def look(self) -> None:
        if not self._exchange.is_settled:  # else its client has left
            self.begin()

    def give(self, answer: KeptAnswer) -> None:
        if self._exchange.is_settled:
            return
        if answer.print != self._print:
            self.fail(_reused())
        elif answer.body is None:
            self.fail(_lost())
        else:
            self._if_still_allowed(partial(self._replay, answer, answer.body), _nothing)

    def fail(self, error: Exception) -> None:
        exchange = self._exchange
        if not exchange.is_settled:
            self.end(error if isinstance(error, GatewayError) else note_defect(exchange, error))
        elif not self._is_ended:
            note_defect(exchange, error)
            self.end(PeerGone("it is recorded, and was not answered"))
            exchange.request.abort()

    # --- inside ---

    def _ask(self, ticket: Ticket) -> None:
        try:
            self._desk.shelf.claim(self._name, self._print, partial(self._learn, ticket))
        except Exception:
            ticket.over()
            raise

    def _learn(self, ticket: Ticket, found: Found) -> None:
        try:
            self._take(ticket, found)
        except Exception as error:  # noqa: BLE001 - a refusal, or a defect: it ends this one alone
            if found == "ours":
                ticket.release()
            else:
                ticket.over()
            self.fail(error)

    def _take(self, ticket: Ticket, found: Found) -> None:
        if found == "ours":
            ticket.known(self._print)
            self._if_still_allowed(partial(self._go_on, ticket), ticket.release)
        elif found == "away":
            error = _nobody_can_say()
            ticket.over(error=error)
            self.fail(error)
        elif isinstance(found, KeptAnswer):
            ticket.over(found)
            self.give(found)
        else:
            self._wait_for_another(ticket, found)

    def _wait_for_another(self, ticket: Ticket, found: UnderWay) -> None:
        """One of those who wait here looks again, for all of them."""
        self._check_may_wait(found.print)
        ticket.known(found.print)
        asyncio.get_running_loop().call_later(self._pause_s, self._ask_again, ticket)
        self._pause_s = min(2 * self._pause_s, _SLOWEST_S)

    def _ask_again(self, ticket: Ticket) -> None:
        if self._exchange.is_settled:
            ticket.over()
            return
        try:
            self._ask(ticket)
        except Exception as error:  # noqa: BLE001 - a defect: it ends this one alone
            self.fail(error)

    def _if_still_allowed(self, then: Callable[[], None], refused: Callable[[], None]) -> None:
        def fail(error: Exception) -> None:
            refused()
            self.fail(error)

        asked = self._look_again(self._exchange)
        if asked is None:
            then()
        else:
            self._looking = ask_whether_allowed(asked, then, fail)

    def _go_on(self, ticket: Ticket) -> None:
        if self._exchange.is_settled:
            ticket.release()
            return
        try:
            Keeping(self._exchange, ticket, self._settings.max_answer_bytes)
        except Exception:
            ticket.release()
            raise
        self.end()

    def _check_may_wait(self, print_: bytes) -> None:
        if print_ != self._print:
            raise _reused()
        if self._settings.running == "refuse":
            raise IdempotencyKeyInUse(
                "The first request with this Idempotency-Key is under way. Ask again: its answer is kept.",
                param="Idempotency-Key",
                retry_after_s=_RETRY_AFTER_S,
            )

    def _replay(self, answer: KeptAnswer, body: bytes) -> None:
        exchange = self._exchange
        if exchange.is_settled:
            return
        exchange.cached = CacheUse("idempotent", answer.cost_nanos)
        exchange.target = Target(
            cast("Provider", None), None, answer.target, price=None if answer.cost_nanos is None else _FREE
        )
        exchange.limit_lines += f"x-gossamer-target: {answer.target}\r\nidempotent-replayed: true\r\n"
        give_shared(exchange, self._since_ns, answer.status, answer.lines, body, "completed", None)
        self.end(PeerGone("it was answered"))


def _nothing() -> None:
    """Nothing is held."""


class _Free:
    """What it had cost is paid (a Tariff)."""

    is_flat = True

    def cost(self, usage: Usage) -> int:  # noqa: ARG002 - whatever was used
        return 0


_FREE: Final = _Free()


def _reused() -> IdempotencyKeyReused:
    return IdempotencyKeyReused(
        "Another request was sent with this Idempotency-Key. Take a new key for each request, and the same one only "
        "to send the same bytes again.",
        param="Idempotency-Key",
    )


def _lost() -> IdempotencyAnswerLost:
    return IdempotencyAnswerLost(
        "The request with this Idempotency-Key was answered, and the answer was too large to be kept "
        "(idempotency.max_size). To have it made and paid once more, take a new key.",
        param="Idempotency-Key",
    )


def _nobody_can_say() -> Unavailable:
    return Unavailable(
        "Nobody can say now whether this Idempotency-Key was answered. Ask again with the same key, or without it.",
        retry_after_s=_RETRY_AFTER_S,
    )
