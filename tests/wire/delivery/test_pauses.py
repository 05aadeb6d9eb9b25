"""A request that waits for its limiter, without a task: what comes of it, and what if its client does not wait."""

import asyncio
from dataclasses import replace

import msgspec
import pytest

from gossamer.core.errors import RateLimitExceeded, Unavailable
from gossamer.core.exchange import Exchange
from gossamer.core.later import Later
from gossamer.core.record import Record
from tests.wire.conftest import eventually
from tests.wire.delivery.gateway import ASK, CHAT, TOKEN, Gateway, Origin, whole


class Slow:
    """A Limiter that waits until the test decides."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Exchange, Later]] = []

    def admit(self, exchange: Exchange) -> Later:
        later = Later()
        self.waiting.append((exchange, later))
        return later

    def note(self, record: Record) -> None:
        raise AssertionError(record)


@pytest.fixture
def slow(gateway: Gateway) -> Slow:
    limiter = Slow()
    door = gateway._worker._door
    door.services = replace(door.services, limiter=limiter)
    return limiter


async def test_it_goes_on_when_it_may(gateway: Gateway, origin: Origin, slow: Slow):
    client = await gateway.client()
    tasks = len(asyncio.all_tasks())
    await client.ask(ASK)
    await eventually(lambda: len(slow.waiting) == 1)
    assert len(asyncio.all_tasks()) == tasks, "nobody's time is spent on waiting"
    slow.waiting[0][1].end()
    (await origin.visit()).write(whole(b"{}"))
    assert (await client.answer()).status == 200
    record = await gateway.record()
    assert len(record.stages_ns) == 10, "every stage has its time"


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (RateLimitExceeded("later", retry_after_s=3.2), 429, "rate_limit_exceeded"),
        (Unavailable("away", retry_after_s=1), 503, "unavailable"),
        (ValueError("a defect"), 500, "internal_error"),
    ],
)
async def test_it_is_refused_when_it_may_not(gateway: Gateway, slow: Slow, error: Exception, status: int, code: str):
    client = await gateway.client()
    await client.ask(ASK)
    await eventually(lambda: len(slow.waiting) == 1)
    slow.waiting[0][1].end(error)
    answer = await client.answer()
    assert (answer.status, msgspec.json.decode(answer.body)["error"]["code"]) == (status, code)
    wait = {429: b"4", 503: b"1"}.get(status)
    assert answer.headers.get(b"retry-after") == wait


async def test_a_client_that_leaves_meanwhile_is_written_down_once(gateway: Gateway, origin: Origin, slow: Slow):
    client = await gateway.client()
    await client.ask(ASK)
    await eventually(lambda: len(slow.waiting) == 1)
    client.close()
    record = await gateway.record()
    assert (record.outcome, record.status) == ("client_gone", 499)
    exchange, later = slow.waiting[0]
    assert exchange.is_settled
    later.end()
    await asyncio.sleep(0.05)
    assert len(gateway.records.all) == 1
    assert origin.accepted == 0


async def test_it_may_wait_behind_a_body_that_comes_slowly(gateway: Gateway, origin: Origin, slow: Slow):
    client = await gateway.client()
    raw = msgspec.json.encode(ASK)
    lines = [
        f"POST {CHAT} HTTP/1.1",
        "host: g",
        f"authorization: Bearer {TOKEN}",
        f"content-length: {len(raw)}",
        "",
        "",
    ]
    await client.send("\r\n".join(lines).encode() + raw[:10])
    await asyncio.sleep(0.02)
    await client.send(raw[10:])
    await eventually(lambda: len(slow.waiting) == 1)
    slow.waiting[0][1].end()
    (await origin.visit()).write(whole(b"{}"))
    assert (await client.answer()).status == 200
