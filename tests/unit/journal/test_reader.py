from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gossamer.core.record import Record
from gossamer.journal import reader as reader_module
from gossamer.journal.lines import unfinished_line
from gossamer.journal.marks import FORMAT, Footer, Header, render_mark
from gossamer.journal.reader import Garbled, Line, Position, read_header, read_segment, record_of
from gossamer.journal.segment import hold
from gossamer.journal.writer import JournalWriter

Records = Callable[..., Record]
Writers = Callable[..., JournalWriter]


HEADER = render_mark(Header(FORMAT, 0, 1, 1.5, "0.1.0"))
FOOTER = render_mark(Footer(FORMAT, 2.5, 2))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "w00-0006441b2c3d4e5f-00000000.ndjson"


def test_header_and_footer_are_not_shown(path: Path) -> None:
    path.write_bytes(HEADER + b'{"id":"a"}\n{"id":"b"}\n' + FOOTER)
    assert list(read_segment(path)) == [
        Line(Position(path.name, len(HEADER) + 11), b'{"id":"a"}'),
        Line(Position(path.name, len(HEADER) + 22), b'{"id":"b"}'),
    ]


@pytest.mark.parametrize(
    "content", [b"", bytes(200_000), HEADER[:20] + bytes(100), b"!!\n", b'{"id":"a"}\n', b"\xff\n"]
)
def test_what_has_no_header_has_none(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert read_header(path) is None
    path.write_bytes(HEADER + content)
    assert read_header(path) == Header(FORMAT, 0, 1, 1.5, "0.1.0")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"", "not a JSON object"),
        (b"}{", "not a JSON object"),
        (b'{"id":"a"', "not a JSON object"),
        (b'{"journal":2,"worker":0}', "another format"),
        (b"\xff\xfe", "not a JSON object"),
    ],
)
def test_a_garbled_line_is_told_and_reading_goes_on(path: Path, line: bytes, reason: str) -> None:
    path.write_bytes(HEADER + line + b'\n{"id":"b"}\n\0\0')
    garbled, after = read_segment(path)
    assert isinstance(garbled, Garbled)
    assert garbled.data == line
    assert reason in garbled.reason
    assert list(read_segment(path, garbled.position.offset)) == [after]


def test_a_torn_record_is_told_where_its_writer_is_dead(path: Path) -> None:
    path.write_bytes(HEADER + b'{"id":"a"}\n{"id":"to\0\0')
    line, torn = read_segment(path)
    assert torn == Garbled(line.position, b'{"id":"to', "a record that a dying worker did not finish")


def test_an_unfinished_record_is_waited_for_where_its_writer_lives(path: Path) -> None:
    path.write_bytes(HEADER + b'{"id":"a"}\n{"id":"to\0\0')
    with path.open("rb") as file:
        assert hold(file.fileno())
        assert [entry.data for entry in read_segment(path)] == [b'{"id":"a"}']


@pytest.mark.parametrize("rest", [b'rn"}\n' + FOOTER, b'rn"}\n\0\0'])
def test_a_record_that_is_finished_as_we_look_is_not_torn(
    path: Path, monkeypatch: pytest.MonkeyPatch, rest: bytes
) -> None:
    """The writer goes on, seals and leaves between our look at the lines and our look at what has no newline."""
    started = HEADER + b'{"id":"a"}\n{"id":"to'
    path.write_bytes(started + b"\0\0")

    def look(fd: int, offset: int) -> bytes:
        seen = unfinished_line(fd, offset)
        path.write_bytes(started + rest)
        return seen

    monkeypatch.setattr(reader_module, "unfinished_line", look)
    assert [entry.data for entry in read_segment(path)] == [b'{"id":"a"}', b'{"id":"torn"}']


def test_a_line_is_a_record_or_says_why_not(path: Path, writer: Writers, record: Records, tmp_path: Path) -> None:
    journal = writer()
    journal.append(record(1, key=None))
    journal.close()
    (line,) = read_segment(next(tmp_path.iterdir()))
    assert isinstance(line, Line)
    assert record_of(line) == record(1, key=None)
    short = record_of(Line(line.position, b'{"id":"a"}'))
    assert isinstance(short, Garbled)
    assert "missing required field" in short.reason
    assert isinstance(record_of(Line(line.position, b'{"id":"\xff"}')), Garbled)
    assert isinstance(record_of(Line(line.position, b'{"id" "a"}')), Garbled)


def test_members_of_a_later_release_do_no_harm(path: Path) -> None:
    data = (
        b'{"id":"a","at":1.5,"worker":0,"seq":1,"method":"POST","path":"/","status":200,"outcome":"completed",'
        b'"stages_ns":[],"total_ns":1,"overhead_ns":1,"not_yet_known":[1,2]}'
    )
    assert isinstance(record_of(Line(Position(path.name, 0), data)), Record)


@settings(deadline=None)  # a busy machine is no failure
@given(st.lists(st.binary(max_size=30).map(lambda raw: raw.hex().encode()), max_size=10), st.data())
def test_reading_goes_on_from_any_position_it_gave(ids: list[bytes], data: st.DataObject) -> None:
    content = HEADER + b"".join(b'{"id":"%s"}\n' % one for one in ids) + FOOTER
    with TemporaryDirectory() as directory:
        path = Path(directory, "segment")
        path.write_bytes(content)
        whole = list(read_segment(path))
        stop = data.draw(st.integers(0, len(whole)))
        offset = whole[stop - 1].position.offset if stop else 0
        assert [*whole[:stop], *read_segment(path, offset)] == whole
        assert [entry.data for entry in whole] == [b'{"id":"%s"}' % one for one in ids]
