"""Redis servers that the tests of the counters share."""

from collections.abc import Iterator

import pytest

from tests.real import redis as servers
from tests.real.redis import RedisCluster, RedisServer


@pytest.fixture(scope="session")
def redis_process() -> Iterator[RedisServer]:
    with servers.redis_server() as server:
        yield server


@pytest.fixture
def redis(redis_process: RedisServer) -> RedisServer:
    """Empty, and nobody else's for as long as the test takes."""
    redis_process.ask("FLUSHALL")
    return redis_process


@pytest.fixture(scope="session")
def redis_cluster_processes() -> Iterator[RedisCluster]:
    with servers.redis_cluster() as cluster:
        yield cluster


@pytest.fixture
def redis_cluster(redis_cluster_processes: RedisCluster) -> RedisCluster:
    redis_cluster_processes.forget()
    return redis_cluster_processes
