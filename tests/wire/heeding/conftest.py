"""A provider that the test plays, and workers of one node before it, which share its directory."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Protocol

import pytest
from msgspec.structs import replace

from gossamer.config.cache import CacheSettings
from gossamer.config.idempotency import IdempotencySettings
from gossamer.config.settings import Settings
from gossamer.worker.idempotency import WorkerIdempotency, open_idempotency
from tests.wire.conftest import eventually
from tests.wire.delivery.gateway import Gateway, Origin, listening, settings_for

__all__ = ["Node", "Open"]


class Node(Gateway):
    """One worker."""

    kept: WorkerIdempotency
    settings: Settings


class Open(Protocol):
    def __call__(self, idempotency: IdempotencySettings = ..., cache: CacheSettings = ...) -> Awaitable[Node]: ...


@pytest.fixture
async def origin() -> AsyncIterator[Origin]:
    async with listening(Origin()) as origin:
        yield origin
        await eventually(lambda: origin.open == 0)


@pytest.fixture
def settings(origin: Origin, tmp_path: Path) -> Settings:
    base = settings_for(origin, connect_s=1.0, first_byte_s=5.0, idle_s=5.0, total_s=9.0)
    return replace(base, data_dir=str(tmp_path))


@pytest.fixture
async def troubles() -> list[str]:
    return []


@pytest.fixture
async def opened(settings: Settings, troubles: list[str]) -> AsyncIterator[Open]:
    """Opens a worker with these settings."""
    before = asyncio.all_tasks()
    nodes: list[Node] = []

    async def open_one(
        idempotency: IdempotencySettings = IdempotencySettings(),  # noqa: B008 - frozen
        cache: CacheSettings = CacheSettings(),  # noqa: B008 - frozen
    ) -> Node:
        own = replace(settings, idempotency=idempotency, cache=cache)
        kept = open_idempotency(own, len(nodes), troubles.append)
        node = Node(own, idempotency=kept)
        node.kept, node.settings = kept, own
        await node.listen()
        nodes.append(node)
        return node

    yield open_one
    for node in nodes:
        await node.close()
        await node.kept.close()
    await eventually(lambda: asyncio.all_tasks() <= before | {asyncio.current_task()})


@pytest.fixture
async def gateway(opened: Open) -> Node:
    return await opened()


Ask = Callable[..., Awaitable[object]]
