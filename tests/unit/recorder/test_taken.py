"""A segment is marked once every sink has it to its end, and some time has passed; not one of them less."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from gossamer.core.record import Record
from gossamer.journal.shelf import segment_names
from gossamer.journal.taken import end_of_records, is_taken
from gossamer.journal.writer import JournalWriter
from gossamer.recorder.batch import Batch, Source
from gossamer.recorder.sink import SinkAway
from gossamer.recorder.taken import RIPE_NS, TakenMarker, Watched


class Shelf:
    """A sink that keeps only how far it is."""

    name = "shelf"

    def __init__(self) -> None:
        self.is_away = False

    def open(self) -> Mapping[str, int]:
        return {}

    def take(self, batch: Batch) -> None:
        if self.is_away:
            raise SinkAway("the test says so")

    def rest(self) -> None:
        """Nothing to do."""

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """Two segments, both complete."""
    for life in range(2):
        writer = JournalWriter(tmp_path, 0, 4096, 1 << 20, lambda trouble: None)
        writer.append(Record(str(life), 1.5, 0, 1, "POST", "/", 200, "completed", [], 1, 1))
        writer.close()
    return tmp_path


def taken(journal: Path) -> list[bool]:
    return [is_taken(journal / str(name)) for name in segment_names(journal)]


def test_marked_when_all_have_it_and_not_before(journal: Path):
    now_ns = 0
    inner = [Shelf(), Shelf()]
    sinks = [Watched(sink) for sink in inner]
    marker = TakenMarker(journal, sinks, clock=lambda: now_ns)
    batch = Source(journal, {}).next()
    for sink in sinks:
        sink.open()
    inner[1].is_away = True
    sinks[0].take(batch)
    with pytest.raises(SinkAway):
        sinks[1].take(batch)
    marker.mark()
    now_ns += RIPE_NS
    marker.mark()
    assert taken(journal) == [False, False], "one sink has it not"
    inner[1].is_away = False
    sinks[1].take(batch)
    marker.mark()
    assert taken(journal) == [False, False], "its copy may not be on the disk yet"
    now_ns += RIPE_NS
    marker.mark()
    assert taken(journal) == [True, True]


def test_a_segment_of_which_a_record_is_missing_is_not_marked(journal: Path):
    now_ns = 0
    sink = Watched(Shelf())
    marker = TakenMarker(journal, [sink], clock=lambda: now_ns)
    sink.open()
    first, second = [str(name) for name in segment_names(journal)]
    end, other_end = end_of_records(journal / first), end_of_records(journal / second)
    assert end is not None
    assert other_end is not None
    sink.take(Batch([], [], [], {first: end - 1, second: other_end}, frozenset()))
    for _ in range(2):
        marker.mark()
        now_ns += RIPE_NS
    assert taken(journal) == [False, True]
    sink.take(Batch([], [], [], {}, frozenset({second})))
    assert sink.positions == {first: end - 1}
