"""What the recorder costs: CPU a record for reading and all sinks that are there by default, one after the other.

    python -m benchmarks.recorder                     # a journal of its own making
    python -m benchmarks.recorder DATA_DIR/journal    # a real one; nothing in it is changed

Shown is the best of some rounds, since whatever else the machine does only makes it dearer; and how long the machine
takes for a fixed piece of work, by which two runs can be compared.
"""

import argparse
import tempfile
import time
from contextlib import closing
from pathlib import Path

from msgspec.structs import replace

from benchmarks.made_records import STAGES, record_of, varied
from gossamer.config.load import load_settings
from gossamer.core.record import Record
from gossamer.journal.writer import JournalWriter
from gossamer.recorder.audit.choice import audit_sink
from gossamer.recorder.batch import MOST_ENTRIES
from gossamer.recorder.chunks import Chunks
from gossamer.recorder.kept import KeptSinks
from gossamer.recorder.metrics.sink import MetricsSink
from gossamer.recorder.replay.sink import ReplayingSink
from gossamer.recorder.sink import Sink
from gossamer.recorder.source import Source

COUNT = 20_000
ROUNDS = 7
BATCHES = (125, 250, MOST_ENTRIES)
"""A look in 0.25 s at 500 and at 1,000 requests a second; and one that is behind."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("journal", type=Path, nargs="?", help="its directory")
    records = records_of(parser.parse_args().journal)
    for size in BATCHES:
        found: dict[str, float] = {}
        for _ in range(ROUNDS):
            for name, cost_us in measure(records, size).items():
                found[name] = min(found.get(name, cost_us), cost_us)
        parts = ", ".join(f"{name} {cost_us:.1f}" for name, cost_us in found.items())
        print(f"batches of {size:>4}: {sum(found.values()):5.1f} us a record ({parts})")
    print(f"this machine's pace: {min(pace_ms() for _ in range(50)):.2f} ms")


def records_of(journal: Path | None) -> list[Record]:
    """Up to COUNT of those in a journal, or such that are made up."""
    if journal is None:
        return [record_of(number, COUNT, request) for number, request in zip(range(COUNT), varied(), strict=False)]
    with closing(Source(journal, {})) as source:
        return [kept.record for kept in source.next(COUNT).kept]


def measure(records: list[Record], size: int) -> dict[str, float]:
    """Microseconds of CPU a record, of the reading for all and of each sink's work. Written and read by turns."""
    with tempfile.TemporaryDirectory() as made:
        data_dir = Path(made)
        writer = JournalWriter(data_dir / "journal", 0, 16 * 2**20, 2**30, print, stages=STAGES)
        sinks = sinks_of(data_dir)
        chunks = Chunks(data_dir / "journal")
        drawn = [(sink, Source(data_dir / "journal", sink.open(), chunks)) for sink in sinks]
        spent_s = dict.fromkeys(["reading", *(sink.name for sink in sinks)], 0.0)
        for begin in range(0, len(records), size):
            for record in records[begin : begin + size]:
                writer.append(record)
            for sink, source in drawn:
                draw(sink, source, spent_s)
        for sink, source in drawn:
            source.close()
            sink.close()
        writer.close()
    return {name: each * 1e6 / len(records) for name, each in spent_s.items()}


def sinks_of(data_dir: Path) -> list[Sink]:
    """As the recorder has them where the settings say nothing."""
    settings = replace(load_settings(None, {}), data_dir=str(data_dir))
    audit = audit_sink(settings)
    assert audit is not None
    metrics = MetricsSink(data_dir / "metrics.bin")
    return [ReplayingSink(sink, data_dir) for sink in (metrics, *KeptSinks(settings).sinks, audit)]


def draw(sink: Sink, source: Source, spent_s: dict[str, float]) -> None:
    began = time.process_time()
    batch = source.next()
    read = time.process_time()
    sink.take(batch)
    spent_s["reading"] += read - began
    spent_s[sink.name] += time.process_time() - read


def pace_ms() -> float:
    began = time.process_time()
    total = 0
    for number in range(100_000):
        total += number * number
    return (time.process_time() - began) * 1000


if __name__ == "__main__":
    main()
