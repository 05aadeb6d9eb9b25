"""Requests for limiters: as much of an exchange as they look at, and what became of it."""

import asyncio
from collections.abc import Sequence
from typing import Any, cast

import msgspec

from gossamer.core.allowance import UNLIMITED, Limits
from gossamer.core.caller import Caller
from gossamer.core.clock import now_ns
from gossamer.core.endpoints import endpoint_of
from gossamer.core.errors import GatewayError
from gossamer.core.exchange import Exchange
from gossamer.core.ports import AgentClaims, Claims, Limiter, Provider, Target
from gossamer.core.record import Record
from gossamer.core.runs import RunMark
from gossamer.http.request import Request
from gossamer.policy.price import Price

CHAT = "/v1/chat/completions"
CENT = 10_000_000
"""In nano-dollars."""
A_CENT_EACH = Price(request_nanos=CENT)


class Head:
    length: int | None = None


class Asked:
    """A request, without its connection."""

    head = Head()
    arrived_ns = 0


def claims(
    name: str = "key-1", limits: Limits = UNLIMITED, user: str | None = None, of_user: Limits = UNLIMITED
) -> Claims:
    return Claims(key_id=name, name=name, limits=limits, user_id=user, user_limits=of_user)


def agent(name: str, limits: Limits, user: str | None = None) -> AgentClaims:
    return AgentClaims(agent_id=name, name=name, user_id=user, limits=limits)


def exchange(
    key: Claims,
    *,
    of: AgentClaims | None = None,
    label: str = "mock/mock",
    price: Price | None = None,
    body: bytes = b"",
    path: str = CHAT,
    method: str = "POST",
    at_s: float | None = None,
    in_run: bool = False,
) -> Exchange:
    began_ns = now_ns() if at_s is None else int(at_s * 1e9)
    made = Exchange(cast("Request", Asked()), cast("Any", None), began_ns)
    made.caller = Caller(
        endpoint=endpoint_of(method, path), method=method, path=path, is_crooked=False, token_digest=None,
        has_our_form=False, request_id=None, provider=None, agent_id=None, metadata=None, session=None,
    )  # fmt: skip
    made.caller.run = RunMark("run_1", 1) if in_run else None
    made.claims, made.agent, made.body = key, of, body
    made.target = Target(cast("Provider", None), label.partition("/")[2], label, price=price)
    return made


def chat(words: str = "hi", **more: object) -> bytes:
    return msgspec.json.encode({"model": "mock", "messages": [{"role": "user", "content": words}], **more})


async def admit(limiter: Limiter, made: Exchange) -> GatewayError | None:
    """None, or why not."""
    try:
        waiting = limiter.admit(made)
        if waiting is not None:
            async with asyncio.timeout(5):
                await waiting
    except GatewayError as error:
        return error
    return None


async def admit_all(limiter: Limiter, all_made: Sequence[Exchange]) -> list[GatewayError | None]:
    return await asyncio.gather(*(admit(limiter, made) for made in all_made))


def finish(limiter: Limiter, made: Exchange, *, tokens: int | None = None, nanos: int | None = None) -> None:
    """As the end of a request does it: the record, then the lease."""
    lease = made.lease
    assert lease is not None
    cost = lease.nanos if nanos is None else nanos
    made.is_settled = True
    lease.settle(tokens, nanos)
    if cost is not None:
        limiter.note(bill(made, cost))


def bill(made: Exchange, nanos: int, at: float | None = None) -> Record:
    from gossamer.core.clock import wall_time

    key = made.claims
    assert key is not None
    assert made.target is not None
    return Record(
        "r", wall_time() if at is None else at, 0, 1, "POST", CHAT, 200, "completed", [], 1, 1,
        key=key.key_id, user=key.user_id, agent=made.agent.agent_id if made.agent else None,
        target=made.target.label, cost_nanos=nanos,
    )  # fmt: skip


def lines(made: Exchange) -> dict[str, str]:
    """The x-ratelimit lines."""
    return dict(line.split(": ", 1) for line in made.limit_lines.split("\r\n") if line)
