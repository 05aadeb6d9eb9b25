"""Idempotency keys are switched on and off while the gateway runs: each request goes by what holds when it comes."""

from msgspec.structs import replace

from gossamer.config.idempotency import IdempotencySettings
from tests.wire.cache.answers import completion, tell
from tests.wire.conftest import eventually
from tests.wire.delivery.gateway import ASK, CHAT, Origin
from tests.wire.heeding.conftest import Open
from tests.wire.heeding.test_keys import KEY, ask, is_replayed, paid

ON, OFF = IdempotencySettings(), IdempotencySettings(enabled=False)


async def test_switched_on_it_keeps_from_then_on(opened: Open, origin: Origin):
    node = await opened(OFF)
    await paid(node, origin)
    node.reload(replace(node.settings, idempotency=ON))
    assert not is_replayed(await paid(node, origin))
    assert is_replayed(await ask(await node.client()))


async def test_switched_off_the_header_says_nothing_and_on_again_it_remembers(opened: Open, origin: Origin):
    node = await opened(ON)
    await paid(node, origin)
    node.reload(replace(node.settings, idempotency=OFF))
    assert not is_replayed(await paid(node, origin))
    node.reload(replace(node.settings, idempotency=ON))
    assert is_replayed(await ask(await node.client()))


async def test_what_was_under_way_when_it_was_switched_off_is_kept(opened: Open, origin: Origin):
    node = await opened(replace(ON, running="wait"))
    client, second = await node.client(), await node.client()
    await client.ask(ASK, CHAT, KEY)
    visit = await origin.visit()
    await second.ask(ASK, CHAT, KEY)
    await eventually(lambda: any(ticket.waiting for ticket in node.kept.desk.tickets.values()))
    node.reload(replace(node.settings, idempotency=OFF))
    tell(visit)
    assert [(await each.answer()).body for each in (client, second)] == [completion()] * 2
    node.reload(replace(node.settings, idempotency=ON))
    assert is_replayed(await ask(await node.client()))
