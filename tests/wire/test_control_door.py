"""Requests that go on to the control process, which the test plays: whatever happens."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import msgspec
import pytest

from gossamer.core.ports import Services
from gossamer.http.limits import PoolLimits
from gossamer.http.request import Request
from gossamer.http.turn import Turn
from gossamer.policy.admission import MOST_CONTROL_BODY_BYTES
from gossamer.policy.places import Places
from gossamer.worker import control_door
from gossamer.worker.control_door import ControlDoor
from gossamer.worker.front_door import FrontDoor
from gossamer.worker.identity.identity import Identity
from tests.wire.conftest import Served, Wire, eventually, serving
from tests.wire.delivery.gateway import END, Origin, chunk, whole

READY = b'{"status":"ready"}'


class House:
    """A front door with nothing behind it but the control process."""

    is_away = was_told = False
    """Stands for the worker's identity, of which no more is asked here."""

    def __init__(self, path: Path) -> None:
        self.went_to_stages = 0
        identity = cast("Identity", self)
        self.control = ControlDoor(path, Turn(asyncio.get_running_loop()), identity)
        self.door = FrontDoor(self.run, cast("Services", None), self.control, is_exposed=True)

    def run(self, request: Request, services: Services) -> None:
        self.went_to_stages += 1
        request.reply(200, b"", b"stages")


@asynccontextmanager
async def playing(origin: Origin, path: Path) -> AsyncIterator[Origin]:
    server = await asyncio.start_unix_server(origin.take, path)
    yield origin
    await eventually(lambda: origin.open == 0)
    server.close()


@pytest.fixture
async def path(tmp_path: Path) -> Path:
    return tmp_path / "control.sock"


@pytest.fixture
async def origin(path: Path) -> AsyncIterator[Origin]:
    async with playing(Origin(), path) as origin:
        yield origin


@pytest.fixture
async def house(path: Path) -> AsyncIterator[House]:
    house = House(path)
    yield house
    house.control.close()


@pytest.fixture
async def served(origin: Origin, house: House) -> AsyncIterator[Served]:
    async with serving(house.door.handle) as served:
        yield served
        house.control.close()


async def ask(served: Served, target: str, *lines: str, method: str = "GET", body: bytes = b"") -> Wire:
    wire = await served.wire()
    length = [f"content-length: {len(body)}"] if body else []
    await wire.send("\r\n".join([f"{method} {target} HTTP/1.1", "host: g", *lines, *length, "", ""]).encode() + body)
    return wire


def code(body: bytes) -> str:
    return str(msgspec.json.decode(body)["error"]["code"])


@pytest.mark.parametrize(
    "target",
    ["/admin", "/admin/v1/keys?limit=2", "/v1/auth/login", "/ui", "/ui/a.js", "/metrics", "/docs", "/openapi.json"],
)
async def test_a_control_path_goes_on_as_it_came(served: Served, origin: Origin, target: str):
    wire = await ask(served, target, "authorization: Bearer gsl_x", "cookie: a=b", "x-new: kept")
    visit = await origin.visit()
    assert visit.head.startswith(f"GET {target} HTTP/1.1\r\nhost: g\r\n".encode())
    for line in (b"authorization: Bearer gsl_x", b"cookie: a=b", b"x-new: kept", b"x-forwarded-for: 127.0.0.1"):
        assert line + b"\r\n" in visit.head
    visit.write(whole(b"{}", 201, "application/json", "set-cookie: s=1", "etag: 7", "connection: keep-alive"))
    answer = await wire.answer()
    assert (answer.status, answer.body) == (201, b"{}")
    assert answer.headers == {
        b"content-type": b"application/json",
        b"set-cookie": b"s=1",
        b"etag": b"7",
        b"content-length": b"2",
    }


@pytest.mark.parametrize("target", ["/v1/chat/completions", "/v1/authors", "/v1/models?/v1/auth", "/v1/"])
async def test_what_only_looks_like_one_goes_to_the_stages(served: Served, house: House, target: str):
    assert (await (await ask(served, target)).answer()).body == b"stages"


