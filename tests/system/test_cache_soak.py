"""Seconds of `benchmarks/cache_soak.py`: no answer is older than its time, or than a purge."""

import argparse
import asyncio
import shutil

import pytest

from benchmarks.cache_soak import Load, Watch, purge_on, standing

TTL_S, RATE, SECONDS = 3.0, 300, 8.0
"""So that what a purge has missed could be given for longer than a purge may take."""
PATIENCE_S = 60.0


@pytest.mark.skipif(shutil.which("nginx") is None, reason="the provider that says when it answered is nginx")
def test_nobody_is_given_an_answer_that_is_too_old():
    async def soak(port: int) -> Watch:
        watch = Watch(TTL_S)
        purging = asyncio.create_task(purge_on(gateway, SECONDS / 3, watch))
        load, loop = Load(port, RATE, watch), asyncio.get_running_loop()
        async with asyncio.timeout(PATIENCE_S):
            while not watch.purge_ended:  # a command of its own takes its time on a busy machine
                await load.run(loop.time() + SECONDS / 2)
        await load.run(loop.time() + SECONDS / 2)
        purging.cancel()
        await asyncio.wait([purging])
        return watch

    with standing(argparse.Namespace(entries=1000, ttl=TTL_S)) as gateway:
        watch = asyncio.run(soak(gateway.port))
    assert watch.stale == []
    assert watch.hits > watch.asked / 20
