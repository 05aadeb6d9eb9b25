"""`kill -9` of a worker under load: what was answered is in the journal, nobody is refused, and it is soon back."""

import asyncio
import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from gossamer.journal.follower import Follower
from gossamer.journal.reader import Garbled, record_of
from tests.system.gateway import TOKEN, Gateway, Mock, standard_config, start_gateway, start_mock
from tests.system.process_figures import tell
from tests.system.raw_client import RawClient

CALLERS = 24
"""Half of them keep their connection, half open one a request."""
PROBES = 8
"""New connections after each death: with two workers, some of them wait for the one that is being replaced."""
BACK_WITHIN_STARTS = 3.0
"""Of whole gateways, in the same run: on a slow machine both are slow. The budget, a second, is told beside it."""
ASK = {"model": "house", "messages": [{"role": "user", "content": "hi"}]}
STREAM = {**ASK, "stream": True}


@pytest.fixture
def mock() -> Iterator[Mock]:
    with start_mock("--ttft", "3", "--gap", "1", "--tokens", "5") as mock:
        yield mock


class Load:
    """Callers without end. Remembers which requests were sent, and which were answered to the last byte."""

    def __init__(self, port: int) -> None:
        self.sent: set[str] = set()
        self.answered: set[str] = set()
        self.troubles: Counter[str] = Counter()
        self._port = port
        self._numbers = count()
        self._is_over = False

    async def call(self, number: int) -> None:
        async with RawClient(self._port, TOKEN) as client:
            while not self._is_over:
                if await self.ask(client, STREAM if number % 3 else ASK) and number % 2:
                    await client.leave()

    async def ask(self, client: RawClient, body: object) -> bool:
        name = f"kill-{next(self._numbers)}"
        try:
            self.sent.add(name)
            await client.send("POST", "/v1/chat/completions", body, x_request_id=name)
            answer = await client.answer()
        except ConnectionError as error:
            self.troubles[type(error).__name__] += 1
            await client.leave()
            return False
        assert answer.status == 200, answer
        if not answer.is_whole:
            self.troubles["cut"] += 1
            return False
        self.answered.add(name)
        return True

    async def probe(self) -> None:
        """A new connection, until one is answered: the dying worker may have taken the first."""
        while True:
            async with RawClient(self._port, TOKEN) as client:
                if await self.ask(client, ASK):
                    return

    async def answers(self, more: int) -> None:
        wanted = len(self.answered) + more
        while len(self.answered) < wanted:
            await asyncio.sleep(0.005)

    def end(self) -> None:
        self._is_over = True


async def kill_under_load(gateway: Gateway, deaths: int) -> tuple[Load, list[float]]:
    """Kills the oldest worker, so many times. Returns how long each was missed."""
    load = Load(gateway.port)
    callers = [asyncio.create_task(load.call(number)) for number in range(CALLERS)]
    missed_s: list[float] = []
    for _ in range(deaths):
        await load.answers(200)
        victim = gateway.workers[0]
        killed_at = time.monotonic()
        os.kill(victim, signal.SIGKILL)
        while victim in gateway.workers:
            await asyncio.sleep(0)
        await asyncio.gather(*(load.probe() for _ in range(PROBES)))
        missed_s.append(time.monotonic() - killed_at)
    await load.answers(200)
    load.end()
    await asyncio.gather(*callers)
    return load, missed_s


@pytest.mark.parametrize("workers", [1, 2])
def test_a_killed_worker_loses_no_answered_request_and_is_soon_back(tmp_path: Path, mock: Mock, workers: int):
    deaths = 3 * workers
    began = time.monotonic()
    with start_gateway(tmp_path, standard_config(mock.url), workers) as gateway:
        start_s = time.monotonic() - began
        load, missed_s = asyncio.run(kill_under_load(gateway, deaths))
        assert len(gateway.workers) == workers
    assert load.troubles["ConnectionRefusedError"] == 0
    assert max(missed_s) < BACK_WITHIN_STARTS * start_s
    assert gateway.log.count("killed by SIGKILL") == deaths

    written = Counter(written_ids(gateway))
    assert load.answered <= written.keys(), "every answered request has its line"
    assert written.keys() <= load.sent
    assert set(written.values()) == {1}, "and has it once"
    tell(
        f"{workers} workers, {deaths} deaths: back after {', '.join(f'{each * 1000:.0f}' for each in missed_s)} ms "
        f"(a whole start took {start_s * 1000:.0f}); "
        f"{len(load.sent)} sent, {len(load.answered)} answered, {len(written)} written, {dict(load.troubles)}"
    )


def written_ids(gateway: Gateway) -> Iterator[str]:
    """What the journal holds; of the line in its hand a killed worker may leave a torn rest, which is no answer."""
    for entry in Follower(gateway.data_dir / "journal").poll():
        if isinstance(entry, Garbled):
            assert "dying worker" in entry.reason
            continue
        record = record_of(entry)  # type: ignore[arg-type]  # nothing was missed: no segment has gone
        assert not isinstance(record, Garbled)
        yield record.request_id
