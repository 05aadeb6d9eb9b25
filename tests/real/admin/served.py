"""The admin API on a real socket, in a thread of its own: for what cannot ask without a wire."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from argon2 import PasswordHasher

from gossamer.control.api.app import make_app
from gossamer.control.store.store import open_store
from gossamer.feed.paths import recorder_path
from gossamer.http.server import Server as HttpServer
from gossamer.recorder.process import Recorder
from tests.real.admin.house import Clock, House, Person, settings_with
from tests.real.admin.speaking import say


@dataclass(frozen=True)
class Served:
    """Where it listens, and who is there."""

    url: str
    admin: Person
    ids: dict[str, str]
    """Of things that there are, by the name of the parameter that names them."""


@contextmanager
def serve(store_url: str, data_dir: Path, uds: str | None = None) -> Iterator[Served]:
    """Until the block ends, on a port, or on a Unix socket as workers have it."""
    ready, found = threading.Event(), []

    async def run() -> None:
        async with await open_store(store_url) as store:
            store._passwords._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
            # Time passes a second a reading: nobody is slowed here.
            house = House(make_app(store, settings_with("open", data_dir=data_dir), now=Running()), store, Clock())
            recorder = await record(data_dir)
            admin = await house.person("admin", "admin")
            ids = await things(house, admin)
            config = uvicorn.Config(
                house.app,
                port=0,
                uds=uds,
                log_config=None,
                lifespan="off",
                access_log=False,
                proxy_headers=False,
                ws="none",
            )
            server = uvicorn.Server(config)
            serving = asyncio.ensure_future(server.serve())
            while not server.started:
                await asyncio.sleep(0.01)
            name = server.servers[0].sockets[0].getsockname()
            url = "http://control" if uds else f"http://127.0.0.1:{name[1]}"
            found.append((Served(url, admin, ids), server))
            ready.set()
            await serving
            await recorder.drain(0)

    def work() -> None:
        try:
            asyncio.run(run())
        finally:
            ready.set()

    thread = threading.Thread(target=work)
    thread.start()
    ready.wait()
    assert found, "it did not start"
    served, server = found[0]
    try:
        yield served
    finally:
        server.should_exit = True
        thread.join()


async def record(data_dir: Path) -> HttpServer:
    """A recorder that follows nothing: its page is there."""
    link: Any = None  # nobody tells it anything
    server = HttpServer(Recorder(settings_with(data_dir=data_dir), link).answer)
    sock = socket.socket(socket.AF_UNIX)
    sock.bind(str(recorder_path(data_dir)))
    await server.listen(sock)
    return server


class Running:
    """A clock on which every reading is an hour later."""

    def __init__(self) -> None:
        self._now = 0.0

    def __call__(self) -> float:
        self._now += 3600.0
        return self._now


async def things(house: House, admin: Person) -> dict[str, str]:
    """One of each, of somebody who is not the admin."""
    ada = await house.person("ada")
    agent = (await house.post("/admin/v1/agents", {"name": "agent"}, ada.token)).json()
    key = (await house.post("/admin/v1/keys", {"name": "key", "agents": [agent["id"]]}, ada.token)).json()
    invite = (await house.post("/admin/v1/invites", {}, admin.token)).json()
    trace_id = say(house, ada.id, "talk")
    (session,) = (await house.get("/admin/v1/sessions", ada.token)).json()["data"]
    directive = (await house.post("/admin/v1/directives", {"name": "voice", "text": "Be kind."}, ada.token)).json()
    route = {"targets": [{"target": "mock/one"}]}
    await house.ask("PUT", "/admin/v1/routes/tier", route, token=admin.token)
    ids = {"user_id": ada.id, "agent_id": agent["id"], "key_id": key["id"], "invite_id": invite["id"]}
    more = {"directive_id": directive["id"], "session_id": session["id"]}
    return {**ids, **more, "route_name": "tier", "trace_id": trace_id}
