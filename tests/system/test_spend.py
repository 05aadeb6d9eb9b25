"""A budget in memory is kept to the cent over `kill -9` and other numbers of workers: it is the sum of the journal."""

import asyncio
import os
import random
import signal
from pathlib import Path
from typing import Any

from gossamer.core.record import Record
from tests.system.gateway import TOKEN, Gateway, eventually, start_gateway
from tests.system.raw_client import RawClient

CENT = 10_000_000
"""In nano-dollars."""
BUDGET_CENTS = 600
CALLERS = 8
ASK = {"model": "house", "messages": [{"role": "user", "content": "hi"}]}
ENOUGH_REFUSALS = 80
"""In a row, each on a connection of its own: so no worker has anything left."""


def config() -> dict[str, Any]:
    return {
        "providers": {"mock": {"kind": "mock", "mock": {"ttft": "1ms", "gap": "0s"}}},
        "models": {"house": "mock/mock"},
        "keys": [{"name": "test", "token": TOKEN}],
        "limits": {"default": {"budget": f"{BUDGET_CENTS // 100} USD/month"}},
        "prices": {"mock/mock": {"request": 0.01}},
        "log": {"format": "text"},
    }


async def call(port: int, count: int) -> int:
    """Ask so often, through whatever happens; how many were answered."""
    answered = 0
    for _ in range(count):
        try:
            async with RawClient(port, TOKEN) as client:
                await client.send("POST", "/v1/chat/completions", ASK)
                answered += (await client.answer()).status == 200
        except ConnectionError:
            await asyncio.sleep(0.01)
    return answered


async def call_at_once(port: int, count: int) -> int:
    return sum(await asyncio.gather(*(call(port, count) for _ in range(CALLERS))))


async def call_under_fire(gateway: Gateway, count: int, chance: random.Random) -> None:
    """While somebody kills one worker after the other."""
    calling = asyncio.create_task(call_at_once(gateway.port, count))
    while not calling.done():
        await asyncio.sleep(chance.uniform(0.05, 0.3))
        for pid in gateway.workers[:1]:
            os.kill(pid, signal.SIGKILL)
    await calling


async def exhaust(port: int) -> None:
    refusals = 0
    async with asyncio.timeout(60):
        while refusals < ENOUGH_REFUSALS:
            refusals = 0 if await call_at_once(port, 1) else refusals + CALLERS


def cut_off(gateway: Gateway) -> None:
    """All of its processes at once, as when the power fails, but for the disk."""
    pids = [gateway.pid, *gateway.workers]
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    gateway.process.wait()
    eventually(lambda: not any(Path(f"/proc/{pid}/exe").exists() for pid in pids))


def spent_cents(records: list[Record]) -> float:
    return sum(record.cost_nanos or 0 for record in records) / CENT


async def test_a_budget_is_the_sum_of_the_journal_whatever_dies(tmp_path: Path):
    chance = random.Random()
    for round_number, workers in enumerate((1, 2, 3)):
        gateway = start_gateway(tmp_path, config(), workers)
        assert gateway.log.count("each worker lets in its share") == (workers > 1)
        await call_under_fire(gateway, 10, chance)
        if round_number % 2:
            gateway.end()
        else:
            cut_off(gateway)
            gateway.end()
    with start_gateway(tmp_path, config(), 2) as gateway:
        assert 0 < spent_cents(gateway.records()) < BUDGET_CENTS
    for workers in (2, 4):
        with start_gateway(tmp_path, config(), workers) as gateway:
            await exhaust(gateway.port)
            # What is left of a share may be less than a cent.
            assert BUDGET_CENTS - workers < spent_cents(gateway.records()) <= BUDGET_CENTS
    for is_remembered in (True, False):
        with start_gateway(tmp_path, config(), 1) as gateway:
            await exhaust(gateway.port)
            assert spent_cents(gateway.records()) == BUDGET_CENTS
        if is_remembered:
            for path in (tmp_path / ".gossamer" / "spend").iterdir():
                path.unlink()
