"""A request that asks whether its key was answered: a Later, until it goes its way, is refused, or has its answer."""

import asyncio
from typing import Final, cast

from gossamer.cache.once.shelf import Found, KeptAnswer, UnderWay
from gossamer.config.idempotency import IdempotencySettings
from gossamer.core.clock import now_ns
from gossamer.core.errors import IdempotencyAnswerLost, IdempotencyKeyInUse, IdempotencyKeyReused, Unavailable
from gossamer.core.exchange import Exchange
from gossamer.core.later import Later
from gossamer.core.ports import Provider, Target
from gossamer.core.record import CacheUse, Usage
from gossamer.delivery.once import Keeping
from gossamer.delivery.replay import give_shared
from gossamer.delivery.ticket import Desk, Ticket
from gossamer.http.errors import PeerGone

_SOON_S: Final = 0.05
_SLOWEST_S: Final = 1.0
"""Between two looks while another worker has the call."""
_RETRY_AFTER_S: Final = 1.0


class Claim(Later):
    """`begin` raises what is known at once."""

    def __init__(
        self, exchange: Exchange, desk: Desk, settings: IdempotencySettings, name: bytes, print_: bytes
    ) -> None:
        self._exchange = exchange
        self._desk = desk
        self._settings = settings
        self._name = name
        self._print = print_
        self._ticket: Ticket | None = None
        self._since_ns = now_ns()
        self._pause_s = _SOON_S

    def begin(self) -> None:
        known = self._desk.tickets.get(self._name)
        if known is None:
            self._ticket = Ticket(self._desk, self._name, self._print)
            self._desk.shelf.claim(self._name, self._print, self._learn)
            return
        self._check_may_wait(known.print)
        known.waiting.append(self)

    # --- as one who waits ---

    def look(self) -> None:
        if self._exchange.is_settled:
            return  # its client has left
        try:
            self.begin()
        except (IdempotencyKeyInUse, IdempotencyKeyReused) as refusal:
            self.end(refusal)

    def give(self, answer: KeptAnswer) -> None:
        if self._exchange.is_settled:
            return
        if answer.print != self._print:
            self.end(_reused())
        elif answer.body is None:
            self.end(_lost())
        else:
            self._replay(answer, answer.body)

    # --- inside ---

    def _learn(self, found: Found) -> None:
        ticket, self._ticket = self._ticket, None
        assert ticket is not None
        if found == "ours":
            self._go_on(ticket)
            return
        ticket.over(found if isinstance(found, KeptAnswer) else None)
        if isinstance(found, KeptAnswer):
            self.give(found)
        elif isinstance(found, UnderWay):
            self._look_later(found)
        else:
            self.end(_nobody_can_say())

    def _go_on(self, ticket: Ticket) -> None:
        if self._exchange.is_settled:
            ticket.release()
            return
        Keeping(self._exchange, ticket, self._settings.max_answer_bytes)
        self.end()

    def _look_later(self, found: UnderWay) -> None:
        try:
            self._check_may_wait(found.print)
        except (IdempotencyKeyInUse, IdempotencyKeyReused) as refusal:
            self.end(refusal)
            return
        asyncio.get_running_loop().call_later(self._pause_s, self.look)
        self._pause_s = min(2 * self._pause_s, _SLOWEST_S)

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
        exchange.cached = CacheUse("idempotent", answer.cost_nanos)
        exchange.target = Target(
            cast("Provider", None), None, answer.target, price=None if answer.cost_nanos is None else _FREE
        )
        exchange.limit_lines += f"x-gossamer-target: {answer.target}\r\nidempotent-replayed: true\r\n"
        give_shared(exchange, self._since_ns, answer.status, answer.lines, body, "completed", None)
        self.end(PeerGone("it was answered"))


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
