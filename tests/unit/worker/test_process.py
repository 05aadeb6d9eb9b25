"""A worker that is told new settings: what it takes over at once."""

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from gossamer.config.settings import LimitSettings, LogSettings, ServerSettings, Settings
from gossamer.config.upstreams import OpenAIProvider
from gossamer.core.record import Record
from gossamer.http.proxy import ProxySettings
from gossamer.http.server import Server
from gossamer.http.turn import Turn
from gossamer.pipeline import run
from gossamer.process.link import Link
from gossamer.worker.control_door import ControlDoor
from gossamer.worker.front_door import FrontDoor
from gossamer.worker.identity.identity import Identity
from gossamer.worker.process import Worker
from gossamer.worker.services import ServiceFactory

QUIET = Settings(log=LogSettings(level="warning"))


class NoJournal:
    """Keeps nothing: no request comes here."""

    def append(self, record: Record) -> None:
        raise AssertionError(record)

    def close(self) -> None:
        """Nothing is open."""


class Overheard(Link):
    """A link to nobody; `said` is what a supervisor would have heard."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[int | str] = []

    def reloaded(self, generation: int) -> None:
        self.said.append(generation)

    def failed(self, text: str) -> None:
        self.said.append(text)


class Told:
    """A worker without sockets, the door that its requests would come through, and the link."""

    def __init__(self) -> None:
        turn = Turn(asyncio.get_running_loop())
        identity = Identity(Path("/nowhere"), 0, QUIET.auth)
        factory = ServiceFactory(NoJournal(), turn, 0, ProxySettings(), identity)
        assembly = factory.make(QUIET)
        control = ControlDoor(Path("/nowhere/control.sock"), turn, identity)
        self.link = Overheard()
        self.door = FrontDoor(run, assembly.services, control, is_exposed=True)
        self.server = Server(self.door.handle)
        self.worker = Worker(factory, assembly, self.door, self.server, self.link)


@pytest.fixture
async def told() -> AsyncIterator[Told]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.setLevel(logging.WARNING)
    told = Told()
    yield told
    await told.server.drain(0)
    root.handlers[:] = handlers
    root.setLevel(level)


async def test_the_log_level_changes_with_a_reload(told: Told):
    told.worker.new_settings(replace(QUIET, log=LogSettings(level="debug")), 1)
    assert logging.getLogger().level == logging.DEBUG
    assert told.link.said == [1]


async def test_later_requests_get_the_new_limits_and_services(told: Told):
    before = told.door.services
    limits = LimitSettings(header_count=7, body_bytes=1000)
    told.worker.new_settings(replace(QUIET, server=ServerSettings(limits=limits)), 1)
    assert told.server.limits.header_count == 7
    assert (before.body_limit_bytes, told.door.services.body_limit_bytes) == (32 * 1024 * 1024, 1000)


async def test_settings_that_cannot_be_used_change_nothing(told: Told, tmp_path: Path):
    before = told.door.services
    missing = OpenAIProvider(api_keys=("sk",), verify_tls=str(tmp_path / "no.pem"))
    told.worker.new_settings(Settings(providers={"openai": missing}, log=LogSettings(level="debug")), 1)
    assert told.door.services is before
    assert logging.getLogger().level != logging.DEBUG
    assert str(tmp_path / "no.pem") in str(told.link.said)
