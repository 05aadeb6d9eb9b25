"""A session that is deleted takes the answers under its requests' keys with it: who asks again pays again."""

import asyncio

from tests.real.heeding.conftest import Open
from tests.wire.cache.answers import tell
from tests.wire.cache.test_gone_sessions import SWEPT_S, bury
from tests.wire.delivery.gateway import ASK, CHAT, Origin
from tests.wire.heeding.test_keys import KEY, ask, is_replayed

SESSION = "x-session-id: gone"


async def test_its_answers_are_given_by_no_node_any_more(opened: Open, origin: Origin):
    one, other = await opened(), await opened()
    first, second = await one.client(), await other.client()
    await first.ask(ASK, CHAT, KEY, SESSION)
    tell(await origin.visit())
    await first.answer()
    assert is_replayed(await ask(second))
    bury(one, "another")
    await asyncio.sleep(SWEPT_S)
    assert is_replayed(await ask(second))
    bury(one, "gone")
    await asyncio.sleep(SWEPT_S)
    await second.ask(ASK, CHAT, KEY)
    tell(await origin.visit())
    assert not is_replayed(await second.answer())


async def test_what_is_under_way_is_given_and_not_kept(opened: Open, origin: Origin):
    one = await opened()
    client = await one.client()
    await client.ask(ASK, CHAT, KEY, SESSION)
    visit = await origin.visit()
    bury(one, "gone")
    tell(visit)
    assert (await client.answer()).status == 200
    await client.ask(ASK, CHAT, KEY)
    tell(await origin.visit())
    assert not is_replayed(await client.answer())
