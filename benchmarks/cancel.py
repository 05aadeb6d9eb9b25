"""How soon a provider sees that the client has left: in each window, straight, translated, and behind a fallback.

    PYTHONPATH=src:. python -m benchmarks.cancel [--times 20]

Prints the median and the worst of each. The budget is 100 ms.
"""

import argparse
import asyncio
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from gossamer.bench.statistics import median
from tests.system.gateway import Gateway, start_gateway

Speaks = Literal["chat", "messages"]
Window = Literal["first byte of a stream", "JSON answer", "middle of a stream"]
WINDOWS: Final[tuple[Window, ...]] = ("first byte of a stream", "JSON answer", "middle of a stream")
WAYS: Final = {"one": "one target", "tier": "behind a fallback"}
WITHIN_S: Final = 10.0
"""What never comes is a failure of the run."""
SETTLED_S: Final = 0.05
"""From the provider's sight of the request until the client leaves: everybody waits by then."""
_LENGTH: Final = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_CHAT: Final = (
    (
        b'data: {"id":"x","object":"chat.completion.chunk","created":1,"model":"m",'
        b'"choices":[{"index":0,"delta":{"role":"assistant","content":"a"},"finish_reason":null}]}\n\n'
    ),
)
_MESSAGES: Final = (
    (
        b'event: message_start\ndata: {"type":"message_start","message":{"id":"m","type":"message","role":"assistant",'
        b'"model":"m","content":[],"stop_reason":null,"usage":{"input_tokens":1,"output_tokens":1}}}\n\n'
    ),
    (
        b'event: content_block_start\ndata: {"type":"content_block_start","index":0,'
        b'"content_block":{"type":"text","text":""}}\n\n'
    ),
    (
        b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,'
        b'"delta":{"type":"text_delta","text":"a"}}\n\n'
    ),
)
_BEGINNING: Final = {"chat": _CHAT, "messages": _MESSAGES}


class Upstream:
    """A provider that begins an answer, or none, and then waits to be left."""

    def __init__(self, speaks: Speaks) -> None:
        self.begins = False
        self._speaks = speaks
        self.was_asked = asyncio.Event()
        self.left_at: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await read_request(reader)
            self.was_asked.set()
            if self.begins:
                self._begin(writer)
            while await reader.read(1):
                pass
        except ConnectionError:
            pass  # one way to leave
        finally:
            if not self.left_at.done():
                self.left_at.set_result(time.perf_counter())
            writer.close()

    def _begin(self, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
        for event in _BEGINNING[self._speaks]:
            writer.write(b"%x\r\n%b\r\n" % (len(event), event))


async def busy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A provider that says 503 to everybody."""
    await read_request(reader)
    writer.write(b"HTTP/1.1 503 Busy\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}")
    await writer.drain()
    writer.close()


async def read_request(reader: asyncio.StreamReader) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    found = _LENGTH.search(head)
    assert found is not None
    await reader.readexactly(int(found[1]))


async def left_ms(gateway: Gateway, upstream: Upstream, window: Window, model: str) -> float:
    upstream.begins = window == "middle of a stream"
    upstream.was_asked.clear()
    upstream.left_at = asyncio.get_running_loop().create_future()
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    body = {"model": model, "messages": [{"role": "user", "content": "Hello"}], "stream": window != "JSON answer"}
    writer.write(request(msgspec.json.encode(body)))
    async with asyncio.timeout(WITHIN_S):
        await upstream.was_asked.wait()
        if upstream.begins:
            await reader.readuntil(b"data:")
        else:
            await asyncio.sleep(SETTLED_S)
        began = time.perf_counter()
        writer.close()
        return (await upstream.left_at - began) * 1000


def request(body: bytes) -> bytes:
    return (
        b"POST /v1/chat/completions HTTP/1.1\r\nhost: g\r\nauthorization: Bearer sk-configured\r\n"
        b"content-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)
    )


@contextmanager
def gateway_before(speaks: Speaks, port: int, busy_port: int) -> Iterator[Gateway]:
    kinds: dict[Speaks, dict[str, Any]] = {
        "chat": {"kind": "openai-compatible"},
        "messages": {"kind": "anthropic", "api_keys": ["k"]},
    }
    config = {
        "keys": [{"name": "configured", "token": "sk-configured"}],
        "providers": {
            "up": {**kinds[speaks], "base_url": f"http://127.0.0.1:{port}/v1"},
            "busy": {"kind": "openai-compatible", "base_url": f"http://127.0.0.1:{busy_port}/v1"},
        },
        "models": {"one": "up/m", "tier": {"strategy": "fallback", "targets": ["busy/m", "up/m"]}},
    }
    with start_gateway(Path(tempfile.mkdtemp(prefix="cancel-")), config) as gateway:
        yield gateway


async def measure(speaks: Speaks, times: int) -> None:
    upstream = Upstream(speaks)
    async with (
        await asyncio.start_server(upstream.serve, "127.0.0.1", 0) as server,
        await asyncio.start_server(busy, "127.0.0.1", 0) as refusing,
    ):
        ports = [each.sockets[0].getsockname()[1] for each in (server, refusing)]
        opened = gateway_before(speaks, *ports)
        gateway = await asyncio.to_thread(opened.__enter__)
        try:
            for model, way in WAYS.items():
                for window in WINDOWS:
                    took = [await left_ms(gateway, upstream, window, model) for _ in range(times)]
                    how = "translated" if speaks == "messages" else "as it is"
                    print(f"{how:<11} {way:<18} {window:<23} median {median(took):6.2f} ms, worst {max(took):6.2f} ms")
        finally:
            await asyncio.to_thread(opened.__exit__, None, None, None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=20)
    times = parser.parse_args().times
    for speaks in _BEGINNING:
        asyncio.run(measure(speaks, times))


if __name__ == "__main__":
    main()
