from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gossamer.core.record import Record
from gossamer.journal.follower import Entry, Follower, Missed
from gossamer.journal.marks import FORMAT, Footer, Header, SegmentName, render_mark
from gossamer.journal.reader import Garbled, Line, Position
from gossamer.journal.reading import Reading
from gossamer.journal.writer import JournalWriter

Records = Callable[..., Record]
Writers = Callable[..., JournalWriter]


HEADER = render_mark(Header(FORMAT, 0, 1, 1.5, "0.1.0"))
LIFE = 1_800_000_000_000_000


def name(number: int, worker: int = 0, life: int = LIFE) -> str:
    return str(SegmentName(worker, life, number))


def line(text: str) -> bytes:
    return b'{"id":"%s"}\n' % text.encode()


def complete(*texts: str) -> bytes:
    return HEADER + b"".join(map(line, texts)) + render_mark(Footer(FORMAT, 1.5, len(texts)))


def growing(*texts: str) -> bytes:
    return (HEADER + b"".join(map(line, texts))).ljust(4096, b"\0")


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def texts_of(entries: list[Entry]) -> list[str]:
    assert all(isinstance(entry, Line) for entry in entries), entries
    return [entry.data.decode()[7:-2] for entry in entries if isinstance(entry, Line)]


@pytest.fixture
def follower(tmp_path: Path) -> Iterator[Follower]:
    with closing(Follower(tmp_path)) as follower:
        yield follower


def polled(follower: Follower) -> list[str]:
    return texts_of(list(follower.poll()))


def test_a_journal_that_has_not_begun_is_empty(tmp_path: Path) -> None:
    assert list(Follower(tmp_path / "nowhere").poll()) == []


def test_each_record_comes_once_and_as_soon_as_it_is_written(
    follower: Follower, writer: Writers, record: Records
) -> None:
    journal = writer(segment_bytes=4096)
    for seq in range(60):
        journal.append(record(seq))
        (entry,) = follower.poll()
        assert isinstance(entry, Line)
        assert b'"seq":%d,' % seq in entry.data
    journal.close()
    assert list(follower.poll()) == []


def test_all_workers_are_followed(tmp_path: Path, follower: Follower) -> None:
    (tmp_path / name(0, worker=0)).write_bytes(growing("a0"))
    (tmp_path / name(0, worker=1)).write_bytes(growing("b0"))
    assert polled(follower) == ["a0", "b0"]
    (tmp_path / name(0, worker=1)).write_bytes(growing("b0", "b1"))
    (tmp_path / name(0, worker=12)).write_bytes(growing("m0"))
    assert polled(follower) == ["b1", "m0"]


def test_a_prepared_segment_is_no_news(tmp_path: Path, follower: Follower) -> None:
    (tmp_path / name(0)).touch()
    assert polled(follower) == []
    (tmp_path / name(0)).write_bytes(bytes(4096))
    assert polled(follower) == []
    (tmp_path / name(0)).write_bytes(growing("a"))
    assert polled(follower) == ["a"]
    (tmp_path / name(0)).unlink()
    assert list(follower.poll()) == []


def test_what_is_left_in_an_old_segment_comes_before_the_next_one(tmp_path: Path, follower: Follower) -> None:
    (tmp_path / name(0)).write_bytes(growing("a"))
    (tmp_path / name(1)).write_bytes(bytes(4096))
    assert polled(follower) == ["a"]
    (tmp_path / name(0)).write_bytes(growing("a", "b"))
    (tmp_path / name(1)).write_bytes(growing("c"))
    assert polled(follower) == ["b", "c"]
    (tmp_path / name(0)).write_bytes(complete("a", "b"))
    (tmp_path / name(1)).write_bytes(growing("c", "d"))
    assert polled(follower) == ["d"]


def test_an_unfinished_line_is_waited_for(tmp_path: Path, follower: Follower) -> None:
    path = tmp_path / name(0)
    path.write_bytes((HEADER + line("a") + b'{"id":"b').ljust(4096, b"\0"))
    assert polled(follower) == ["a"]
    assert polled(follower) == []
    path.write_bytes(growing("a", "b"))
    assert polled(follower) == ["b"]


