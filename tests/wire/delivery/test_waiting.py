"""Whose the time is that a request waits for a place among its provider's connections: the gateway's own."""

import asyncio
from time import perf_counter_ns

import msgspec

from gossamer.pipeline import TIMING
from tests.wire.conftest import eventually
from tests.wire.delivery.gateway import ASK, Gateway, Origin, provider_at, settings_for, whole

DISPATCH = TIMING.names.index("dispatch")
PROVIDER = TIMING.names.index("provider")


async def test_the_wait_for_a_connection_is_overhead(gateway: Gateway, origin: Origin):
    narrow = msgspec.structs.replace(provider_at(origin.port), max_connections=1)
    gateway.reload(msgspec.structs.replace(settings_for(origin), providers={"local": narrow}))
    first, second = await gateway.client(), await gateway.client()
    await first.ask(ASK)
    held = await origin.visit()
    await second.ask(ASK)
    await eventually(lambda: gateway.server.in_flight == 2)
    since_ns = perf_counter_ns()
    await asyncio.sleep(0.05)
    waited_ns = perf_counter_ns() - since_ns
    held.write(whole(b"{}"))
    (await origin.visit()).write(whole(b"{}"))
    for client in (first, second):
        assert (await client.answer()).status == 200
    record = await gateway.record(2)
    assert record.stages_ns[DISPATCH] >= waited_ns
    assert record.overhead_ns >= waited_ns
    assert record.total_ns == record.overhead_ns + record.stages_ns[PROVIDER]
    assert gateway.records.all[0].stages_ns[PROVIDER] >= waited_ns, "who was sent at once waited for the provider"
