"""What the journal's tests share: records, a writer that is always closed, and a memory of what it complained of."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gossamer.core.record import Attempt, Record, Usage
from gossamer.journal.follower import Follower
from gossamer.journal.reader import Line, record_of
from gossamer.journal.writer import JournalWriter

Records = Callable[..., Record]
Writers = Callable[..., JournalWriter]


@pytest.fixture
def record() -> Records:
    def make(seq: int, **changes: object) -> Record:
        fields: dict[str, object] = {
            "id": f"req_{seq:08d}",
            "at": 1_800_000_000.0 + seq,
            "worker": 0,
            "seq": seq,
            "method": "POST",
            "path": "/v1/chat/completions",
            "status": 200,
            "outcome": "completed",
            "stages_ns": [5100, 1200, 800, 700],
            "total_ns": 812_345_678,
            "overhead_ns": 31_234,
            "key": "key_7f3a91",
            "model": "gpt-4o-mini",
            "target": "openai/gpt-4o-mini",
            "attempts": (Attempt("openai/gpt-4o-mini", 200, 812_000_000),),
            "usage": Usage(input=412, output=180),
        }
        return Record(**(fields | changes))  # type: ignore[arg-type]

    return make


@pytest.fixture
def troubles() -> list[str]:
    return []


@pytest.fixture
def writer(tmp_path: Path, troubles: list[str]) -> Iterator[Writers]:
    made: list[JournalWriter] = []

    def make(
        worker: int = 0, segment_bytes: int = 64 * 1024, max_bytes: int = 1024 * 1024, **options: object
    ) -> JournalWriter:
        made.append(JournalWriter(tmp_path, worker, segment_bytes, max_bytes, troubles.append, **options))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for journal in made:
        journal.close()


@pytest.fixture
def read_all(tmp_path: Path) -> Callable[[], list[Record]]:
    """Every record in the journal; fails on anything that is no record."""

    def read() -> list[Record]:
        found: list[Record] = []
        follower = Follower(tmp_path)
        for entry in follower.poll():
            assert isinstance(entry, Line)
            decoded = record_of(entry)
            assert isinstance(decoded, Record)
            found.append(decoded)
        follower.close()
        return found

    return read
