"""Limits and the cache: a hit counts as a request or not at all, as the settings say, and never as tokens or money."""

from collections.abc import AsyncIterator

import msgspec
import pytest
from msgspec.structs import replace

from gossamer.config.cache import CacheSettings, HitsCount
from gossamer.config.money import Budget
from gossamer.config.settings import Settings
from gossamer.config.usage import PriceSettings, QuotaSettings, UsageSettings
from tests.wire.cache.answers import USAGE, tell
from tests.wire.delivery.gateway import ASK, Gateway, Origin

LIMITED = UsageSettings(default=QuotaSettings(requests=3, tokens=5_000))
A_DOLLAR = PriceSettings(request_nanos=1_000_000_000)


@pytest.fixture
async def limited(settings: Settings, hits: HitsCount) -> AsyncIterator[Gateway]:
    gateway = Gateway(
        replace(
            settings,
            cache=CacheSettings(enabled=True, hits=hits),
            limits=LIMITED,
            prices={"local/real": A_DOLLAR},
        )
    )
    await gateway.listen()
    yield gateway
    await gateway.close()


@pytest.mark.parametrize(("hits", "expected"), [("counted", [200, 200, 200, 429]), ("free", [200] * 4)])
async def test_whether_a_hit_is_a_request(limited: Gateway, origin: Origin, expected: list[int]):
    client = await limited.client()
    await client.ask(ASK)
    tell(await origin.visit())
    statuses = [(await client.answer()).status]
    for _ in expected[1:]:
        await client.ask(ASK)
        statuses.append((await client.answer()).status)
    assert statuses == expected


@pytest.mark.parametrize("hits", ["counted"])
async def test_it_never_costs_tokens_or_money(limited: Gateway, origin: Origin):
    client = await limited.client()
    await client.ask(ASK)
    tell(await origin.visit())
    await client.answer()
    await client.ask(ASK)
    second = await client.answer()
    await client.ask({**ASK, "seed": 1, "max_tokens": 1})
    tell(await origin.visit())
    third = await client.answer()
    spent = 5_000 - int(third.headers[b"x-ratelimit-remaining-tokens"])
    assert spent < USAGE["total_tokens"] + 100, "only what providers were asked, and the estimate of this one"
    assert second.headers[b"x-ratelimit-remaining-requests"] == b"1"
    await limited.record(3)
    assert [record.cost_nanos for record in limited.records.all] == [1_000_000_000, 0, 1_000_000_000]
    hit = limited.records.all[1].cache
    assert hit is not None
    assert hit.saved_nanos == 1_000_000_000


@pytest.mark.parametrize("hits", ["counted"])
async def test_the_line_of_the_journal_says_what_was_saved(limited: Gateway, origin: Origin):
    client = await limited.client()
    await client.ask(ASK)
    tell(await origin.visit())
    await client.answer()
    await client.ask(ASK)
    await client.answer()
    line = msgspec.json.decode(msgspec.json.encode(await limited.record(2)))
    assert line["cache"] == {"tier": "l1", "saved_nanos": 1_000_000_000}


@pytest.mark.parametrize(("hits", "expected"), [("counted", 429), ("free", 200)])
async def test_whose_money_is_spent_gets_what_is_known_where_hits_are_free(
    settings: Settings, origin: Origin, hits: HitsCount, expected: int
):
    """Counted, what an answer would cost must be there before anybody looks whether it is known."""
    a_dollar = UsageSettings(default=QuotaSettings(budget=(Budget(A_DOLLAR.request_nanos or 0, "month"),)))
    gateway = Gateway(
        replace(
            settings,
            cache=CacheSettings(enabled=True, hits=hits),
            limits=a_dollar,
            prices={"local/real": A_DOLLAR},
        )
    )
    await gateway.listen()
    client = await gateway.client()
    await client.ask(ASK)
    tell(await origin.visit())
    assert (await client.answer()).status == 200
    await client.ask(ASK)
    assert (await client.answer()).status == expected
    await gateway.close()
