"""The way of a request, from its head to its record. This file is the whole of it.

    ADMIT    the stages below, in their order; each may answer, refuse or wait
    DELIVER  gossamer.delivery: dispatch to the provider, forward its answer
    SETTLE   gossamer.delivery.settle: the record, exactly once, before the answer leaves

Nothing here waits unless a stage must; then, and only then, a task is made.
"""

import asyncio
from collections.abc import Awaitable, Mapping
from typing import Literal

from gossamer.core.clock import now_ns
from gossamer.core.errors import GatewayError
from gossamer.core.exchange import Exchange
from gossamer.core.later import Later
from gossamer.core.ports import Reply, Services, Stage
from gossamer.core.timing import Timing
from gossamer.delivery.dispatch import dispatch
from gossamer.delivery.forward import CLIENT_CLOSED
from gossamer.delivery.reply import note_defect, refuse, reply, reply_with
from gossamer.delivery.settle import settle
from gossamer.http.errors import PeerGone
from gossamer.http.request import Request
from gossamer.stages.authenticate import authenticate
from gossamer.stages.cache import cache
from gossamer.stages.identify import identify
from gossamer.stages.limit import limit
from gossamer.stages.look_again import is_unchanged, look_again
from gossamer.stages.read_again import read_body as read_again
from gossamer.stages.read_body import read_body
from gossamer.stages.route import route
from gossamer.stages.verify_agent import verify_agent

CacheUse = Literal["off", "counted", "free"]
"""Whether there is a cache, and whether its answers count as requests."""

ADMIT: tuple[Stage, ...] = (identify, authenticate, verify_agent, read_body, route, limit)
ADMIT_CACHED: tuple[Stage, ...] = (identify, authenticate, verify_agent, read_again, route, limit, cache)
"""Where there is a cache: an answer from it counts as a request."""
ADMIT_CACHED_FREE: tuple[Stage, ...] = (identify, authenticate, verify_agent, read_again, route, cache, limit)
"""The same, and it is no matter of limits."""

_STAMPS_BEFORE = 2
"""On arrival, and when the handler began."""

_ADMITS: Mapping[CacheUse, tuple[Stage, ...]] = {
    "off": ADMIT,
    "counted": ADMIT_CACHED,
    "free": ADMIT_CACHED_FREE,
}


def admit_with(cache_use: CacheUse) -> tuple[Stage, ...]:
    """The stages in their order, with the cache where it is to stand."""
    return _ADMITS[cache_use]


def timing_of(admit: tuple[Stage, ...]) -> Timing:
    """What lies between the stamps of a request that passes these."""
    return Timing(tuple(stage.__name__ for stage in admit))


TIMING = timing_of(ADMIT)


def run(request: Request, services: Services) -> None:
    """Take one request in. What becomes of it is told by callbacks from here on."""
    exchange = Exchange(request, services, now_ns())
    stamps = exchange.stamps
    try:
        for stage in services.admit:
            outcome = stage(exchange)
            if outcome is not None:
                _pause(exchange, outcome)
                return
            stamps.append(now_ns())
        dispatch(exchange)
    except GatewayError as error:
        refuse(exchange, error)
    except Exception as error:  # noqa: BLE001 - a defect of ours is answered and logged, and ends one request only
        refuse(exchange, note_defect(exchange, error))


def _pause(exchange: Exchange, outcome: Awaitable[Reply | None] | Later | Reply) -> None:
    if isinstance(outcome, Reply):
        reply(exchange, outcome.status, outcome.headers, outcome.body)  # as reply_with has it: a hit is to cost little
    elif isinstance(outcome, Later):
        Pause(exchange, outcome)
    else:
        Wait(exchange, outcome)


class Pause:
    """A request that waits for a callback, until it can go on or its client leaves."""

    __slots__ = ("_exchange",)

    def __init__(self, exchange: Exchange, later: Later) -> None:
        self._exchange = exchange
        exchange.request.owner = self
        later.when_ended(self._go_on)

    def _go_on(self, error: Exception | None) -> None:
        exchange = self._exchange
        if exchange.is_settled:
            return
        try:
            if error is not None:
                raise error
            if not is_unchanged(exchange):
                Wait(exchange, _nothing())  # it looks again, and goes on if it may
                return
            exchange.stamps.append(now_ns())
            for stage in exchange.services.admit[len(exchange.stamps) - _STAMPS_BEFORE :]:
                outcome = stage(exchange)
                if outcome is not None:
                    _pause(exchange, outcome)
                    return
                exchange.stamps.append(now_ns())
            dispatch(exchange)
        except GatewayError as refusal:
            refuse(exchange, refusal)
        except Exception as defect:  # noqa: BLE001 - as in `run`
            refuse(exchange, note_defect(exchange, defect))

    def client_gone(self) -> None:
        settle(self._exchange, "client_gone", CLIENT_CLOSED)

    def client_slow(self) -> None:
        """Nothing is being written yet."""

    def client_ready(self) -> None:
        """Nothing is being written yet."""


async def _nothing() -> None:
    """What was waited for is there."""


class Wait:
    """A request that a stage made wait in a task of its own, until it can go on or its client leaves."""

    __slots__ = ("_exchange", "_task")

    def __init__(self, exchange: Exchange, outcome: Awaitable[Reply | None]) -> None:
        self._exchange = exchange
        exchange.request.owner = self
        self._task = asyncio.get_running_loop().create_task(self._go_on(outcome))

    async def _go_on(self, outcome: Awaitable[Reply | None]) -> None:
        exchange = self._exchange
        done = len(exchange.stamps) - _STAMPS_BEFORE
        try:
            answer = await outcome
            await look_again(exchange)
            exchange.stamps.append(now_ns())
            for stage in exchange.services.admit[done + 1 :]:
                if answer is not None:
                    break
                found = stage(exchange)
                if found is None or isinstance(found, Reply):
                    answer = found
                else:
                    answer = await found
                    await look_again(exchange)
                exchange.stamps.append(now_ns())
            if answer is not None:
                reply_with(exchange, answer)
            else:
                dispatch(exchange)
        except GatewayError as error:
            refuse(exchange, error)
        except PeerGone:
            self.client_gone()
        except Exception as error:  # noqa: BLE001 - as in `run`
            refuse(exchange, note_defect(exchange, error))

    def client_gone(self) -> None:
        self._task.cancel()
        settle(self._exchange, "client_gone", CLIENT_CLOSED)

    def client_slow(self) -> None:
        """Nothing is being written yet."""

    def client_ready(self) -> None:
        """Nothing is being written yet."""
