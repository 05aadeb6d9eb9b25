"""Audit events of a whole gateway: as many as there were requests and changes, whatever of it dies on the way."""

import asyncio
import os
import random
import signal
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import closing, suppress
from pathlib import Path
from time import monotonic
from typing import Any

import msgspec

from gossamer.control.store.store import open_store
from gossamer.projections.audit.reading import FileReading
from tests.real.brokers import Brokers, running_brokers
from tests.system.gateway import TOKEN, Gateway, eventually, start_gateway
from tests.system.process_figures import tell
from tests.system.raw_client import RawClient
from tests.system.state import OPERATOR

REQUESTS = 4_000
CALLERS = 8
CHANGES = 30
LOAD_S = 8.0
ASK = {"model": "house", "messages": [{"role": "user", "content": "of this nothing is told"}]}


def config(**more: Any) -> dict[str, Any]:
    return {
        "providers": {"mock": {"kind": "mock", "mock": {"ttft": "1ms", "gap": "0s"}}},
        "models": {"house": "mock/mock"},
        "keys": [{"name": "test", "token": TOKEN}],
        "log": {"format": "text"},
        **more,
    }


async def ask(gateway: Gateway, count: int, within_s: float = 0.0) -> None:
    async def call() -> None:
        async with RawClient(gateway.port, TOKEN) as client:
            for _ in range(count // CALLERS):
                await client.send("POST", "/v1/chat/completions", ASK)
                assert (await client.answer()).status == 200
                await asyncio.sleep(within_s * CALLERS / count)

    await asyncio.gather(*(call() for _ in range(CALLERS)))


async def make_changes(gateway: Gateway, count: int) -> None:
    """From another process than the control process's, as the operator does."""
    async with await open_store(f"sqlite:///{gateway.data_dir}/state.db") as store:
        for number in range(count):
            await store.note_event(OPERATOR, "test.note", after={"number": number})
            await asyncio.sleep(LOAD_S / count)


async def kill_now_and_then(pids: Callable[[], list[int]], chance: random.Random) -> int:
    """Until the load is over: so that each gets to write something, or not quite; how many were killed."""
    killed = 0
    until = monotonic() + LOAD_S
    while monotonic() < until:
        await asyncio.sleep(chance.uniform(0.3, 2.0))
        for pid in pids():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                killed += 1
    return killed


def ids(lines: Iterable[bytes]) -> Counter[str]:
    events = [msgspec.json.decode(line) for line in lines]
    assert not any("of this nothing" in str(event) for event in events)
    return Counter(f"{event['type']} {event['id']}" for event in events)


def of_files(gateway: Gateway) -> Counter[str]:
    with closing(FileReading(gateway.data_dir / "audit")) as reading:
        return ids(reading.poll())


def table(title: str, gateway: Gateway, found: Counter[str], kills: int) -> None:
    requests = sum(1 for each in found if each.startswith("request"))
    tell(
        f"{title}\n"
        f"  journal lines        {len(gateway.records()):6}\n"
        f"  request events       {requests:6}\n"
        f"  change events        {len(found) - requests:6}\n"
        f"  doubles              {found.total() - len(found):6}\n"
        f"  recorders killed     {kills:6}"
    )


async def under_fire(gateway: Gateway) -> int:
    """Requests and changes, while recorders are killed; how many were."""
    killing = kill_now_and_then(lambda: gateway._running("gossamer.recorder"), random.Random())
    kills, *_ = await asyncio.gather(killing, ask(gateway, REQUESTS, LOAD_S), make_changes(gateway, CHANGES))
    return kills


def has_all(gateway: Gateway, found: Counter[str]) -> bool:
    wanted = {f"request {record.id}" for record in gateway.records()}
    changes = sum(1 for each in found if each.startswith("change"))
    return wanted <= set(found) and changes >= CHANGES


async def test_events_in_files_are_the_requests_and_changes_exactly_whoever_dies(tmp_path: Path):
    with start_gateway(tmp_path, config(audit={"max_file_size": "256KiB"}), 2) as gateway:
        kills = await under_fire(gateway)
        eventually(lambda: has_all(gateway, of_files(gateway)))
        found = of_files(gateway)
        table("files, recorders killed under load", gateway, found, kills)
        assert kills
        assert found.total() == len(found), "something came twice"
        assert sum(1 for each in found if each.startswith("request")) == len(gateway.records()) == REQUESTS
        assert len(found) == REQUESTS + CHANGES
        assert len(list((gateway.data_dir / "audit").glob("*.ndjson"))) > 2
    with start_gateway(tmp_path, config(), 1) as gateway:  # another start hands out nothing again
        await ask(gateway, CALLERS)
        eventually(lambda: of_files(gateway).total() >= found.total() + CALLERS)
        assert of_files(gateway).total() == found.total() + CALLERS


async def test_events_in_a_topic_are_the_requests_and_changes_whoever_goes_and_returns(tmp_path: Path):
    with running_brokers() as brokers, start_gateway(tmp_path, config(audit=brokers.url), 2) as gateway:
        kills, _ = await asyncio.gather(under_fire(gateway), go_half_way(brokers))
        eventually(lambda: "a sink is away" in gateway.log)
        brokers.come_back()
        eventually(lambda: has_all(gateway, ids(brokers.events())), within_s=60)
        found = ids(brokers.events())
        table("a topic, its broker away and recorders killed under load", gateway, found, kills)
        assert {each for each in found if each.startswith("request")} == {
            f"request {record.id}" for record in gateway.records()
        }
        assert len(gateway.records()) == REQUESTS


async def go_half_way(brokers: Brokers) -> None:
    await asyncio.sleep(LOAD_S / 2)
    await asyncio.to_thread(brokers.go)
