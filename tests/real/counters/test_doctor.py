"""What doctor finds of the Redis that counts."""

import asyncio

import pytest

from gossamer.cli.probe_counters import probe_cache, probe_counters
from gossamer.cli.probe_node import Finding
from tests.real.redis import RedisCluster, RedisServer, free_port, redis_server


async def probe(counters: str) -> Finding:
    return await asyncio.to_thread(probe_counters, counters)


async def test_a_redis_that_answers(redis: RedisServer):
    found = await probe(redis.url)
    assert found.word == "ok"
    assert f"127.0.0.1:{redis.port} let us in within" in found.text
    assert "Redis 6.2" in found.text


async def test_a_cluster_that_is_whole_and_one_that_is_not(redis_cluster: RedisCluster):
    assert (await probe(redis_cluster.url)).word == "ok"
    with redis_server("--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf") as alone:
        found = await probe(f"redis+cluster://127.0.0.1:{alone.port}")
    assert found.word == "fail"
    assert "the cluster is not whole" in found.text


async def test_nobody_there():
    found = await probe(f"redis://127.0.0.1:{free_port()}")
    assert found.word == "fail"
    assert "refused" in found.text


@pytest.mark.parametrize("user", ["", ":wrong-secret@"])
async def test_a_closed_door(user: str):
    with redis_server("--requirepass", "right") as server:
        found = await probe(f"redis://{user}127.0.0.1:{server.port}")
    assert found.word == "fail"
    assert "password" in found.text
    assert "wrong-secret" not in found.text


async def test_one_that_says_nothing():
    held: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(lambda _, writer: held.append(writer), "127.0.0.1", 0)
    found = await probe(f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/1")
    assert (found.word, "no answer within 2 s" in found.text) == ("fail", True)
    for writer in held:
        writer.close()
    server.close()


async def test_what_room_the_cache_has_there(redis: RedisServer):
    found = await asyncio.to_thread(probe_cache, redis.url, has_secret=False)
    assert (found.word, found.subject) == ("ok", "cache")
    assert "bounds nothing; answers are sealed with this node's own secret" in found.text


@pytest.mark.parametrize(("policy", "word"), [("noeviction", "warn"), ("volatile-lru", "ok")])
async def test_a_full_redis_that_takes_nothing_more_is_something_to_watch(policy: str, word: str):
    with redis_server("--maxmemory", "64mb", "--maxmemory-policy", policy) as server:
        found = await asyncio.to_thread(probe_cache, server.url, has_secret=True)
    assert found.word == word
    assert "of 64.0 MiB" in found.text
    assert ("set maxmemory-policy volatile-lru" in found.text) is (word == "warn")


async def test_a_cache_that_is_not_there():
    found = await asyncio.to_thread(probe_cache, f"redis://127.0.0.1:{free_port()}", has_secret=True)
    assert (found.word, found.subject) == ("fail", "cache")
