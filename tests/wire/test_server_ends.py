"""The ends of a server: the last turn before its door closes, what stays behind it, and sweeps that nothing stops."""

import asyncio
import socket
from pathlib import Path

import pytest

from gossamer.http.connection import ServerConnection
from gossamer.http.limits import PoolLimits, ServerLimits
from gossamer.http.pool import Pool
from gossamer.http.request import Request
from gossamer.http.server import Server
from gossamer.http.turn import Turn
from tests.wire.conftest import Serve

GET = b"GET / HTTP/1.1\r\nhost: s\r\n\r\n"
WAITING = 20


def greet(request: Request) -> None:
    request.reply(200, b"", b"hello")


async def test_who_waits_at_the_door_is_answered_before_it_closes(serve: Serve):
    served = await serve(greet)
    waiting = [socket.create_connection(("127.0.0.1", served.port)) for _ in range(WAITING)]
    for sock in waiting:
        sock.sendall(GET)  # the loop has not turned since: nobody is accepted yet
    await served.server.drain(5.0)
    for sock in waiting:
        with sock:
            answer = sock.makefile("rb").read()
        assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
        assert b"connection: close\r\n" in answer


async def test_the_file_of_a_unix_socket_stays_for_the_others_who_listen_there(tmp_path: Path):
    path = tmp_path / "gateway.sock"
    with socket.socket(socket.AF_UNIX) as held:
        held.bind(str(path))
        held.listen()
        server = Server(greet)
        await server.listen(held.dup())
        await server.drain(1.0)
        await asyncio.sleep(0)
        assert path.exists()


async def test_a_defect_in_one_look_at_the_deadlines_does_not_end_them(serve: Serve, monkeypatch: pytest.MonkeyPatch):
    looks: list[float] = []
    look = ServerConnection.check_deadlines

    def fails_once(connection: ServerConnection, now: float) -> None:
        looks.append(now)
        if len(looks) == 1:
            raise ValueError("a defect, planted by the test")
        look(connection, now)

    monkeypatch.setattr(ServerConnection, "check_deadlines", fails_once)
    asyncio.get_running_loop().set_exception_handler(lambda *_: None)
    served = await serve(greet, ServerLimits(idle_timeout_s=0.08))
    wire = await served.wire()
    assert await wire.rest() == b""
    assert len(looks) > 1


async def test_a_defect_in_one_look_at_the_calls_does_not_end_them():
    class Nobody:
        async def open(self, protocol_factory: object) -> tuple[asyncio.Transport, asyncio.Protocol]:
            raise AssertionError(protocol_factory)

    class Fails:
        def __init__(self) -> None:
            self.looks = 0
            self.seen_twice = asyncio.Event()

        def check_deadlines(self, now: float) -> None:
            self.looks += 1
            if self.looks > 1:
                self.seen_twice.set()
            raise ValueError(f"a defect, planted by the test at {now}")

    asyncio.get_running_loop().set_exception_handler(lambda *_: None)
    pool = Pool(Nobody(), PoolLimits(), Turn(asyncio.get_running_loop()))
    fails = Fails()
    pool._connections.add(fails)  # type: ignore[arg-type]  # it has all that a sweep asks for
    async with asyncio.timeout(5):
        await fails.seen_twice.wait()
    pool._connections.clear()
    pool.close()
