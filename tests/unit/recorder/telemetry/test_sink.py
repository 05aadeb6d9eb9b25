"""From the journal to a collector: gathered for a moment, each at least once, none that was before it began."""

from contextlib import closing
from pathlib import Path

import pytest

from gossamer.config.telemetry import TelemetrySettings
from gossamer.core.trace_context import span_id_of
from gossamer.recorder.batch import Source
from gossamer.recorder.sink import SinkAway
from gossamer.recorder.telemetry import otlp
from gossamer.recorder.telemetry.bookmark import telemetry_path
from gossamer.recorder.telemetry.collector import Collector, Said
from gossamer.recorder.telemetry.sink import GATHERED_NS, TelemetrySink
from tests.unit.recorder.conftest import Journal
from tests.unit.recorder.telemetry.conftest import parsed

ALL = TelemetrySettings(otlp="http://c")
SERVER = 2


class Double(Collector):
    """A collector that says what it was told to say, and then that all is well."""

    def __init__(self) -> None:
        super().__init__("http://127.0.0.1:1", {})
        self.told: list[str] = []
        self.requests = 0
        self.answers: list[Said | SinkAway] = []

    def send(self, body: bytes) -> Said:
        self.requests += 1
        answer = self.answers.pop(0) if self.answers else Said(200, b"{}")
        if isinstance(answer, SinkAway):
            raise answer
        for of_resource in parsed(body).resource_spans:
            spans = of_resource.scope_spans[0].spans
            self.told += [span.span_id.hex() for span in spans if span.kind == SERVER]
        return answer


class Rig:
    """A journal, a sink and a clock in between."""

    def __init__(self, journal: Journal, path: Path) -> None:
        self.journal = journal
        self.path = path
        self.now_ns = 0
        self.collector = Double()

    def sink(self, settings: TelemetrySettings = ALL) -> TelemetrySink:
        return TelemetrySink(self.path, settings, {}, otlp.Resource(()), self.collector, lambda: self.now_ns)

    def run(self, sink: TelemetrySink) -> None:
        """A pump's life, from opening to closing."""
        with closing(Source(self.journal.directory, sink.open())) as source:
            try:
                while batch := source.next():
                    sink.take(batch)
                sink.rest()
            finally:
                sink.close()


@pytest.fixture
def rig(journal: Journal, tmp_path: Path) -> Rig:
    """Telemetry began long ago."""
    path = telemetry_path(tmp_path)
    path.write_bytes(b'{"since":1.0,"positions":{}}')
    return Rig(journal, path)


def ids(*seqs: int) -> list[str]:
    return [span_id_of(f"req_{seq}") for seq in seqs]


def test_each_is_told_once_over_a_restart(rig: Rig):
    rig.journal.write(2)
    rig.run(rig.sink())
    rig.journal.write(1)
    rig.run(rig.sink())
    assert rig.collector.told == ids(0, 1, 2)


def test_they_wait_for_each_other(rig: Rig):
    sink = rig.sink()
    with closing(Source(rig.journal.directory, sink.open())) as source:
        rig.journal.write(1)
        sink.take(source.next())
        rig.now_ns += GATHERED_NS - 1
        rig.journal.write(1)
        sink.take(source.next())
        assert rig.collector.requests == 0
        rig.now_ns += 1
        sink.rest()
    assert rig.collector.told == ids(0, 1)
    assert rig.collector.requests == 1


def test_a_flood_goes_in_pieces_and_at_once(rig: Rig, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("gossamer.recorder.telemetry.sink.MOST_SPANS", 6)
    rig.journal.write(5)
    sink = rig.sink()
    with closing(Source(rig.journal.directory, sink.open())) as source:
        while batch := source.next():
            sink.take(batch)
    assert rig.collector.told == ids(*range(5))
    assert rig.collector.requests == 2
    assert sink.sent == 10


def test_what_a_collector_that_is_away_was_not_told_comes_later(rig: Rig):
    rig.journal.write(2)
    rig.collector.answers = [SinkAway("no way there")]
    sink = rig.sink()
    with pytest.raises(SinkAway):
        rig.run(sink)
    assert rig.collector.requests == 1  # closing does not try it again
    rig.run(sink)
    assert rig.collector.told == ids(0, 1)


def test_what_was_refused_is_counted_and_left_behind(rig: Rig):
    rig.journal.write(1)
    rig.collector.answers = [Said(400, b'{"message":"no"}')]
    sink = rig.sink()
    rig.run(sink)
    rig.journal.write(1)
    rig.run(sink)
    assert (sink.sent, sink.refused) == (2, 2)


@pytest.mark.parametrize("rejected", [b"1", b'"1"'])
def test_a_collector_may_take_a_part(rig: Rig, rejected: bytes):
    rig.journal.write(1)
    rig.collector.answers = [Said(200, b'{"partialSuccess":{"rejectedSpans":%b,"errorMessage":"too long"}}' % rejected)]
    sink = rig.sink()
    rig.run(sink)
    assert (sink.sent, sink.refused) == (1, 1)


@pytest.mark.parametrize("body", [b"", b"fine", b"{}", b'{"partialSuccess":{}}'])
def test_an_answer_that_complains_of_nothing(rig: Rig, body: bytes):
    rig.journal.write(1)
    rig.collector.answers = [Said(200, body)]
    sink = rig.sink()
    rig.run(sink)
    assert (sink.sent, sink.refused) == (2, 0)


def test_what_is_not_selected_is_passed_over_for_good(rig: Rig):
    rig.journal.write(1)
    rig.run(rig.sink(TelemetrySettings(otlp="http://c", sample=0.0)))
    assert rig.collector.requests == 0
    rig.journal.write(1)
    rig.run(rig.sink())
    assert rig.collector.told == ids(1)


def test_what_was_before_it_began_is_not_told(rig: Rig):
    rig.path.unlink()
    rig.journal.write(1, at=1_000.0)
    sink = rig.sink()
    rig.run(sink)
    assert rig.collector.told == []
    rig.journal.write(1, at=4_000_000_000.0)
    rig.run(rig.sink())
    assert rig.collector.told == ids(1)


def test_a_bookmark_that_cannot_be_read_begins_anew(rig: Rig):
    rig.path.write_bytes(b"{")
    rig.journal.write(1, at=4_000_000_000.0)
    rig.run(rig.sink())
    assert rig.collector.told == ids(0)