@pytest.mark.parametrize("target", ["/administrator", "/uix", "/docs.html", "/"])
async def test_what_is_nothing_is_not_found(served: Served, origin: Origin, target: str):
    answer = await (await ask(served, target)).answer()
    assert (answer.status, code(answer.body)) == (404, "not_found")
    assert origin.accepted == 0


async def test_what_is_not_exposed_is_not_found_either(served: Served, house: House, origin: Origin):
    house.door.is_exposed = False
    for target in ("/admin/v1/keys", "/v1/auth/login", "/docs"):
        assert (await (await ask(served, target)).answer()).status == 404
    assert (house.went_to_stages, origin.accepted) == (0, 0)


async def test_a_client_cannot_say_where_it_comes_from(served: Served, origin: Origin):
    lines = ("x-forwarded-for: 9.9.9.9", "X-Forwarded-Host: evil", "forwarded: for=9.9.9.9", "x-real-ip: 9.9.9.9")
    wire = await ask(served, "/admin", *lines)
    visit = await origin.visit()
    assert b"9.9.9.9" not in visit.head
    assert b"evil" not in visit.head
    visit.write(whole(b""))
    await wire.answer()


@pytest.mark.parametrize("size", [1, MOST_CONTROL_BODY_BYTES])
async def test_a_body_goes_on_as_it_is(served: Served, origin: Origin, size: int):
    body = os.urandom(size)
    wire = await ask(served, "/v1/auth/register", method="POST", body=body)
    visit = await origin.visit()
    assert visit.body == body
    visit.write(whole(b"{}"))
    assert (await wire.answer()).status == 200


async def test_a_body_that_comes_in_pieces_takes_a_connection_once_it_is_whole(served: Served, origin: Origin):
    slow = await ask(served, "/v1/auth/login", "content-length: 6", method="POST")
    wire = await ask(served, "/admin/v1/x", "transfer-encoding: chunked", method="POST")
    await slow.send(b"one")
    await wire.send(chunk(b"one") + chunk(b"two") + END)
    visit = await origin.visit()
    assert (visit.head.partition(b" HTTP")[0], visit.body) == (b"POST /admin/v1/x", b"onetwo")
    visit.write(whole(b"{}"))
    assert (await wire.answer()).status == 200
    assert origin.accepted == 1, "the slow one holds none"
    await slow.send(b"two")
    visit = await origin.visit()
    assert visit.body == b"onetwo"
    visit.write(whole(b"{}"))
    assert (await slow.answer()).status == 200


@pytest.mark.parametrize("framing", [f"content-length: {MOST_CONTROL_BODY_BYTES + 1}", "transfer-encoding: chunked"])
async def test_a_body_that_is_too_large_is_refused_here(served: Served, origin: Origin, framing: str):
    wire = await ask(served, "/v1/auth/login", framing, method="POST")
    if "chunked" in framing:
        await wire.send(chunk(b"." * (MOST_CONTROL_BODY_BYTES + 1)) + END)
    answer = await wire.answer()
    assert (answer.status, code(answer.body)) == (413, "request_too_large")
    assert origin.accepted == 0


async def test_an_answer_that_comes_in_pieces_goes_down_in_pieces(served: Served, origin: Origin):
    wire = await ask(served, "/metrics")
    visit = await origin.visit()
    visit.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", chunk(b"one"))
    assert b"one" in await wire.reader.readuntil(b"one\r\n")
    visit.write(chunk(b"two"), END)
    assert await wire.reader.readuntil(END) == chunk(b"two") + END


async def test_a_head_has_no_body(served: Served, origin: Origin):
    wire = await ask(served, "/docs", method="HEAD")
    (await origin.visit()).write(b"HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\n")
    answer = await wire.answer(is_head=True)
    assert (answer.status, answer.headers[b"content-length"]) == (200, b"7")


async def test_a_client_that_leaves_ends_the_request(served: Served, origin: Origin):
    wire = await ask(served, "/admin/v1/users")
    visit = await origin.visit()
    wire.close()
    await visit.ends()


async def test_an_answer_that_breaks_off_does_not_look_whole(served: Served, origin: Origin):
    wire = await ask(served, "/metrics")
    visit = await origin.visit()
    visit.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", chunk(b"one"))
    await wire.reader.readuntil(b"one\r\n")
    visit.close()
    assert await wire.rest() == b""


