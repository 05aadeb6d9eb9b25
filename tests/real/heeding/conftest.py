"""Nodes that share a Redis and nothing else, and a provider that the test plays."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from gossamer.config.cache import CacheSettings
from gossamer.config.idempotency import IdempotencySettings
from gossamer.config.settings import Settings
from gossamer.config.usage import CountersDown
from gossamer.worker.idempotency import WorkerIdempotency, open_idempotency
from tests.real.cache.conftest import url
from tests.real.counters.conftest import redis, redis_cluster, redis_cluster_processes, redis_process
from tests.wire.conftest import eventually
from tests.wire.delivery.gateway import Gateway, Origin, listening, settings_for

__all__ = ["redis", "redis_cluster", "redis_cluster_processes", "redis_process", "url"]

Open = Callable[..., Awaitable["Node"]]


class Node(Gateway):
    """A worker; with the number of a node, one of several there."""

    kept: WorkerIdempotency
    settings: Settings


@pytest.fixture
async def origin() -> AsyncIterator[Origin]:
    async with listening(Origin()) as origin:
        yield origin
        await eventually(lambda: origin.open == 0)


@pytest.fixture
async def opened(origin: Origin, url: str, tmp_path: Path) -> AsyncIterator[Open]:
    """Opens a worker of a node of its own."""
    open_ones: list[Node] = []

    async def open_one(
        idempotency: IdempotencySettings = IdempotencySettings(),  # noqa: B008 - frozen
        secret: str = "of-all-nodes",  # noqa: S107 - of nobody
        counters_down: CountersDown = "local",
        node: int | None = None,
    ) -> Node:
        base = settings_for(origin, connect_s=1.0, first_byte_s=5.0, idle_s=5.0, total_s=9.0)
        settings = replace(
            base, cache=CacheSettings(secret=secret), counters_down=counters_down, idempotency=idempotency,
            data_dir=str(tmp_path / str(len(open_ones) if node is None else node)),
        )  # fmt: skip
        # its limits are counted in memory: what is tried here is the shelf
        kept = open_idempotency(replace(settings, counters=url), len(open_ones), lambda trouble: None)
        gateway = Node(settings, idempotency=kept)
        gateway.kept, gateway.settings = kept, settings
        await gateway.listen()
        open_ones.append(gateway)
        return gateway

    yield open_one
    for gateway in open_ones:
        await gateway.close()
        await gateway.kept.close()
