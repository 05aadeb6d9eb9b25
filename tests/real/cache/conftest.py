"""Workers that share a Redis, a single one and a cluster; and a provider that the test plays."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from gossamer.config.cache import CacheSettings
from gossamer.worker.cache import open_cache
from tests.real.counters.conftest import redis, redis_cluster, redis_cluster_processes, redis_process
from tests.real.redis import RedisCluster, RedisServer
from tests.wire.conftest import eventually
from tests.wire.delivery.gateway import Gateway, Origin, listening, settings_for

__all__ = ["redis", "redis_cluster", "redis_cluster_processes", "redis_process"]

SHARED = CacheSettings(enabled=True, l2="redis", secret="of-all-nodes")
Open = Callable[..., Awaitable[Gateway]]


@pytest.fixture
async def origin() -> AsyncIterator[Origin]:
    async with listening(Origin()) as origin:
        yield origin
        await eventually(lambda: origin.open == 0)


@pytest.fixture(params=["redis", "cluster"])
def url(request: pytest.FixtureRequest) -> str:
    if request.param == "redis":
        server: RedisServer = request.getfixturevalue("redis")
        return server.url
    cluster: RedisCluster = request.getfixturevalue("redis_cluster")
    return cluster.url


@pytest.fixture
async def opened(origin: Origin, url: str, tmp_path: Path) -> AsyncIterator[Open]:
    """Opens a worker."""
    open_ones = []

    async def open_one(cache: CacheSettings = SHARED, node: int = 0) -> Gateway:
        base = settings_for(origin, connect_s=1.0, first_byte_s=5.0, idle_s=5.0, total_s=9.0)
        settings = replace(base, cache=cache, counters=url, data_dir=str(tmp_path / str(node)))
        kept = open_cache(settings, lambda trouble: None)
        gateway = Gateway(settings, kept)
        await gateway.listen()
        open_ones.append((gateway, kept))
        return gateway

    yield open_one
    for gateway, kept in open_ones:
        await gateway.close()
        kept.close()
