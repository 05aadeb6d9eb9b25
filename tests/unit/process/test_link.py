"""The process's end of the link: what the supervisor says, in which order it arrives, and what goes back."""

import asyncio
import socket
from collections.abc import AsyncIterator

import msgspec
import pytest

from gossamer.config.settings import ServerSettings, Settings
from gossamer.process.link import Gauges, Link, Order, Seat, encode_order, open_link


class Owner:
    """Writes down how it was called."""

    def __init__(self) -> None:
        self.calls: list[tuple[object, ...]] = []

    def new_settings(self, settings: Settings, generation: int) -> None:
        self.calls.append(("settings", settings.server.port, generation))

    def drain(self, within_s: float) -> None:
        self.calls.append(("drain", within_s))

    def supervisor_gone(self) -> None:
        self.calls.append(("gone",))


class Supervisor:
    """The other end, by hand."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def say(self, data: bytes) -> None:
        self.writer.write(data)

    def send_settings(self, port: int, generation: int = 0) -> None:
        settings = Settings(server=ServerSettings(port=port))
        self.say(encode_order(Order(settings=settings, generation=generation)))

    async def hears(self) -> object:
        return msgspec.json.decode(await self.reader.readline())


@pytest.fixture
async def ends() -> AsyncIterator[tuple[Supervisor, Link]]:
    ours, theirs = socket.socketpair()
    supervisor = Supervisor(*await asyncio.open_unix_connection(sock=ours))
    link = await open_link(theirs)
    yield supervisor, link
    supervisor.writer.close()
    link.close()
    await asyncio.sleep(0)


async def until_called(owner: Owner, times: int) -> list[tuple[object, ...]]:
    async with asyncio.timeout(5):
        while len(owner.calls) < times:
            await asyncio.sleep(0.001)
    return owner.calls


async def test_the_first_settings_start_the_worker(ends: tuple[Supervisor, Link]):
    supervisor, link = ends
    supervisor.send_settings(port=1)
    assert (await link.first_settings()).server.port == 1


async def test_orders_before_there_is_an_owner_wait_for_it_in_order(ends: tuple[Supervisor, Link]):
    supervisor, link = ends
    for port in (1, 2, 3):
        supervisor.send_settings(port, generation=port - 1)
    supervisor.say(b'{"drain": 2.5}\n')
    await link.first_settings()
    await asyncio.sleep(0.01)
    owner = Owner()
    link.attach(owner)
    assert await until_called(owner, 3) == [("settings", 2, 1), ("settings", 3, 2), ("drain", 2.5)]


async def test_a_drain_of_our_own_reaches_the_owner_as_the_supervisors_would(ends: tuple[Supervisor, Link]):
    _, link = ends
    owner = Owner()
    link.attach(owner)
    link.drain(7.0)
    assert owner.calls == [("drain", 7.0)]


async def test_a_supervisor_that_dies_is_noticed(ends: tuple[Supervisor, Link]):
    supervisor, link = ends
    owner = Owner()
    link.attach(owner)
    supervisor.writer.close()
    assert await until_called(owner, 1) == [("gone",)]
    link.ready(17)  # Nobody hears it, and nothing breaks.


async def test_a_supervisor_that_dies_before_it_spoke_is_noticed(ends: tuple[Supervisor, Link]):
    supervisor, link = ends
    supervisor.writer.close()
    with pytest.raises(EOFError, match="before it sent settings"):
        await link.first_settings()


async def test_the_worker_says_what_became_of_it(ends: tuple[Supervisor, Link]):
    supervisor, link = ends
    link.ready(17)
    link.reloaded(3)
    link.failed("no such\nprovider")
    said = [await supervisor.hears() for _ in range(3)]
    assert said == [{"ready": 17}, {"reloaded": 3}, {"failed": "no such\nprovider"}]


async def test_an_order_of_another_version_is_refused_and_the_worker_lives(ends: tuple[Supervisor, Link]):
    supervisor, link = ends
    supervisor.send_settings(port=1)
    await link.first_settings()
    owner = Owner()
    link.attach(owner)
    supervisor.say(b'{"settings": {"flavour": "new"}, "generation": 1}\n{"drain": 1}\n')
    assert await until_called(owner, 1) == [("drain", 1.0)]
    assert "Restart gossamer" in str(await supervisor.hears())


async def test_first_settings_of_another_version_end_the_start(ends: tuple[Supervisor, Link]):
    supervisor, link = ends
    supervisor.say(b'{"settings": {"flavour": "new"}}\n')
    with pytest.raises(msgspec.ValidationError, match="flavour"):
        await link.first_settings()


class Watcher(Owner):
    def seats_told(self, seats: tuple[Seat, ...]) -> None:
        self.calls.append(("seats", seats))


async def test_how_the_workers_fare_is_told_to_whoever_watches(ends: tuple[Supervisor, Link]):
    supervisor, link = ends
    seats = (Seat(0, 1, Gauges(2, 0.5, {"a/x": True})), Seat(1))
    supervisor.send_settings(1)
    await link.first_settings()
    watcher = Watcher()
    link.attach(watcher)
    supervisor.say(encode_order(Order(seats=seats)))
    async with asyncio.timeout(5):
        while not watcher.calls:
            await asyncio.sleep(0)
    assert watcher.calls == [("seats", seats)]


async def test_a_worker_says_how_it_fares(ends: tuple[Supervisor, Link]):
    supervisor, link = ends
    link.gauges(Gauges(2, 0.5))
    assert await supervisor.hears() == {"gauges": {"in_flight": 2, "loop_lag_s": 0.5}}
