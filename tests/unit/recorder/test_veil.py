"""What sinks see of content, and what a search finds of it."""

from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from gossamer.config.capture import CaptureSettings
from gossamer.core.record import Content
from gossamer.policy.redaction import Redactor
from gossamer.projections.traces.query import Query
from gossamer.projections.traces.search import TraceSearch
from gossamer.projections.traces.writer import TraceFile
from gossamer.recorder.chunks import Chunks
from gossamer.recorder.file_sink import FileSink
from gossamer.recorder.replay.files import rebuild_traces
from gossamer.recorder.source import Source
from gossamer.recorder.veil import veil
from tests.unit.recorder.conftest import Journal

SECRET = "sk-" + "a1B2" * 8
RAW = Content("d1", "d2", f'{{"content":"my key is {SECRET}"}}', "Ask EMP-123456 about pelicans")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "traces.db"


def stored(journal: Journal, path: Path, settings: CaptureSettings) -> TraceSearch:
    sink = FileSink("traces", path, TraceFile, 3600.0, rebuild_traces, lambda: 1_800_000_000.0)
    chunks = Chunks(journal.directory, veil=veil(settings))
    with closing(Source(journal.directory, sink.open(), chunks)) as source:
        while batch := source.next():
            sink.take(batch)
    sink.close()
    return TraceSearch(path)


def test_a_secret_is_in_no_byte_of_what_is_stored(journal: Journal, path: Path):
    journal.write(content=RAW)
    search = stored(journal, path, CaptureSettings(content="redacted", patterns={"staff": "EMP-[0-9]{6}"}))
    (trace,) = search.find(Query())
    content = trace.record.content
    assert content is not None
    assert (content.request, content.answer) == ('{"content":"my key is [api-key]"}', "Ask [staff] about pelicans")
    assert content.is_redacted
    written = b"".join(file.read_bytes() for file in path.parent.glob("traces.db*"))
    assert b"pelicans" in written
    assert SECRET.encode() not in written
    assert b"EMP-123456" not in written


def test_what_an_earlier_setting_captured_is_redacted_when_nothing_is_captured_any_more(journal: Journal, path: Path):
    journal.write(content=RAW)
    (trace,) = stored(journal, path, CaptureSettings()).find(Query())
    assert SECRET.encode() not in trace.data


def test_all_of_it_is_kept_where_that_is_asked_for(journal: Journal, path: Path):
    journal.write(content=RAW)
    (trace,) = stored(journal, path, CaptureSettings(content="full")).find(Query())
    assert trace.record.content == RAW


def test_a_search_for_text_finds_what_was_captured_as_long_as_it_is_kept(journal: Journal, path: Path):
    journal.write(2)
    journal.write(content=RAW)
    search = stored(journal, path, CaptureSettings(content="redacted"))
    assert [trace.record.seq for trace in search.find(Query(text="PELICANS"))] == [2]
    with closing(TraceFile(path)) as file:
        assert file.forget_before(1_900_000_000.0) == 3
        assert file.run.execute("SELECT count(*) FROM contents").fetchone() == (0,)


def test_several_sinks_see_what_was_redacted_once(journal: Journal, monkeypatch: pytest.MonkeyPatch):
    redacted: list[str] = []
    redact = Redactor.redact

    def counted(self: Redactor, text: str, *, is_cut: bool = False) -> str:
        redacted.append(text)
        return redact(self, text, is_cut=is_cut)

    monkeypatch.setattr(Redactor, "redact", counted)
    journal.write(content=RAW)
    journal.write(3)
    chunks = Chunks(journal.directory, veil=veil(CaptureSettings(content="redacted")))
    with ExitStack() as stack:
        sources = [stack.enter_context(closing(Source(journal.directory, {}, chunks))) for _ in range(3)]
        seen = [source.next().kept for source in sources]
    assert len(redacted) == 2, "the question and the answer"
    assert seen[0] == seen[1] == seen[2]
    assert all(SECRET.encode() not in kept.data for kept in seen[0])


def test_a_piece_that_is_cut_is_redacted_too(journal: Journal):
    journal.write(3, content=RAW)
    chunks = Chunks(journal.directory, veil=veil(CaptureSettings(content="redacted")))
    with closing(Source(journal.directory, {}, chunks)) as source:
        (kept,) = source.next(most=1).kept
    assert SECRET.encode() not in kept.data


def test_what_cannot_be_looked_through_is_shown_to_nobody_and_its_record_goes_on(
    journal: Journal, path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    def stumble(self: Redactor, text: str, *, is_cut: bool = False) -> str:
        raise RecursionError

    monkeypatch.setattr(Redactor, "redact", stumble)
    journal.write(content=RAW)
    (trace,) = stored(journal, path, CaptureSettings(content="redacted")).find(Query())
    assert trace.record.content == Content("d1", "d2", is_redacted=True)
    assert SECRET.encode() not in trace.data
    assert "cannot be redacted" in caplog.text
