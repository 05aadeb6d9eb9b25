"""Content taken out of the journal in place: the lines stay, their neighbours too, and no byte of it is left."""

import os
import stat
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gossamer.core.record import Attempt, Content, Record
from gossamer.journal.aside import Aside
from gossamer.journal.blanking import blank_aside, blank_lines, blanked, has_said
from gossamer.journal.marks import SegmentName
from gossamer.journal.reader import Garbled, Line, Position, read_segment, record_of
from gossamer.journal.taken import is_taken, mark_taken
from gossamer.journal.writer import JournalWriter

MARK = b'"session":"talk"'
SECRET = 'SECRET \\n " é 😀 \x07'


BARE = Record("req", 1.5, 0, 0, "POST", "/v1/chat/completions", 200, "completed", [1], 2, 3, key="k")


def a_record(number: int, session: str = "talk", **changes: Any) -> Record:
    said: dict[str, Any] = {
        "content": Content("a" * 64, "b" * 64, f"{SECRET} asked {number}", f"{SECRET} told", 0, 7),
        "error": SECRET,
        "attempts": (Attempt("a/b", 500, 1, SECRET),),
    }
    return msgspec.structs.replace(BARE, id=f"req_{number}", seq=number, session=session, **(said | changes))


def is_talk(record: Record) -> bool:
    return record.session == "talk"


def lines_in(directory: Path) -> list[bytes]:
    entries = [entry for path in sorted(directory.glob("w*")) for entry in read_segment(path)]
    assert all(isinstance(entry, Line) for entry in entries)
    return [entry.data for entry in entries]


def records_in(directory: Path) -> list[Record]:
    return [msgspec.json.decode(line, type=Record) for line in lines_in(directory)]


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "journal"


def open_writer(journal: Path, segment_bytes: int = 64 * 1024) -> JournalWriter:
    return JournalWriter(journal, 0, segment_bytes, 64 * segment_bytes, pytest.fail, stages=("queue",))


def bytes_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_what_was_said_goes_and_all_else_stays_in_the_segment_that_is_being_written(journal: Path):
    writer = open_writer(journal)
    for number in range(40):
        writer.append(a_record(number, "talk" if number % 2 else "other"))
    before = records_in(journal)
    assert blank_lines(journal, [MARK], is_talk) == 20
    writer.append(a_record(40))
    after = records_in(journal)
    bare: dict[str, Any] = {"content": None, "error": None, "attempts": (Attempt("a/b", 500, 1),)}
    expected = [msgspec.structs.replace(one, **bare) if one.session == "talk" else one for one in before]
    assert after == [*expected, a_record(40)]
    writer.close()
    assert len(records_in(journal)) == 41
    assert blank_lines(journal, [MARK], is_talk) == 1, "the closed one, and only what is new"


def test_a_segment_that_all_have_taken_is_written_to_and_stays_marked(journal: Path):
    writer = open_writer(journal)
    writer.append(a_record(0))
    writer.close()
    (path,) = journal.glob("w*")
    mark_taken(path)
    assert blank_lines(journal, [MARK], is_talk) == 1
    assert is_taken(path)
    assert not path.stat().st_mode & stat.S_IWUSR
    assert b"SECRET" not in bytes_in(journal)


def test_lines_across_blocks_and_many_segments(journal: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("gossamer.journal.blanking._BLOCK_BYTES", 777)
    writer = open_writer(journal, 4096)
    for number in range(50):
        writer.append(a_record(number))
    assert blank_lines(journal, [MARK], is_talk) == 50
    assert b"SECRET" not in bytes_in(journal)
    assert [record.seq for record in records_in(journal)] == list(range(50))
    writer.close()


@pytest.mark.parametrize("is_held", [True, False])
def test_half_a_line_goes_once_nobody_writes_it(journal: Path, is_held: bool):
    writer = open_writer(journal)
    writer.append(a_record(0))
    position = writer.position
    assert position is not None
    path = journal / position.segment
    half = msgspec.json.encode(a_record(1))[:-30]
    if not is_held:
        writer.close()
        os.truncate(path, position.offset)
    with path.open("r+b") as file:
        file.seek(position.offset)
        file.write(half)
    blank_lines(journal, [MARK], is_talk)
    (left,) = [entry.data for entry in read_segment(path, position.offset)] or [b""]
    assert (b"SECRET" in path.read_bytes()) is is_held
    assert left == (b"" if is_held else b" " * len(half))


def test_the_same_words_of_another_session_stay(journal: Path):
    writer = open_writer(journal)
    writer.append(a_record(0, "other", error=',"session":"talk"', content=Content("a", "b", '"session":"talk"', "")))
    before = lines_in(journal)
    assert blank_lines(journal, [MARK, b'"id":"req_0"'], is_talk) == 0
    assert lines_in(journal) == before
    writer.close()


texts = st.text(max_size=50)


@given(request=texts, answer=texts, error=st.none() | texts, model=texts, tried=st.none() | texts)
def test_a_blanked_line_has_its_length_and_everything_else(
    request: str, answer: str, error: str | None, model: str, tried: str | None
):
    content = Content("a" * 64, "b" * 64, request, answer)
    record = a_record(1, content=content, error=error, model=model, attempts=(Attempt("t", 500, 3, tried),))
    line = msgspec.json.encode(record)
    blank = blanked(line, lambda _: True)
    assert len(blank) == len(line)
    found = msgspec.json.decode(blank, type=Record)
    assert found.content is None
    assert msgspec.structs.replace(found, content=content, error=error, attempts=record.attempts) == record
    assert not has_said(found)
    assert blanked(blank, lambda _: True) == blank


def test_codes_of_our_own_stay():
    record = a_record(1, content=None, error="provider_refused", attempts=(Attempt("t", 500, 3, "refused"),))
    line = msgspec.json.encode(record)
    assert blanked(line, lambda _: True) == line
    assert not has_said(record)


def test_what_was_set_aside_goes_too(tmp_path: Path):
    aside = Aside(tmp_path / "garbled")
    torn = msgspec.json.encode(a_record(1))[:-5]
    other = msgspec.json.encode(a_record(2, "other"))[:-5]
    segment = str(SegmentName(0, 1, 0))
    aside.keep([Garbled(Position(segment, 10), torn, "torn"), Garbled(Position(segment, 20), other, "torn")])
    assert blank_aside(tmp_path / "garbled", [MARK]) == 1
    pieces = Aside(tmp_path / "garbled").pieces()[segment]
    assert [(piece.offset, piece.data.strip(b"\0")) for piece in pieces] == [(10, b""), (20, other)]
    assert blank_aside(tmp_path / "nothing", [MARK]) == 0


def test_a_line_that_nobody_can_read_goes_as_a_whole(journal: Path):
    writer = open_writer(journal)
    writer.append(a_record(0))
    writer.append(a_record(1))
    writer.close()
    (path,) = journal.glob("w*")
    path.write_bytes(path.read_bytes().replace(b'"seq":0', b'"seq":?'))
    assert blank_lines(journal, [MARK], is_talk) == 2
    assert b"SECRET" not in bytes_in(journal)
    found = list(read_segment(path))
    assert [isinstance(record_of(each), Record) if isinstance(each, Line) else False for each in found] == [False, True]
