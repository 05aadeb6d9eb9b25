"""Ten thousand requests of every sort, a hundred at a time: each has its answer and its line, and nothing is left."""

import asyncio
import os
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gossamer.worker.responses import LIMITS
from tests.system.gateway import TOKEN, Gateway, Mock, eventually, standard_config, start_gateway, start_mock
from tests.system.mixed_load import Planned, plan, send_all
from tests.system.process_figures import resident_bytes, sockets_of, tell
from tests.system.raw_client import RawClient, port_of

REQUESTS = 10_000
CONCURRENT = 100
MEGABYTE = 1024 * 1024


@pytest.fixture
def mock() -> Iterator[Mock]:
    with start_mock() as mock:
        yield mock


@pytest.fixture
def gateway(tmp_path: Path, mock: Mock) -> Iterator[Gateway]:
    with start_gateway(tmp_path, standard_config(mock.url)) as gateway:
        yield gateway


async def look(mock: Mock, path: str) -> Any:
    async with RawClient(port_of(mock.url), "") as client:
        return msgspec.json.decode((await client.ask("GET", path)).body)


async def fates_at(mock: Mock, ids: list[str]) -> Counter[str]:
    """What the provider knows of these requests."""
    async with RawClient(port_of(mock.url), "") as client:
        answers = [await client.ask("GET", f"/mock/requests/{each}") for each in ids]
    return Counter(msgspec.json.decode(each.body).get("outcome", "never came") for each in answers)


def test_ten_thousand_mixed_requests_leave_a_line_each_and_nothing_else(gateway: Gateway, mock: Mock):
    (worker,) = gateway.workers
    at_rest = sockets_of(worker, gateway.port)
    warm, rest = plan(REQUESTS)[: REQUESTS // 5], plan(REQUESTS)[REQUESTS // 5 :]
    complaints = asyncio.run(send_all(gateway.port, TOKEN, warm, CONCURRENT))
    warm_bytes = resident_bytes(worker)
    complaints += asyncio.run(send_all(gateway.port, TOKEN, rest, CONCURRENT))
    assert complaints == [], "no error that the provider did not make"

    sent = {each.id: each for each in (*warm, *rest)}
    eventually(lambda: len(gateway.records()) >= len(sent))
    assert_one_line_each(gateway, sent)

    stats = asyncio.run(look(mock, "/mock/stats"))
    assert (stats["open"], stats["open_streams"]) == (0, 0)
    left = [each.id for each in sent.values() if each.leaves is not None]
    fates = asyncio.run(fates_at(mock, left))
    assert fates.keys() <= {"cancelled", "never came"}
    assert fates["cancelled"] > 0.9 * len(left)

    eventually(lambda: sockets_of(worker, gateway.port).from_clients == 0)
    sockets = sockets_of(worker, gateway.port)
    assert sockets.to.keys() == {port_of(mock.url)}
    idle = sockets.to[port_of(mock.url)]
    kept = sockets.all - at_rest.all - idle
    assert 0 < kept <= LIMITS.connections, "those by which responses are kept"
    assert idle < 2 * CONCURRENT, "as many as were busy at once, and those that were opened for who had left by then"
    os.kill(gateway.pid, signal.SIGHUP)  # new settings: the connections of the old ones go when nobody uses them
    eventually(lambda: not sockets_of(worker, gateway.port).to)
    assert sockets_of(worker, gateway.port).all <= at_rest.all + LIMITS.connections
    grown_bytes = resident_bytes(worker) - warm_bytes
    assert grown_bytes < 8 * MEGABYTE
    tell(
        f"{len(sent)} requests, {len(left)} left, {dict(fates)}, {stats}\n"
        f"sockets at rest {at_rest.all}, upstream idle {idle}; "
        f"worker {warm_bytes / MEGABYTE:.1f} MB after {len(warm)}, {grown_bytes / MEGABYTE:+.1f} MB after all"
    )


def assert_one_line_each(gateway: Gateway, sent: dict[str, Planned]) -> None:
    records = gateway.records()
    assert Counter(record.request_id for record in records) == Counter(sent.keys())
    assert sorted(record.seq for record in records) == list(range(1, len(sent) + 1))
    for record in records:
        told = (record.status, record.outcome, record.error)
        fate = sent[record.request_id].fate
        assert told == (fate.status, fate.outcome, fate.error), (record, sent[record.request_id])
