"""The proxy that breaks on demand does so, and ends however it was left."""

import asyncio

import pytest

from tests.real.fault_proxy import FaultProxy, Mode


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(100):
        writer.write(data)
    writer.close()


async def say(port: int, within_s: float) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(b"hello")
        async with asyncio.timeout(within_s):
            return await reader.read(100)
    finally:
        writer.close()


async def test_each_way_to_be_away_and_back():
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    async with FaultProxy("127.0.0.1", server.sockets[0].getsockname()[1], delay_s=0.3) as proxy:
        assert await say(proxy.port, 5) == b"hello"
        await proxy.become("refused")
        with pytest.raises(ConnectionRefusedError):
            await say(proxy.port, 5)
        await proxy.become("black hole")
        with pytest.raises(TimeoutError):
            await say(proxy.port, 0.1)
        await proxy.become("slow")
        began = asyncio.get_running_loop().time()
        assert await say(proxy.port, 5) == b"hello"
        assert asyncio.get_running_loop().time() - began >= 0.3
        await proxy.become("up")
        assert await say(proxy.port, 5) == b"hello"
    server.close()


@pytest.mark.parametrize("mode", ["refused", "black hole", "slow", "up"])
async def test_it_ends_whatever_waits_in_it(mode: Mode):
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    async with asyncio.timeout(5):
        async with FaultProxy("127.0.0.1", server.sockets[0].getsockname()[1]) as proxy:
            _, before = await asyncio.open_connection("127.0.0.1", proxy.port)
            before.write(b"hello")
            await proxy.become(mode)
            if mode != "refused":
                _, during = await asyncio.open_connection("127.0.0.1", proxy.port)
                during.write(b"hello")
                await asyncio.sleep(0.05)
                during.close()
            before.close()
            _, left = (None, None) if mode == "refused" else await asyncio.open_connection("127.0.0.1", proxy.port)
            await asyncio.sleep(0.05)
        if left is not None:
            left.close()
    server.close()
