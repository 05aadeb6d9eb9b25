"""Which connection carries a call: kept ones, stale ones, new ones, and the wait for one."""

import asyncio
from collections.abc import Callable

from gossamer.http.errors import ConnectTimeout
from gossamer.http.limits import CallTimeouts, PoolLimits
from gossamer.http.pool import Pool
from gossamer.http.turn import Turn
from tests.wire.client.scripted import OK, Door, Origin, says
from tests.wire.conftest import eventually


async def test_a_stale_connection_is_replaced_in_silence(origin: Origin):
    """The origin closes an idle connection at the moment when the next request is sent on it."""

    async def close_on_second(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK)
        await reader.readuntil(b"\r\n\r\n")

    origin.scripts = [close_on_second, says(OK)]
    _, first = origin.send()
    await first.wait()
    _, second = origin.send()
    assert await second.wait() == ["complete 200"]
    assert origin.door is not None
    assert origin.door.opened == 2


async def test_a_stale_connection_is_replaced_only_once(origin: Origin):
    async def close_on_second(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK)
        await reader.readuntil(b"\r\n\r\n")

    origin.scripts = [close_on_second, says(b"", then_hold=False)]
    _, first = origin.send()
    await first.wait()
    _, second = origin.send()
    assert await second.wait() == ["failed ResponseBroken"]


async def test_a_call_for_which_two_connections_open_is_sent_once(origin: Origin):
    """It waits for a new one, goes on one that comes free and is stale, and is tried again on another new one."""
    seen: list[bytes] = []

    async def close_on_second(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK)
        await reader.readuntil(b"\r\n\r\n")

    async def count(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await reader.readuntil(b"\r\n\r\n"))
        await asyncio.sleep(0.05)
        writer.write(OK)
        await reader.read()

    assert origin.door is not None
    door = origin.door = HeldDoor(origin.door.port)
    pool = origin.pool = Pool(door, PoolLimits(), Turn(asyncio.get_running_loop()))
    origin.scripts = [close_on_second, count, count]
    _, first = origin.send()
    _, second = origin.send()
    assert await first.wait() == ["complete 200"]
    await eventually(lambda: door.asked == 3)
    door.opens.set()
    assert await second.wait() == ["complete 200"]
    await eventually(lambda: pool.open_connections == 2)
    assert len(seen) == 1
    assert all(connection.is_idle for connection in pool._connections)


class HeldDoor(Door):
    """Opens the first connection at once, and the others when it is told to."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self.asked = 0
        self.opens = asyncio.Event()

    async def open(
        self, protocol_factory: Callable[[], asyncio.Protocol]
    ) -> tuple[asyncio.Transport, asyncio.Protocol]:
        self.asked += 1
        if self.asked > 1:
            await self.opens.wait()
        return await super().open(protocol_factory)


async def test_bytes_behind_an_answer_spoil_the_connection(origin: Origin):
    origin.scripts = [says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nHTTP/1.1 200 OK"), says(OK)]
    _, heard = origin.send()
    await heard.wait()
    _, again = origin.send()
    assert await again.wait() == ["complete 200"]
    assert origin.door is not None
    assert origin.door.opened == 2


async def test_an_answer_that_nobody_asked_for_spoils_the_connection(origin: Origin):
    origin.scripts = [says(OK + b"~HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong"), says(OK)]
    _, heard = origin.send()
    await heard.wait()
    assert origin.pool is not None
    pool = origin.pool
    await eventually(lambda: pool.open_connections == 0)
    _, again = origin.send()
    await again.wait()
    assert again.body == b"ok"


async def test_nobody_listens(origin: Origin):
    assert origin.door is not None
    origin.door.port = 1
    _, heard = origin.send()
    assert await heard.wait() == ["failed ConnectFailed"]


async def test_calls_wait_for_a_place_in_order(origin: Origin):
    origin.scripts = [says(OK, OK, OK)]
    assert origin.door is not None
    pool = origin.pool = Pool(origin.door, PoolLimits(connections=1, waiting=2), Turn(asyncio.get_running_loop()))
    first, second = (origin.send()[1] for _ in range(2))
    assert await first.wait() == ["complete 200"]
    assert await second.wait() == ["waited", "complete 200"]
    assert (origin.door.opened, pool.open_connections) == (1, 1)


async def test_a_full_queue_refuses_at_once(origin: Origin):
    origin.scripts = [says(b"")]
    assert origin.door is not None
    origin.pool = Pool(origin.door, PoolLimits(connections=1, waiting=1), Turn(asyncio.get_running_loop()))
    origin.send()
    await asyncio.sleep(0.05)
    origin.send()
    _, refused = origin.send()
    assert await refused.wait() == ["failed ConnectFailed"]
    assert "already wait" in str(refused.error)


async def test_waiting_too_long_for_a_place(origin: Origin):
    origin.scripts = [says(b"")]
    assert origin.door is not None
    origin.pool = Pool(origin.door, PoolLimits(connections=1), Turn(asyncio.get_running_loop()))
    origin.send()
    await asyncio.sleep(0.05)
    _, heard = origin.send(timeouts=CallTimeouts(connect_s=0.1))
    await heard.wait()
    assert isinstance(heard.error, ConnectTimeout)
    assert heard.transcript == ["waited", "failed ConnectTimeout"]


async def test_a_place_that_comes_free_goes_to_who_waits(origin: Origin):
    """The only connection breaks: a new one is opened for the call in the queue."""
    origin.scripts = [says(b"", then_hold=False), says(OK)]
    assert origin.door is not None
    origin.pool = Pool(origin.door, PoolLimits(connections=1), Turn(asyncio.get_running_loop()))
    _, first = origin.send()
    _, second = origin.send()
    assert await first.wait() == ["failed ResponseBroken"]
    assert await second.wait() == ["waited", "complete 200"]


async def test_unused_connections_are_closed(origin: Origin):
    origin.scripts = [says(OK)]
    assert origin.door is not None
    pool = origin.pool = Pool(origin.door, PoolLimits(keep_s=0.1), Turn(asyncio.get_running_loop()))
    _, heard = origin.send()
    await heard.wait()
    await eventually(lambda: pool.open_connections == 0)