def test_a_torn_line_that_was_cut_off_is_never_shown(tmp_path: Path, follower: Follower) -> None:
    path = tmp_path / name(0)
    path.write_bytes((HEADER + line("a") + b'{"id":"torn').ljust(4096, b"\0"))
    assert polled(follower) == ["a"]
    path.write_bytes(complete("a"))
    assert polled(follower) == []
    path.unlink()
    assert polled(follower) == []


def test_garbled_lines_are_handed_on(tmp_path: Path, follower: Follower) -> None:
    (tmp_path / name(0)).write_bytes((HEADER + line("a") + b"!!\n" + line("b")).ljust(4096, b"\0"))
    assert [type(entry) for entry in follower.poll()] == [Line, Garbled, Line]


# --- what nobody finishes any more ---


@pytest.mark.parametrize(
    ("broken", "data"),
    [
        pytest.param(b'{"id":"half', b'{"id":"half', id="cut off"),
        pytest.param(b'{"id":"half' + bytes(100_000) + line("b"), b'{"id":"half', id="a hole in a line"),
        pytest.param(bytes(5000) + line("b"), b"", id="a hole between lines"),
    ],
)
def test_what_was_not_finished_when_the_next_began_is_told_and_the_rest_comes(
    tmp_path: Path, follower: Follower, broken: bytes, data: bytes
) -> None:
    (tmp_path / name(0)).write_bytes(HEADER + line("a") + broken)
    assert polled(follower) == ["a"]
    assert polled(follower) == [], "its writer may come back to it"
    (tmp_path / name(1)).write_bytes(growing("c"))
    found = list(follower.poll())
    (garbled,) = [entry for entry in found if isinstance(entry, Garbled)]
    assert garbled.data == data
    rest = ["c"] if b"b" not in broken else ["b", "c"]
    assert texts_of([entry for entry in found if entry is not garbled]) == rest
    assert list(follower.poll()) == []


def test_a_last_line_that_came_while_it_was_looked_at_is_no_hole(tmp_path: Path) -> None:
    (tmp_path / name(0)).write_bytes(HEADER)
    with closing(Reading(tmp_path / name(0), len(HEADER))) as reading:
        reading.is_complete = True
        assert reading.piece().lines == []
        (tmp_path / name(0)).write_bytes(complete("a"))
        assert reading.hole() is None
        assert texts_of(list(reading.read())) == ["a"]


def test_a_segment_that_was_not_cut_to_its_length_is_no_loss(tmp_path: Path, follower: Follower) -> None:
    (tmp_path / name(0)).write_bytes(growing("a"))
    (tmp_path / name(1)).write_bytes(growing("b"))
    assert polled(follower) == ["a", "b"]


# --- removal under the reader ---


def test_a_segment_removed_while_it_is_read_is_read_to_its_end(tmp_path: Path, follower: Follower) -> None:
    path = tmp_path / name(0)
    path.write_bytes(growing("a"))
    assert polled(follower) == ["a"]
    with path.open("r+b") as file:
        path.unlink()
        file.write(complete("a", "b"))
        file.truncate()
    assert polled(follower) == ["b"]
    assert follower.positions == {}


def test_a_segment_removed_after_its_end_was_seen_is_forgotten(tmp_path: Path, follower: Follower) -> None:
    (tmp_path / name(0)).write_bytes(complete("a"))
    assert polled(follower) == ["a"]
    (tmp_path / name(0)).unlink()
    assert list(follower.poll()) == []
    assert follower.positions == {}


def test_a_segment_that_went_unseen_is_told(tmp_path: Path, follower: Follower) -> None:
    (tmp_path / name(3)).write_bytes(complete("a"))
    assert polled(follower) == ["a"]  # what went before the first look was never ours
    (tmp_path / name(6)).write_bytes(growing("b"))
    (tmp_path / name(1, life=LIFE + 9)).write_bytes(growing("c"))
    *missed, b, c = follower.poll()
    assert texts_of([b, c]) == ["b", "c"]
    assert missed == [
        Missed(Position(name(4), 0)),
        Missed(Position(name(5), 0)),
        Missed(Position(name(0, life=LIFE + 9), 0)),
    ]


def test_a_half_read_segment_that_went_while_nobody_looked_is_told(tmp_path: Path) -> None:
    with closing(Follower(tmp_path, {name(2): 100})) as follower:
        assert list(follower.poll()) == [Missed(Position(name(2), 100))]
        assert list(follower.poll()) == []


