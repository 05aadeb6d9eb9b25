"""The admin API on a real socket, in a thread of its own: for what cannot ask without a wire."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import uvicorn
from argon2 import PasswordHasher

from gossamer.control.api.app import make_app
from gossamer.control.store.store import open_store
from tests.real.admin.house import Clock, House, Person, settings_with


@dataclass(frozen=True)
class Served:
    """Where it listens, and who is there."""

    url: str
    admin: Person
    ids: dict[str, str]
    """Of things that there are, by the name of the parameter that names them."""


@contextmanager
def serve(store_url: str, uds: str | None = None) -> Iterator[Served]:
    """Until the block ends, on a port, or on a Unix socket as workers have it."""
    ready, found = threading.Event(), []

    async def run() -> None:
        async with await open_store(store_url) as store:
            store._passwords._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
            # Time passes a second a reading: nobody is slowed here.
            house = House(make_app(store, settings_with("open"), now=Running()), store, Clock())
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
    route = {"targets": [{"target": "mock/one"}]}
    await house.ask("PUT", "/admin/v1/routes/tier", route, token=admin.token)
    ids = {"user_id": ada.id, "agent_id": agent["id"], "key_id": key["id"], "invite_id": invite["id"]}
    return {**ids, "route_name": "tier"}
