"""From the journal to batches: nothing lost, nothing twice, wherever one begins anew."""

from contextlib import closing

import pytest

from gossamer.recorder import chunks as chunks_module
from gossamer.recorder.batch import life_of
from gossamer.recorder.chunks import Chunks
from gossamer.recorder.source import Source
from tests.unit.recorder.conftest import STAGES, Journal, Memory


def drawn(journal: Journal, sink: Memory, most: int = 7) -> None:
    with closing(Source(journal.directory, sink.open())) as source:
        while batch := source.next(most):
            sink.take(batch)


def ids(*numbers: int) -> list[str]:
    return [f"req_{number}" for number in numbers]


def test_all_that_is_there_comes_in_batches_of_the_size_asked_for(journal: Journal):
    journal.write(20)
    sink = Memory()
    sizes: list[int] = []
    with closing(Source(journal.directory, {})) as source:
        while batch := source.next(7):
            sizes.append(len(batch))
            sink.take(batch)
    assert sink.ids == ids(*range(20))
    assert max(sizes) == 7
    assert not source.is_behind


def test_whoever_begins_anew_goes_on_behind_what_was_stored(journal: Journal):
    sink = Memory()
    for count in (3, 11, 1, 40):
        journal.write(count)
        drawn(journal, sink)
    assert sink.ids == ids(*range(55))
    assert set(sink.positions) == {path.name for path in journal.directory.iterdir() if path.name in sink.positions}


def test_a_batch_that_was_not_stored_comes_again(journal: Journal):
    journal.write(10)
    sink = Memory()
    with closing(Source(journal.directory, sink.open())) as source:
        assert [kept.record.id for kept in source.next(4).kept] == ids(0, 1, 2, 3)
    drawn(journal, sink)
    assert sink.ids == ids(*range(10))


def test_a_record_comes_with_what_its_segment_says_of_it(journal: Journal):
    journal.write()
    with closing(Source(journal.directory, {})) as source:
        (kept,) = source.next().kept
    assert kept.stages == STAGES
    assert kept.life.startswith("0-")
    assert kept.data.startswith(b'{"id":"req_0"')


def test_what_is_no_record_is_told_apart_and_what_is_behind_it_comes(journal: Journal):
    journal.write()
    journal.writer._segment.write(b'{"id":7}\nhalf a li\n')  # type: ignore[union-attr]
    journal.write()
    with closing(Source(journal.directory, {})) as source:
        batch = source.next()
    assert [kept.record.id for kept in batch.kept] == ids(0, 1)
    assert [each.data for each in batch.garbled] == [b'{"id":7}', b"half a li"]


def test_positions_of_what_is_gone_are_let_go(journal: Journal):
    journal.write(60)  # more than a segment
    sink = Memory()
    with closing(Source(journal.directory, {})) as source:
        while batch := source.next():
            sink.take(batch)
        oldest = min(journal.directory.iterdir())
        assert oldest.name in sink.positions
        oldest.unlink()
        batch = source.next()
        assert batch.gone == {oldest.name}
        assert not batch.missed, "it was read to its end"
        sink.take(batch)
    assert oldest.name not in sink.positions


def test_a_life_is_the_worker_and_its_start():
    assert life_of("w03-00000000000000ff-00000007.ndjson") == "3-ff"
    assert life_of("something else") == ""


def test_who_looks_seldom_gets_what_another_has_read_in_several_looks(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
):
    """Not only up to where that one's first look ended."""
    chunks = Chunks(journal.directory)
    now = 1000.0
    monkeypatch.setattr(chunks_module, "monotonic", lambda: now)
    with (
        closing(Source(journal.directory, {}, chunks)) as often,
        closing(Source(journal.directory, {}, chunks)) as seldom,
    ):
        for _ in range(4):
            now += 0.25
            journal.write(5)
            assert len(often.next()) == 5
        assert len(seldom.next()) == 20
        journal.write(5)
        assert len(often.next()) == 5
        assert len(seldom.next()) == 5, "in step"
        assert not chunks._chunks
