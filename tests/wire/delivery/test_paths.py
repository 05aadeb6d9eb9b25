"""Paths that a provider could resolve to somewhere above its base URL, or take for one that is counted here."""

import pytest

from tests.wire.delivery.gateway import ASK, Gateway, Origin, whole

CROOKED = [
    "/v1/../x", "/v1/./x", "/v1/..", "/v1/%2e%2E/x", "/v1/.%2e/x",
    "/v1/..%2fx", "/v1/a%2F..%2fx", "/v1/..\\x", "/v1/a%5c..%5Cx", "/v1/..;/x", "/v1/..%3b/x",
]  # fmt: skip
STRAIGHT = ["/v1/...", "/v1/..x/y", "/v1/a..b", "/v1/a.;v=1", "/v1/files/a%2Fb", "/v1/x?to=/../y"]


@pytest.mark.parametrize("path", CROOKED)
async def test_a_path_with_dot_segments_is_refused(gateway: Gateway, origin: Origin, path: str):
    client = await gateway.client()
    await client.ask(b"", path, method="GET")
    answer = await client.answer()
    assert (answer.status, b"segments" in answer.body) == (400, True)
    assert origin.accepted == 0


@pytest.mark.parametrize("path", STRAIGHT)
async def test_dots_inside_a_segment_are_a_name(gateway: Gateway, origin: Origin, path: str):
    client = await gateway.client()
    await client.ask(b"", path, method="GET")
    visit = await origin.visit()
    assert visit.head.startswith(f"GET {path} HTTP/1.1\r\n".encode())
    visit.write(whole(b"{}"))
    assert (await client.answer()).status == 200


async def test_an_endpoint_that_is_written_another_way_is_refused(gateway: Gateway, origin: Origin):
    client = await gateway.client()
    await client.ask(ASK, "/v1/chat/completion%73")
    assert (await client.answer()).status == 400
    assert origin.accepted == 0
