from pathlib import Path

import pytest

from gossamer.core.clock import wall_time
from gossamer.journal import shelf as shelf_module
from gossamer.journal.marks import FORMAT, Footer, Header, SegmentName, render_mark
from gossamer.journal.segment import Segment, hold
from gossamer.journal.shelf import Shelf, segment_names

HEADER = render_mark(Header(FORMAT, 0, 1, 1.5, "0.1.0"))
LIFE = 1_800_000_000_000_000


def footer(records: int) -> bytes:
    return render_mark(Footer(FORMAT, 1.5, records))


def name(number: int, worker: int = 0, life: int = LIFE) -> str:
    return str(SegmentName(worker, life, number))


def leave(path: Path, content: bytes, size_bytes: int = 4096) -> None:
    """A segment as a dead process leaves it."""
    path.write_bytes(content.ljust(size_bytes, b"\0"))


def test_no_directory_holds_no_segments(tmp_path: Path) -> None:
    assert segment_names(tmp_path / "nowhere") == []


def test_other_files_are_no_segments(tmp_path: Path) -> None:
    (tmp_path / "README").touch()
    leave(tmp_path / name(1), HEADER)
    assert segment_names(tmp_path) == [SegmentName(0, LIFE, 1)]


def test_what_a_dead_process_left_is_completed(tmp_path: Path) -> None:
    leave(tmp_path / name(0), HEADER + b'{"id":"a"}\n{"id":"b"}\n')
    assert Shelf(tmp_path, 0).seal_leftovers() == []
    content = (tmp_path / name(0)).read_bytes()
    assert content.startswith(HEADER + b'{"id":"a"}\n{"id":"b"}\n{"journal":1,"sealed":')
    assert content.endswith(b',"records":2}\n')


def test_a_torn_record_is_cut_off_and_told(tmp_path: Path) -> None:
    leave(tmp_path / name(0), HEADER + b'{"id":"a"}\n{"id":"torn')
    assert Shelf(tmp_path, 0).seal_leftovers() == [
        f"{name(0)}: cut off 11 bytes of a record that a dying worker did not finish"
    ]
    content = (tmp_path / name(0)).read_bytes()
    assert b"torn" not in content
    assert content.endswith(b',"records":1}\n')


def test_a_segment_that_was_never_begun_is_removed(tmp_path: Path) -> None:
    leave(tmp_path / name(0), b"")
    (tmp_path / name(1)).touch()
    assert Shelf(tmp_path, 0).seal_leftovers() == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "tail", [b"", b"\0" * 500, b'"rest of a torn record that was longer than the footer' + b"\0" * 9]
)
def test_sealing_again_changes_nothing_even_where_the_sealer_died(tmp_path: Path, tail: bytes) -> None:
    path = tmp_path / name(0)
    path.write_bytes(HEADER + b'{"id":"a"}\n' + footer(1) + tail)
    Shelf(tmp_path, 0).seal_leftovers()
    *lines, last = path.read_bytes().splitlines(keepends=True)
    assert lines == [HEADER, b'{"id":"a"}\n']
    assert last.endswith(b',"records":1}\n')


def test_the_segment_of_a_living_process_is_left_alone(tmp_path: Path) -> None:
    segment = Segment.create(tmp_path / name(0), 4096)
    segment.write(HEADER)
    segment.write(b'{"id":"unfinish')
    before = (tmp_path / name(0)).read_bytes()
    assert Shelf(tmp_path, 0).seal_leftovers() == []
    assert (tmp_path / name(0)).read_bytes() == before
    segment.seal(footer(0))


def test_other_workers_segments_are_left_alone(tmp_path: Path) -> None:
    leave(tmp_path / name(0, worker=1), HEADER + b'{"id":"a"}\n')
    Shelf(tmp_path, 0).seal_leftovers()
    assert (tmp_path / name(0, worker=1)).stat().st_size == 4096


def test_a_life_is_later_than_all_before_even_if_the_clock_was_put_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = Shelf(tmp_path, 0)
    first = shelf.next_life()
    assert abs(first / 1_000_000 - wall_time()) < 60
    leave(tmp_path / name(0, life=first), HEADER)
    monkeypatch.setattr(shelf_module, "wall_time", lambda: 1000.0)
    assert shelf.next_life() == first + 1
    assert Shelf(tmp_path, 1).next_life() == first + 1, "lives of all slots are in one order"


@pytest.fixture
def three(tmp_path: Path) -> Path:
    """Three complete segments of 1,000 bytes with 3, 4 and 5 records."""
    for number in range(3):
        content = HEADER.ljust(999 - len(footer(3)), b" ") + b"\n" + footer(number + 3)
        (tmp_path / name(number)).write_bytes(content)
    return tmp_path


@pytest.mark.parametrize(
    ("room", "bound", "segments", "records"),
    [(1000, 4000, 0, 0), (1001, 4000, 1, 3), (2000, 4000, 1, 3), (2001, 4000, 2, 7), (9000, 4000, 3, 12)],
)
def test_the_oldest_go_until_there_is_room(three: Path, room: int, bound: int, segments: int, records: int) -> None:
    assert Shelf(three, 0).make_room(room, bound)[:2] == (segments, records)
    assert [found.number for found in segment_names(three)] == list(range(segments, 3))


def test_what_is_being_written_stays_whatever_the_bound_says(three: Path) -> None:
    with (three / name(0)).open("rb") as file:
        assert hold(file.fileno())
        assert Shelf(three, 0).make_room(1000, 1000)[:2] == (2, 9)
    assert [path.name for path in three.iterdir()] == [name(0)]


def test_a_segment_without_a_footer_is_counted_by_its_lines(tmp_path: Path) -> None:
    leave(tmp_path / name(0), HEADER + b'{"id":"a"}\n' * 7)
    assert Shelf(tmp_path, 0).make_room(1, 0)[:2] == (1, 7)


def test_the_first_worker_completes_what_slots_that_nobody_mans_any_more_left(tmp_path: Path) -> None:
    for worker in (0, 1, 2, 11):
        leave(tmp_path / name(0, worker), HEADER + b'{"id":"a"}\n')
    Shelf(tmp_path, 1, workers=2).seal_leftovers()
    sealed = [path.name for path in sorted(tmp_path.iterdir()) if b'"sealed"' in path.read_bytes()]
    assert sealed == [name(0, 1)], "the others are not the second worker's"
    Shelf(tmp_path, 0, workers=2).seal_leftovers()
    assert all(b'"sealed"' in path.read_bytes() for path in tmp_path.iterdir())


def test_what_they_left_counts_for_the_bound_and_the_oldest_goes_first(tmp_path: Path) -> None:
    whole = HEADER + b'{"id":"a"}\n' + footer(1)
    for number, worker, life in ((0, 3, LIFE), (0, 0, LIFE + 1), (1, 3, LIFE + 2)):
        (tmp_path / name(number, worker, life)).write_bytes(whole)
    assert Shelf(tmp_path, 0, workers=1).make_room(len(whole), 2 * len(whole))[:2] == (2, 2)
    assert [path.name for path in tmp_path.iterdir()] == [name(1, 3, LIFE + 2)]


def test_a_file_that_goes_while_it_is_looked_at_is_no_trouble(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = [SegmentName(0, LIFE, 0)]
    monkeypatch.setattr(shelf_module, "segment_names", lambda _: gone)
    shelf = Shelf(tmp_path, 0)
    assert shelf.seal_leftovers() == []
    assert shelf.make_room(1000, 500)[:2] == (0, 0)
