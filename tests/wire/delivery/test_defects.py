"""A defect of ours while an answer is delivered ends one request, and never leaves its client waiting."""

from typing import Any

import msgspec
import pytest

from gossamer.core.logs import Log
from tests.wire.delivery.gateway import ASK, END, Gateway, Origin, chunk, whole

IN_CHUNKS = (
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n" + chunk(b"{}") + END
)
BREAKS = ValueError("a defect, planted by the test")


def fails(*_: object) -> Any:
    raise BREAKS


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> list[BaseException]:
    found: list[BaseException] = []
    monkeypatch.setattr(Log, "defect", lambda _log, _event, error, **_: found.append(error))
    return found


@pytest.mark.parametrize("is_whole", [True, False], ids=["whole", "in pieces"])
async def test_a_defect_before_the_answer_has_begun_is_answered(
    gateway: Gateway, origin: Origin, monkeypatch: pytest.MonkeyPatch, logged: list[BaseException], is_whole: bool
):
    place = "forward" if is_whole else "pieces"
    monkeypatch.setattr(f"gossamer.delivery.{place}.read_ending", fails)
    client = await gateway.client()
    await client.ask(ASK)
    (await origin.visit()).write(whole(b"{}") if is_whole else IN_CHUNKS)
    got = await client.answer()
    assert (got.status, msgspec.json.decode(got.body)["error"]["code"]) == (500, "internal_error")
    assert (await gateway.record()).error == "internal_error"
    assert logged == [BREAKS]
    monkeypatch.undo()
    await client.ask(ASK)
    (await origin.visit()).write(whole(b"{}"))
    assert (await client.answer()).status == 200, "and nothing else has ended"


async def test_a_defect_behind_the_first_bytes_ends_without_a_clean_end(
    gateway: Gateway, origin: Origin, monkeypatch: pytest.MonkeyPatch, logged: list[BaseException]
):
    monkeypatch.setattr("gossamer.delivery.pieces.usage_in_tail", fails)
    client = await gateway.client()
    await client.ask(ASK)
    visit = await origin.visit()
    visit.write(
        b"HTTP/1.1 200 OK\r\ncontent-type: audio/mpeg\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
    )
    rest = await client.rest()
    assert b"abc" in rest
    assert not rest.endswith(b"0\r\n\r\n")
    assert (await gateway.record()).outcome == "stream_broken"
    assert logged == [BREAKS]


async def test_a_defect_behind_the_record_closes_the_connection(
    gateway: Gateway, origin: Origin, monkeypatch: pytest.MonkeyPatch, logged: list[BaseException]
):
    monkeypatch.setattr("gossamer.http.request.Request.reply", fails)
    client = await gateway.client()
    await client.ask(ASK)
    (await origin.visit()).write(whole(b"{}"))
    assert await client.rest() == b""
    assert (await gateway.record()).outcome == "completed"
    assert logged == [BREAKS]
