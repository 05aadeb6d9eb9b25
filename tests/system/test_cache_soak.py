"""Seconds of `benchmarks/cache_soak.py`: no answer is older than its time, or than a purge."""

import argparse
import asyncio
import shutil

import pytest

from benchmarks.cache_soak import Load, Watch, purge_on, standing

RATE, SECONDS = 300, 3.0
PATIENCE_S = 60.0
"""For the purge: a command of its own, which takes its time on a busy machine."""

pytestmark = pytest.mark.skipif(
    shutil.which("nginx") is None, reason="the provider that says when it answered is nginx"
)


def test_nobody_is_given_an_answer_whose_time_is_over():
    async def soak(port: int) -> Watch:
        watch = Watch(1.0)
        await Load(port, RATE, watch).run(asyncio.get_running_loop().time() + SECONDS)
        return watch

    with standing(argparse.Namespace(entries=1000, ttl=1.0)) as gateway:
        watch = asyncio.run(soak(gateway.port))
    assert watch.stale == []
    assert watch.hits > watch.asked / 20


def test_nor_one_that_was_purged():
    async def soak(port: int) -> Watch:
        watch = Watch(PATIENCE_S * 2)
        load, loop = Load(port, RATE, watch), asyncio.get_running_loop()
        purging = asyncio.create_task(purge_on(gateway, SECONDS / 3, watch))
        async with asyncio.timeout(PATIENCE_S):
            while not watch.purge_ended:
                await load.run(loop.time() + SECONDS)
        purging.cancel()
        await load.run(loop.time() + SECONDS)
        await asyncio.wait([purging])
        return watch

    with standing(argparse.Namespace(entries=1000, ttl=PATIENCE_S * 2)) as gateway:
        watch = asyncio.run(soak(gateway.port))
    assert watch.stale == []
    assert watch.hits > watch.asked / 20
