"""The list of models: what a provider says of its own, and that nothing it says keeps anybody waiting."""

import msgspec
import pytest

from gossamer.worker.catalog import ModelCatalog
from tests.wire.delivery.gateway import Gateway, Origin, whole


async def listed(gateway: Gateway, origin: Origin, answer: bytes) -> list[str]:
    client = await gateway.client()
    await client.ask(b"", "/v1/models", method="GET")
    (await origin.visit()).write(answer)
    got = await client.answer()
    assert got.status == 200
    return [entry["id"] for entry in msgspec.json.decode(got.body)["data"]]


async def test_models_are_listed_behind_the_aliases(gateway: Gateway, origin: Origin):
    assert await listed(gateway, origin, whole(b'{"data":[{"id":"real"}]}')) == ["alias", "local/real"]


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
