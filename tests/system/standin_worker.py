"""A worker for the supervisor's tests: the real entry and link, and in place of the gateway a server of a few lines.

    GET /             the worker's pid and number, and how it was configured
    GET /slow         the same, once there is a file `go` in data_dir; until then `in-hand-...` tells of the request

The first argument says how it behaves: good, refuses-reload, stubborn (drains never), fails (at start), or hesitates
(is ready once there is a file `go`).
"""

import asyncio
import os
import socket
import sys
from pathlib import Path

from gossamer.config.settings import Settings
from gossamer.process.entry import Serve, main
from gossamer.process.link import Link


class Standin:
    def __init__(self, behaviour: str, settings: Settings, link: Link, number: int) -> None:
        self.behaviour = behaviour
        self.settings = settings
        self.link = link
        self.number = number
        self.over = asyncio.Event()
        self.under_way: set[asyncio.Task[None]] = set()
        self.servers: list[asyncio.Server] = []

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self.under_way.add(task)
        task.add_done_callback(self.under_way.discard)
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            if head.startswith(b"GET /slow"):
                await self.wait_for_leave(f"{os.getpid()}-{id(task)}")
            body = f"{os.getpid()} {self.number} {self.settings.log.level}".encode()
            writer.write(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body))
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def wait_for_leave(self, name: str) -> None:
        desk = Path(self.settings.data_dir)
        (desk / f"in-hand-{name}").touch()
        while not (desk / "go").exists():
            await asyncio.sleep(0.01)

    def new_settings(self, settings: Settings, generation: int) -> None:
        if self.behaviour == "refuses-reload":
            self.link.failed("these settings do not suit me")
            return
        self.settings = settings
        self.link.reloaded(generation)

    def drain(self, within_s: float) -> None:
        for server in self.servers:
            server.close()
        if self.behaviour != "stubborn":
            asyncio.get_running_loop().create_task(self.finish(within_s))

    def supervisor_gone(self) -> None:
        self.drain(self.settings.server.limits.drain_timeout_s)

    async def finish(self, within_s: float) -> None:
        if self.under_way:
            await asyncio.wait(self.under_way, timeout=within_s)
        self.over.set()


def behaving(behaviour: str) -> Serve:
    async def serve(sockets: list[socket.socket], settings: Settings, link: Link, number: int) -> None:
        if behaviour == "fails":
            raise RuntimeError("no room for a journal")
        worker = Standin(behaviour, settings, link, number)
        for sock in sockets:
            starter = asyncio.start_unix_server if sock.family == socket.AF_UNIX else asyncio.start_server
            worker.servers.append(await starter(worker.answer, sock=sock, backlog=4096))
        link.attach(worker)
        while behaviour == "hesitates" and not (Path(settings.data_dir) / "go").exists():
            await asyncio.sleep(0.01)
        link.ready(os.getpid())
        await worker.over.wait()

    return serve


if __name__ == "__main__":
    sys.exit(main(behaving(sys.argv[1]), sys.argv[2:]))