@pytest.mark.parametrize("way", ["away", "nobody there", "closed"])
async def test_without_a_control_process_it_is_unavailable(tmp_path: Path, house: House, path: Path, way: str):
    async with serving(house.door.handle) as served, playing(Origin(), tmp_path / "other.sock") as origin:
        house.is_away = way == "away"
        if way == "closed":
            house.control = house.door._control = ControlDoor(
                tmp_path / "other.sock", Turn(asyncio.get_running_loop()), cast("Identity", house)
            )
        wire = await ask(served, "/admin/v1/keys")
        if way == "closed":
            (await origin.visit()).close()
        answer = await wire.answer()
        assert (answer.status, code(answer.body)) == (503, "unavailable")
        assert answer.headers[b"retry-after"] == b"1"
        house.control.close()


# --- /readyz ---


async def readiness(served: Served, origin: Origin, status: int | None) -> tuple[int, str]:
    """What is answered where the control process answers so; None: it hangs up."""
    wire = await ask(served, "/readyz")
    visit = await origin.visit()
    assert visit.head.startswith(b"GET /readyz HTTP/1.1\r\n")
    if status is None:
        visit.close()
        (await origin.visit()).close()  # a kept connection might just have been too old
    else:
        visit.write(whole(b"{}", status))
    answer = await wire.answer()
    return answer.status, str(msgspec.json.decode(answer.body)["status"])


async def test_it_is_ready_once_the_store_can_be_asked_and_stays_so_while_all_nodes_are_equally_ill(
    served: Served, house: House, origin: Origin
):
    assert await readiness(served, origin, 503) == (503, "starting")
    house.was_told = True  # and nobody needs to have asked here meanwhile
    assert await readiness(served, origin, 503) == (200, "degraded")
    assert await readiness(served, origin, None) == (503, "unavailable")
    assert await readiness(served, origin, 200) == (200, "ready")


async def test_it_is_not_ready_while_the_control_process_is_away_or_the_worker_drains(served: Served, house: House):
    house.is_away = True
    assert (await (await ask(served, "/readyz")).answer()).status == 503
    house.door.is_ready = False
    assert b"draining" in (await (await ask(served, "/readyz")).answer()).body


async def test_it_is_answered_though_the_control_paths_are_not_exposed(served: Served, house: House, origin: Origin):
    house.door.is_exposed = False
    assert await readiness(served, origin, 200) == (200, "ready")


async def test_all_who_ask_at_once_share_one_question(served: Served, origin: Origin):
    wires = [await ask(served, "/readyz") for _ in range(3)]
    visit = await origin.visit()
    await eventually(lambda: served.server.in_flight == 3)
    visit.write(whole(b"{}"))
    assert [(await wire.answer()).body for wire in wires] == [READY] * 3
    assert origin.accepted == 1


async def test_whoever_keeps_the_administration_busy_does_not_make_the_node_look_ill(
    served: Served, origin: Origin, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(control_door, "LIMITS", PoolLimits(connections=2))
    wires = [await ask(served, "/admin/v1/keys") for _ in range(3)]
    visits = [await origin.visit() for _ in range(2)]
    assert await readiness(served, origin, 200) == (200, "ready")
    for visit in visits:
        visit.write(whole(b"{}"))
    (await origin.visit()).write(whole(b"{}"))
    for wire in wires:
        assert (await wire.answer()).status == 200


async def test_one_address_does_not_take_all_the_room(
    served: Served, house: House, origin: Origin, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(house.control, "_places", Places(2))
    first, second = [await ask(served, "/admin/v1/keys") for _ in range(2)]
    visits = [await origin.visit() for _ in range(2)]
    answer = await (await ask(served, "/admin/v1/keys")).answer()
    assert (answer.status, code(answer.body)) == (429, "rate_limit_exceeded")
    assert answer.headers[b"retry-after"] == b"1"
    visits[0].write(whole(b"{}"))
    assert (await first.answer()).status == 200
    second.close()  # gives its place back as well
    await visits[1].ends()
    wires = [await ask(served, "/admin/v1/keys") for _ in range(2)]
    for visit in [await origin.visit() for _ in range(2)]:
        visit.write(whole(b"{}"))
    assert [(await wire.answer()).status for wire in wires] == [200, 200]
