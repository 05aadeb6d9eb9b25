"""Clients that leave, close their side, send ahead, or are refused in the middle of an upload; with whole processes."""

import asyncio
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.system.gateway import TOKEN, Gateway, Mock, standard_config, start_gateway, start_mock
from tests.system.process_figures import sockets_of, tell
from tests.system.raw_client import RawClient, port_of
from tests.system.sink import Sink

MEGABYTE = 1024 * 1024
LARGE_BYTES = 100 * MEGABYTE
ASK = {"model": "house", "messages": [{"role": "user", "content": "hi"}]}
STREAM = {**ASK, "stream": True}
TO_SINK: dict[str, Any] = {"content_type": "application/octet-stream", "x_gossamer_provider": "sink"}
PATIENCE_S = 5.0
LATE = {"x_mock_ttft_ms": 60_000}
STEADY = {"x_mock_tokens": 10_000, "x_mock_gap_ms": 5}


@pytest.fixture(scope="module")
def mock() -> Iterator[Mock]:
    with start_mock() as mock:
        yield mock


@pytest.fixture(scope="module")
def sink_socket() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        yield sock


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory, mock: Mock, sink_socket: socket.socket) -> Iterator[Gateway]:
    config = standard_config(mock.url)
    url = f"http://127.0.0.1:{sink_socket.getsockname()[1]}/v1"
    config["providers"]["sink"] = {"kind": "openai-compatible", "base_url": url}
    home: Path = tmp_path_factory.mktemp("gateway")
    with start_gateway(home, config) as gateway:
        yield gateway


def busy_upstream(gateway: Gateway, mock: Mock) -> int:
    return sockets_of(gateway.workers[0], gateway.port).to.get(port_of(mock.url), 0)


# --- closing one side ---


@pytest.mark.parametrize(
    ("body", "orders"), [(ASK, LATE), (STREAM, LATE), (STREAM, STEADY)], ids=["json", "late", "mid"]
)
async def test_a_client_that_closes_its_side_cancels_the_provider_at_once(
    gateway: Gateway, mock: Mock, body: object, orders: dict[str, object], request: pytest.FixtureRequest
):
    name = request.node.name
    async with RawClient(gateway.port, TOKEN) as client, RawClient(port_of(mock.url), "") as looker:
        await client.send("POST", "/v1/chat/completions", body, x_request_id=name, **orders)
        while b'"open"' not in (await looker.ask("GET", f"/mock/requests/{name}")).body:
            await asyncio.sleep(0.002)
        if orders is STEADY:
            await client.until(b"\n\n")
        client.end_sending()
        closed_at = time.monotonic()
        async with asyncio.timeout(PATIENCE_S):
            while b'"cancelled"' not in (await looker.ask("GET", f"/mock/requests/{name}")).body:
                await asyncio.sleep(0.001)
        took_s = time.monotonic() - closed_at
    record = gateway.record_of(name)
    assert (record.status, record.outcome) == (200 if orders is STEADY else 499, "client_gone")
    tell(f"the provider was cancelled within {took_s * 1000:.1f} ms")
    assert took_s < 1.0


# --- uploads ---


async def send_until_it_ends(client: RawClient) -> None:
    piece = bytes(MEGABYTE)
    try:
        for _ in range(LARGE_BYTES // MEGABYTE):
            await client.write(piece)
    except ConnectionError:
        pass  # refused in the middle, and the answer is there to read


async def test_a_client_that_leaves_in_the_middle_of_an_upload_cancels_it(gateway: Gateway, sink_socket: socket.socket):
    async with Sink(sink_socket) as sink, RawClient(gateway.port, TOKEN) as client:
        framing = f"content-length: {LARGE_BYTES}"
        await client.begin("POST", "/v1/files", framing, x_request_id="left-upload", **TO_SINK)
        for _ in range(10):
            await client.write(bytes(MEGABYTE))
        await client.leave()
        async with asyncio.timeout(PATIENCE_S):
            await sink.ended.wait()
        assert sink.taken < LARGE_BYTES
    record = gateway.record_of("left-upload")
    assert (record.status, record.outcome) == (499, "client_gone")


@pytest.mark.parametrize("framing", [f"content-length: {LARGE_BYTES}", "transfer-encoding: chunked"])
async def test_a_provider_that_gives_up_an_upload_is_told_to_the_client(
    gateway: Gateway, sink_socket: socket.socket, framing: str
):
    name = f"given-up-{framing[:7]}"
    async with Sink(sink_socket, gives_up_after=5 * MEGABYTE), RawClient(gateway.port, TOKEN) as client:
        start = b"" if "length" in framing else b"%x\r\n" % LARGE_BYTES  # one chunk of all
        await client.begin("POST", "/v1/files", framing, start, x_request_id=name, **TO_SINK)
        async with asyncio.timeout(PATIENCE_S):
            _, answer = await asyncio.gather(send_until_it_ends(client), client.answer())
    assert answer.status == 502
    assert b"provider_unavailable" in answer.body
    record = gateway.record_of(name)
    assert (record.status, record.outcome) == (502, "provider_failed")


# --- sending ahead ---


@pytest.mark.parametrize("model", ["house", "house-in"], ids=["over HTTP", "in process"])
async def test_requests_that_are_sent_ahead_are_answered_in_order(gateway: Gateway, model: str):
    """Whole and streamed by turns, the later ones quicker than the earlier."""
    names = [f"ahead-{model}-{number}" for number in range(300)]
    async with RawClient(gateway.port, TOKEN) as client:
        await client.open()

        async def send_ahead() -> None:
            for number, name in enumerate(names):
                body = {"model": model, "messages": ASK["messages"], "stream": number % 3 == 0}
                wait_ms = 20 if number % 50 == 0 else 0
                await client.send("POST", "/v1/chat/completions", body, x_request_id=name, x_mock_ttft_ms=wait_ms)

        async def take_all() -> list[str | None]:
            return [(await client.answer()).header("x-request-id") for _ in names]

        async with asyncio.timeout(PATIENCE_S):
            _, answered = await asyncio.gather(send_ahead(), take_all())
    assert answered == names
    assert [record.outcome for record in gateway.records() if record.request_id in names] == ["completed"] * len(names)
