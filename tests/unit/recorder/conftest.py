"""What the recorder's tests share: a journal that is written by hand, and a sink that remembers and fails on order."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from gossamer.core.record import Record, Usage
from gossamer.journal.writer import JournalWriter
from gossamer.recorder.batch import Batch
from gossamer.recorder.sink import SinkAway

STAGES = ("queue", "identify", "authenticate", "verify_agent", "read_body", "route", "limit", "dispatch", "provider")
Write = Callable[..., None]


def record_of(seq: int, **changes: object) -> Record:
    fields: dict[str, object] = {
        "id": f"req_{seq}",
        "at": 1_800_000_000.0 + seq,
        "worker": 0,
        "seq": seq,
        "method": "POST",
        "path": "/v1/chat/completions",
        "status": 200,
        "outcome": "completed",
        "stages_ns": [1_000, 2_000, 3_000, 4_000, 5_000, 6_000, 7_000, 8_000, 900_000_000],
        "total_ns": 1_000_040_000,
        "overhead_ns": 40_000,
        "model": "small",
        "target": "openai/small",
        "usage": Usage(input=10, output=5),
        "cost_nanos": 2_500,
    }
    return Record(**(fields | changes))  # type: ignore[arg-type]


class Journal:
    """Of one worker. `write` numbers the records."""

    def __init__(self, directory: Path, worker: int = 0, stages: tuple[str, ...] = STAGES) -> None:
        self.directory = directory
        self.writer = JournalWriter(directory, worker, 16 * 1024, 256 * 1024, pytest.fail, stages=stages)
        self.seq = 0

    def write(self, count: int = 1, **changes: object) -> None:
        for _ in range(count):
            self.writer.append(record_of(self.seq, **changes))
            self.seq += 1


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    made = Journal(tmp_path / "journal")
    yield made
    made.writer.close()


class Memory:
    """A sink that stores what it takes together with its positions. `fails` is how often it is away, or None."""

    name = "memory"

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.positions: dict[str, int] = {}
        self.fails_to_open = self.fails_to_take = 0
        self.breaks: list[Exception] = []
        self.takes = 0
        self.stumbles_over: str | None = None

    def open(self) -> Mapping[str, int]:
        if self.fails_to_open:
            self.fails_to_open -= 1
            raise SinkAway("no way there")
        return dict(self.positions)

    def take(self, batch: Batch) -> None:
        self.takes += 1
        if self.breaks:
            raise self.breaks.pop()
        if self.fails_to_take:
            self.fails_to_take -= 1
            raise SinkAway("no room")
        if self.stumbles_over in {kept.record.id for kept in batch.kept}:
            raise KeyError(self.stumbles_over)
        self.ids += [kept.record.id for kept in batch.kept]
        self.positions.update(batch.moved)
        for name in batch.gone:
            del self.positions[name]

    def rest(self) -> None:
        """Nothing can wait."""

    def close(self) -> None:
        """Nothing is open."""
