"""Nothing is lost and nothing is counted twice, whichever part goes and returns while requests go on.

State in Postgres, traces in ClickHouse, audit events in Kafka. Each is taken away for a while, in turn, and the
recorder is killed; afterwards all of them agree to the record. Shortened here: the whole is

    NOTHING_LOST_REQUESTS=50000 NOTHING_LOST_RATE=500 pytest -s tests/system/test_nothing_lost.py
"""

import asyncio
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.real.postgres import Postgres, postgres
from tests.system.full_site import ASK, FullSite, full_site
from tests.system.gateway import TOKEN, Gateway, eventually
from tests.system.process_figures import tell
from tests.system.raw_client import RawClient

__all__ = ["postgres"]

REQUESTS = int(os.environ.get("NOTHING_LOST_REQUESTS", "4000"))
RATE = int(os.environ.get("NOTHING_LOST_RATE", "200"))
CALLERS = 20
PARTS = 6
"""Of the time: one for each outage, and one at either end in which all is well."""
CAUGHT_UP_S = 120.0


@pytest.fixture
def site(tmp_path: Path, postgres: Postgres) -> Iterator[FullSite]:
    with full_site(tmp_path, postgres) as made:
        yield made


async def ask_all(gateway: Gateway) -> Counter[int]:
    """At the rate, evenly; the statuses."""
    found: Counter[int] = Counter()
    began = time.monotonic()

    async def call(number: int) -> None:
        async with RawClient(gateway.port, TOKEN) as client:
            for turn in range(number, REQUESTS, CALLERS):
                await asyncio.sleep(max(0.0, began + turn / RATE - time.monotonic()))
                await client.send("POST", "/v1/chat/completions", ASK)
                found[(await client.answer()).status] += 1

    await asyncio.gather(*(call(number) for number in range(CALLERS)))
    return found


async def take_away_in_turn(site: FullSite) -> None:
    """Each for its part of the time."""
    part_s = REQUESTS / RATE / PARTS
    ways: list[tuple[Callable[[], Any], Callable[[], Any]]] = [
        (lambda: site.postgres.turn("refused"), lambda: site.postgres.turn("open")),
        (site.clickhouse.kill, site.clickhouse.start),
        (site.brokers.go, site.brokers.come_back),
        (site.kill_recorder, site.kill_recorder),
    ]
    await asyncio.sleep(part_s)
    for go, come_back in ways:
        await asyncio.to_thread(go)
        await asyncio.sleep(part_s)
        await asyncio.to_thread(come_back)


async def under_load(site: FullSite) -> Counter[int]:
    statuses, _ = await asyncio.gather(ask_all(site.gateway), take_away_in_turn(site))
    return statuses


def test_all_agree_whoever_was_away(site: FullSite):
    statuses = asyncio.run(under_load(site))
    answered = statuses.total()
    began = time.monotonic()
    eventually(lambda: site.traces()[1] >= answered, CAUGHT_UP_S)
    eventually(lambda: len(site.events()) >= answered, CAUGHT_UP_S)
    eventually(lambda: site.used() >= answered, CAUGHT_UP_S)
    took_s = time.monotonic() - began
    records, (traces, of_requests), events, used = site.gateway.records(), site.traces(), site.events(), site.used()
    tell(
        f"Postgres, ClickHouse, Kafka and the recorder away in turn, at {RATE} requests a second\n"
        f"  answered        {answered:6}  {dict(statuses)}\n"
        f"  journal lines   {len(records):6}\n"
        f"  traces          {traces:6}\n"
        f"  audit events    {len(events):6}  sent again {events.total() - len(events)}\n"
        f"  usage           {used:6}\n"
        f"  caught up {took_s:.1f} s after the last answer"
    )
    assert statuses == {200: REQUESTS}
    assert len({record.id for record in records}) == len(records) == answered
    assert set(events) == {record.id for record in records}
    assert (traces, of_requests, used) == (answered, answered, answered)
