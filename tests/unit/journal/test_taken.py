"""Which segments may go, and what is said of those that should have stayed."""

from pathlib import Path

import pytest

from gossamer.core.record import Record
from gossamer.journal.shelf import segment_names
from gossamer.journal.taken import end_of_records, is_taken, mark_taken
from gossamer.journal.writer import JournalWriter

SEGMENT = 4096


def record(seq: int) -> Record:
    return Record(str(seq), 1.5, 0, seq, "POST", "/", 200, "completed", [], 1, 1, error="e" * 200)


def filled(directory: Path, troubles: list[str], *, keeps_untaken: bool) -> JournalWriter:
    """Three segments fit: one is complete when the third is being made."""
    journal = JournalWriter(directory, 0, SEGMENT, 3 * SEGMENT, troubles.append, keeps_untaken=keeps_untaken)
    seq = 0
    while len(segment_names(directory)) < 3:
        journal.append(record(seq))
        seq += 1
    return journal


def fill_on(journal: JournalWriter) -> None:
    for seq in range(1000, 1040):
        journal.append(record(seq))


def test_the_mark_stays_and_a_mark_on_nothing_is_none(tmp_path: Path):
    path = tmp_path / "segment"
    path.touch()
    assert not is_taken(path)
    mark_taken(path)
    assert is_taken(path)
    mark_taken(tmp_path / "gone")
    assert not is_taken(tmp_path / "gone")


def test_where_the_records_of_a_complete_segment_end(tmp_path: Path):
    troubles: list[str] = []
    journal = filled(tmp_path, troubles, keeps_untaken=False)
    first, *_, ready = [tmp_path / str(name) for name in segment_names(tmp_path)]
    journal.lack()
    end = end_of_records(first)
    assert end is not None
    assert first.read_bytes()[end:].startswith(b'{"journal":1,"sealed":')
    assert end_of_records(ready) is None
    journal.close()


def test_what_was_not_taken_goes_at_the_bound_and_is_said(tmp_path: Path):
    troubles: list[str] = []
    journal = filled(tmp_path, troubles, keeps_untaken=False)
    fill_on(journal)
    assert "of which some projection had not taken" in troubles[0]
    journal.close()


def test_what_was_taken_goes_without_a_complaint(tmp_path: Path):
    troubles: list[str] = []
    journal = filled(tmp_path, troubles, keeps_untaken=True)
    mark_taken(tmp_path / str(segment_names(tmp_path)[0]))
    for seq in range(1000, 1040):
        journal.append(record(seq))
        journal._supply.failure()  # waits for a segment that is being made
        if journal.dropped_segments:
            break
    assert (journal.dropped_segments, journal._losses.records) == (1, 0)
    assert "had not taken" not in troubles[0]
    journal.close()


def test_what_was_not_taken_stays_and_the_lack_is_told_until_there_is_room(tmp_path: Path):
    now_ns = 0
    troubles: list[str] = []
    journal = JournalWriter(
        tmp_path, 0, SEGMENT, 3 * SEGMENT, troubles.append, keeps_untaken=True, clock=lambda: now_ns
    )
    first = 0
    while journal.dropped_records == 0:
        journal.append(record(first))
        first += 1
    kept = segment_names(tmp_path)
    lack = journal.lack()
    assert lack is not None
    assert "not every projection has taken" in str(lack)
    assert journal.dropped_segments == 0
    mark_taken(tmp_path / str(kept[0]))
    now_ns += 2_000_000_000
    journal.lack()  # tries again, in its thread
    journal._supply.failure()
    assert journal.lack() is None
    assert kept[0] not in segment_names(tmp_path)
    journal.close()


@pytest.mark.parametrize("keeps_untaken", [False, True])
def test_a_taken_segment_is_no_trouble_at_the_next_start(tmp_path: Path, *, keeps_untaken: bool):
    filled(tmp_path, [], keeps_untaken=False).close()
    mark_taken(tmp_path / str(segment_names(tmp_path)[0]))
    troubles: list[str] = []
    JournalWriter(tmp_path, 0, SEGMENT, 9 * SEGMENT, troubles.append, keeps_untaken=keeps_untaken).close()
    assert troubles == []
