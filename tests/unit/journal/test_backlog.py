from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gossamer.core.record import Record
from gossamer.journal import backlog as backlog_module
from gossamer.journal.backlog import Backlog
from gossamer.journal.follower import Follower
from gossamer.journal.marks import SegmentName
from gossamer.journal.reader import Garbled, Line, read_segment
from gossamer.journal.selection import Selection
from gossamer.journal.writer import JournalWriter

Records = Callable[..., Record]
Writers = Callable[..., JournalWriter]


@pytest.fixture
def garbled() -> list[Garbled]:
    return []


@pytest.fixture
def two_workers(writer: Writers, record: Records, tmp_path: Path) -> Path:
    """200 requests, one a second, answered in turn by two workers, in several segments each; the journal still open."""
    writers = [writer(worker, segment_bytes=8192) for worker in (0, 1)]
    for seq in range(200):
        writers[seq % 2].append(record(seq, worker=seq % 2, status=500 if seq % 10 == 0 else 200))
    return tmp_path


def test_all_workers_come_in_the_order_of_time(two_workers: Path, garbled: list[Garbled]) -> None:
    found = Backlog(two_workers, Selection(), garbled.append).all()
    assert [one.record.seq for one in found] == list(range(200))
    assert garbled == []


@pytest.mark.parametrize("count", [0, 1, 7, 199, 200, 500])
def test_the_newest_are_the_last_of_all(two_workers: Path, garbled: list[Garbled], count: int) -> None:
    found = Backlog(two_workers, Selection(), garbled.append).newest(count)
    assert [one.record.seq for one in found] == list(range(max(0, 200 - count), 200))


def test_the_newest_of_a_selection_are_looked_for_further_back(two_workers: Path, garbled: list[Garbled]) -> None:
    found = Backlog(two_workers, Selection(statuses=("5xx",)), garbled.append).newest(15)
    assert [one.record.seq for one in found] == list(range(50, 200, 10))


def test_only_as_many_segments_are_read_as_are_needed(
    two_workers: Path, garbled: list[Garbled], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: set[str] = set()

    def read(path: Path) -> Iterator[Line | Garbled]:
        opened.add(path.name)
        return read_segment(path)

    monkeypatch.setattr(backlog_module, "read_segment", read)
    assert len(Backlog(two_workers, Selection(), garbled.append).newest(3)) == 3
    assert len(opened) < len(list(two_workers.iterdir())) / 2


def test_segments_from_before_the_time_asked_for_are_passed_over(two_workers: Path, garbled: list[Garbled]) -> None:
    backlog = Backlog(two_workers, Selection(since=1_800_000_150.0), garbled.append)
    assert [one.record.seq for one in backlog.all()] == list(range(150, 200))


@pytest.mark.parametrize("count", [0, 3, 1000])
def test_a_follower_goes_on_exactly_where_the_backlog_ended(
    two_workers: Path, garbled: list[Garbled], record: Records, writer: Writers, count: int
) -> None:
    backlog = Backlog(two_workers, Selection(), garbled.append)
    backlog.newest(count)
    follower = Follower(two_workers, backlog.positions)
    assert list(follower.poll()) == []
    journal = writer(worker=5)
    journal.append(record(200))
    (entry,) = follower.poll()
    assert entry.position.segment.startswith("w05-")
    follower.close()


def test_what_is_no_record_is_told_and_passed_over(tmp_path: Path, garbled: list[Garbled]) -> None:
    path = tmp_path / str(SegmentName(0, 1, 0))
    path.write_bytes(b'!!\n{"id":"a"}\n')
    assert list(Backlog(tmp_path, Selection(), garbled.append).all()) == []
    assert [one.data for one in garbled] == [b"!!", b'{"id":"a"}']
