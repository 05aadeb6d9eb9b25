"""A mixed load with gateway, provider and clients in one loop: no task, no connection and no request is left, and
nothing waits for the collector, in whose pauses all requests stand still.
"""

import asyncio
import gc
from collections import Counter
from collections.abc import AsyncIterator, Iterator

import msgspec
import pytest

from gossamer.config.settings import Settings
from gossamer.config.upstreams import MockProvider as MockInProcess
from gossamer.config.upstreams import MockSettings
from gossamer.core.exchange import Exchange
from gossamer.http.call import Call
from gossamer.http.request import Request
from gossamer.mock.plan import Settings as Plan
from gossamer.mock.player import Player
from gossamer.mock.server import MockServer
from gossamer.mock.timers import exact_timers
from tests.system.mixed_load import plan, send_all
from tests.wire.conftest import bound_socket, eventually
from tests.wire.delivery.gateway import TOKEN, Gateway, Origin, provider_at, settings_for

REQUESTS = 600
CONCURRENT = 50


@pytest.fixture
async def mock() -> AsyncIterator[MockServer]:
    timers = exact_timers(asyncio.get_running_loop())
    mock = MockServer(Plan(), timers)
    yield mock
    await mock.server.drain(1.0)
    timers.close()


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_collector")
async def test_a_mixed_load_leaves_nothing_in_the_loop(gateway: Gateway, origin: Origin, mock: MockServer):
    sock = bound_socket()
    await mock.server.listen(sock)
    gateway.reload(settings_of_the_load(settings_for(origin), sock.getsockname()[1]))
    before, alive_before = asyncio.all_tasks(), alive()

    sent = {each.id: each for each in plan(REQUESTS, seed=2)}
    assert await send_all(gateway.port, TOKEN, list(sent.values()), CONCURRENT) == []

    await eventually(lambda: len(gateway.records.all) == len(sent))
    assert {record.request_id for record in gateway.records.all} == sent.keys()
    for record in gateway.records.all:
        fate = sent[record.request_id].fate
        assert (record.status, record.outcome, record.error) == (fate.status, fate.outcome, fate.error), record
    await eventually(lambda: mock.answers.ledger.stats()["open"] == 0)
    await eventually(lambda: not gateway.server.connections)
    await eventually(lambda: asyncio.all_tasks() == before)
    assert alive() - alive_before == Counter()
    gateway.reload(settings_for(origin))
    await eventually(lambda: not mock.server.connections)


def settings_of_the_load(settings: Settings, port: int) -> Settings:
    providers = {"up": provider_at(port), "mock": MockInProcess(mock=MockSettings(ttft_s=0, gap_s=0))}
    models = {"house": "up/mock", "house-in": "mock/mock"}
    return msgspec.structs.replace(settings, providers=providers, models=models, default_provider="up")


def alive() -> Counter[str]:
    """What is made for one request, and should be gone with it."""
    made = (Exchange, Request, Call, Player)
    return Counter(type(each).__name__ for each in gc.get_objects() if type(each) in made)