# --- positions ---


def test_stored_positions_hold_though_the_next_segment_was_made_ready(tmp_path: Path) -> None:
    (tmp_path / name(0)).write_bytes(growing("a"))
    (tmp_path / name(1)).write_bytes(bytes(4096))
    with closing(Follower(tmp_path)) as first:
        assert polled(first) == ["a"]
        positions = first.positions
    (tmp_path / name(0)).write_bytes(growing("a", "b"))
    with closing(Follower(tmp_path, positions)) as second:
        assert polled(second) == ["b"]


def test_stored_positions_go_on_where_they_were_stored(tmp_path: Path) -> None:
    (tmp_path / name(0)).write_bytes(complete("a", "b"))
    (tmp_path / name(1)).write_bytes(growing("c", "d"))
    (tmp_path / name(0, worker=1)).write_bytes(growing("e", "f"))
    whole = list(Follower(tmp_path).poll())
    assert texts_of(whole) == ["a", "b", "c", "d", "e", "f"]
    for stop in range(len(whole) + 1):
        stored = {entry.position.segment: entry.position.offset for entry in whole[:stop]}
        with closing(Follower(tmp_path, stored)) as follower:
            assert texts_of(list(follower.poll())) == texts_of(whole[stop:])


def test_a_poll_left_in_the_middle_goes_on_behind_it(tmp_path: Path, follower: Follower) -> None:
    (tmp_path / name(0)).write_bytes(growing("a", "b", "c"))
    assert texts_of([next(follower.poll())]) == ["a"]
    assert polled(follower) == ["b", "c"]


def test_files_are_open_only_while_they_can_grow(tmp_path: Path, follower: Follower) -> None:
    before = open_files()
    for number in range(20):
        (tmp_path / name(number)).write_bytes(complete("a"))
    (tmp_path / name(20)).write_bytes(growing("b"))
    assert len(polled(follower)) == 21
    polled(follower)
    assert open_files() == before + 1
    follower.close()
    assert open_files() == before


def test_following_polls_waits_and_polls_again(tmp_path: Path, follower: Follower) -> None:
    waited: list[float] = []

    def pause(interval_s: float) -> None:
        waited.append(interval_s)
        (tmp_path / name(0)).write_bytes(growing(*map(str, range(len(waited)))))

    entries = follower.follow(0.05, pause)
    assert texts_of([next(entries) for _ in range(3)]) == ["0", "1", "2"]
    assert waited == [0.05] * 3 or waited == [0.05] * 4


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.integers(1, 60)),
        st.tuples(st.just("poll"), st.just(0)),
        st.tuples(st.just("restart"), st.just(0)),
    ),
    max_size=30,
)


@settings(deadline=None)  # a busy machine is no failure
@given(STEPS, st.integers(1, 4))
def test_however_writing_and_reading_interleave_each_line_comes_once_and_in_order(
    steps: list[tuple[str, int]], lines_in_segment: int
) -> None:
    """Bytes appear in pieces of any size, the reader starts again at any time from what it stored."""
    texts = [str(number) for number in range(40)]
    groups = [texts[start : start + lines_in_segment] for start in range(0, 40, lines_in_segment)]
    contents = [complete(*group) for group in groups]
    seen: list[str] = []
    stored: dict[str, int] = {}
    written = 0
    with TemporaryDirectory() as directory:
        follower = Follower(Path(directory))
        for step, size in [*steps, ("write", sum(map(len, contents))), ("poll", 0)]:
            if step == "write":
                written += size
                write_first(Path(directory), contents, written)
            elif step == "restart":
                follower.close()
                follower = Follower(Path(directory), stored)
            else:
                for entry in follower.poll():
                    seen.extend(texts_of([entry]))
                    stored[entry.position.segment] = entry.position.offset
        follower.close()
    assert seen == texts


def write_first(directory: Path, contents: list[bytes], count: int) -> None:
    """The first `count` bytes of all segments together; what is not yet written is NUL."""
    for number, content in enumerate(contents):
        if count > 0:
            (directory / name(number)).write_bytes(content[:count].ljust(len(content) + 9, b"\0"))
        count -= len(content)
