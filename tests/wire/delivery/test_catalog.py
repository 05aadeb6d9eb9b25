"""The list of models: what a provider says of its own, and that nothing it says keeps anybody waiting."""

from typing import Any

import msgspec
import pytest

from gossamer.config.upstreams import OpenAIProvider
from gossamer.config.usage import PriceSettings
from gossamer.worker.catalog import ModelCatalog
from tests.wire.delivery.gateway import Gateway, Origin, settings_for, whole


async def entries(gateway: Gateway, origin: Origin, answer: bytes) -> list[dict[str, Any]]:
    client = await gateway.client()
    await client.ask(b"", "/v1/models", method="GET")
    (await origin.visit()).write(answer)
    got = await client.answer()
    assert got.status == 200
    data: list[dict[str, Any]] = msgspec.json.decode(got.body)["data"]
    return data


async def listed(gateway: Gateway, origin: Origin, answer: bytes) -> list[str]:
    return [entry["id"] for entry in await entries(gateway, origin, answer)]


async def test_models_are_listed_behind_the_aliases(gateway: Gateway, origin: Origin):
    assert await listed(gateway, origin, whole(b'{"data":[{"id":"real"}]}')) == ["alias", "local/real"]


async def test_each_shows_its_price_and_its_limits_or_that_nobody_knows(origin: Origin):
    provider = OpenAIProvider(base_url=f"http://127.0.0.1:{origin.port}/v1", api_keys=("sk-x",))
    settings = msgspec.structs.replace(
        settings_for(origin),
        providers={"oa": provider},
        models={"house": "oa/gpt-4o-mini", "other": "oa/unheard-of"},
        prices={"oa/o3": PriceSettings(input_picos=1_500_000)},
    )
    gateway = Gateway(settings)
    await gateway.listen()
    body = b'{"data":[{"id":"gpt-4o-mini-2024-07-18"},{"id":"o3"}]}'
    house, other, mini, o3 = await entries(gateway, origin, whole(body))
    await gateway.close()
    price = {"input": 0.15, "output": 0.6, "cached": 0.075}
    shown = {"context_window": 128_000, "max_output_tokens": 16_384, "price": price}
    fixed = {"owned_by": "oa", "object": "model", "created": 0, "type": "model", "created_at": "1970-01-01T00:00:00Z"}
    dated = "gpt-4o-mini-2024-07-18"
    assert house == {"id": "house", "display_name": "house", **fixed, **shown}
    assert mini == {"id": f"oa/{dated}", "display_name": dated, **fixed, **shown}
    unknown = {"context_window": None, "max_output_tokens": None, "price": None}
    assert other == {"id": "other", "display_name": "other", **fixed, **unknown}
    assert o3["price"] == {"input": 1.5, "output": 0.0}, "the settings' own, all of it"
    assert o3["context_window"] == 200_000


@pytest.mark.parametrize(
    "body",
    [b"no JSON", b'{"data":[{"id":"\xff\xfe"}]}', b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}", b'{"data":5}'],
    ids=["no JSON", "no UTF-8", "too deep", "no list"],
)
async def test_a_provider_that_lists_nonsense_is_left_out(gateway: Gateway, origin: Origin, body: bytes):
    assert await listed(gateway, origin, whole(body)) == ["alias"]


async def test_a_defect_of_the_list_keeps_nobody_waiting(gateway: Gateway, monkeypatch: pytest.MonkeyPatch):
    async def fails(_: ModelCatalog) -> bytes:
        raise ValueError("a defect, planted by the test")

    monkeypatch.setattr(ModelCatalog, "listing", fails)
    client = await gateway.client()
    await client.ask(b"", "/v1/models", method="GET")
    assert (await client.answer()).status == 502
    assert (await gateway.record()).outcome == "provider_failed"
