"""The numbers of /metrics: what they count, that restarts change nothing, and that no caller can make them grow."""

from contextlib import closing
from pathlib import Path

import pytest

from gossamer.core.record import CacheUse, Usage
from gossamer.journal.aside import Aside
from gossamer.recorder.batch import Kept
from gossamer.recorder.metrics import catalog
from gossamer.recorder.metrics.book import MOST_NAMES, Book
from gossamer.recorder.metrics.project import project
from gossamer.recorder.metrics.sink import MetricsSink
from gossamer.recorder.source import Source
from tests.unit.recorder.conftest import Journal

CHAT = "/v1/chat/completions"


class Clock:
    def __init__(self) -> None:
        self.ns = 0

    def __call__(self) -> int:
        return self.ns


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "metrics.bin"


def drawn(journal: Journal, sink: MetricsSink) -> Book:
    with closing(Source(journal.directory, sink.open())) as source:
        while batch := source.next():
            sink.take(batch)
    return sink.book


def counts(book: Book, metric: catalog.Counter) -> dict[tuple[str, ...], int]:
    return book.counters[metric.name]


def test_a_finished_request_is_counted_by_route_model_and_status(journal: Journal, path: Path):
    journal.write(3)
    journal.write(status=502, outcome="provider_failed")
    journal.write(path="/v1/files/secret-name", target=None, model=None)
    assert counts(drawn(journal, MetricsSink(path)), catalog.REQUESTS) == {
        (CHAT, "openai/small", "200"): 3,
        (CHAT, "openai/small", "502"): 1,
        ("other", "other", "200"): 1,
    }


def test_tokens_and_dollars_are_exact(journal: Journal, path: Path):
    journal.write(3, usage=Usage(input=10, output=5, cached=4, reasoning=1), cost_nanos=333_333_333)
    book = drawn(journal, MetricsSink(path))
    assert counts(book, catalog.TOKENS) == {
        ("input", "openai/small"): 30,
        ("output", "openai/small"): 15,
        ("cached", "openai/small"): 12,
        ("reasoning", "openai/small"): 3,
    }
    assert counts(book, catalog.COST) == {("openai/small",): 999_999_999}


def test_what_the_cache_did(journal: Journal, path: Path):
    journal.write(2, cache=CacheUse("l1", 500_000_000), cost_nanos=0, usage=None)
    journal.write(1, cache=CacheUse("l2"), cost_nanos=0, usage=None)
    journal.write(1, cache=CacheUse("flight", 100_000_000), cost_nanos=0, usage=None)
    journal.write(3, cache=CacheUse("miss"))
    journal.write(1, cache=CacheUse("bypass"))
    journal.write(1, cache=CacheUse("flight"), status=429, error="provider_refused")
    journal.write(1, cache=CacheUse("flight"), status=200, outcome="client_gone")
    book = drawn(journal, MetricsSink(path))
    assert counts(book, catalog.CACHE_HITS) == {("l1",): 2, ("l2",): 1, ("flight",): 1}
    assert counts(book, catalog.CACHE_MISSES) == {(): 3}
    assert counts(book, catalog.SAVED) == {("openai/small",): 1_100_000_000}


def test_durations_fall_into_their_buckets(journal: Journal, path: Path):
    journal.write(overhead_ns=50_000)  # on the bound: belongs to it
    journal.write(overhead_ns=50_001)
    journal.write(overhead_ns=10**12)
    found = drawn(journal, MetricsSink(path)).histograms[catalog.OVERHEAD.name][()]
    assert (found.counts[0], found.counts[1], found.counts[-1]) == (1, 1, 1)
    assert found.sum_ns == 100_001 + 10**12


def test_a_stage_that_was_not_reached_is_not_counted(journal: Journal, path: Path):
    journal.write(stages_ns=[1, 2, 3], status=401, outcome="refused", error="invalid_api_key", target=None)
    book = drawn(journal, MetricsSink(path))
    assert sum(book.histograms[catalog.OF_STAGE["authenticate"].name][()].counts) == 1
    assert book.histograms[catalog.OF_STAGE["limit"].name] == {}
    assert counts(book, catalog.CHECKED) == {}


@pytest.mark.parametrize(
    ("error", "result"),
    [
        ("rate_limit_exceeded", "requests"),
        ("token_limit_exceeded", "tokens"),
        ("budget_exceeded", "budget"),
        (None, "allowed"),
    ],
)
def test_what_the_limits_said(journal: Journal, path: Path, error: str | None, result: str):
    journal.write(status=429 if error else 200, error=error)
    assert counts(drawn(journal, MetricsSink(path)), catalog.CHECKED) == {(result,): 1}


def test_names_that_never_answered_are_one(journal: Journal, path: Path):
    for number in range(50):
        journal.write(model=f"made-up-{number}", target=f"openai/made-up-{number}", status=404)
    journal.write()
    assert {labels[1] for labels in counts(drawn(journal, MetricsSink(path)), catalog.REQUESTS)} == {
        "other",
        "openai/small",
    }


def test_also_names_that_answer_are_bounded(journal: Journal, path: Path):
    sink = MetricsSink(path)
    for number in range(MOST_NAMES + 50):
        journal.write(target=f"openai/tune-{number}")
        if number % 20 == 0:
            drawn(journal, sink)
            sink.close()
    assert len({labels[1] for labels in counts(drawn(journal, sink), catalog.REQUESTS)}) == MOST_NAMES + 1


def test_a_gap_in_a_workers_numbers_is_so_many_lost(journal: Journal, path: Path):
    journal.write(3)
    journal.seq += 5
    journal.write(2)
    assert counts(drawn(journal, MetricsSink(path)), catalog.DROPPED) == {(): 5}


def test_gaps_are_found_in_the_midst_of_a_batch_and_between_two(journal: Journal, path: Path):
    sink = MetricsSink(path)
    for gap in (0, 2, 0, 40, 1):
        journal.write(3)
        journal.seq += gap
        journal.write(2)
        if gap:
            drawn(journal, sink)
            sink.close()
    assert counts(drawn(journal, sink), catalog.DROPPED) == {(): 43}


def test_it_does_not_matter_which_records_come_together(journal: Journal, path: Path):
    for number in range(3):
        journal.write(target=f"openai/{number}")
    for number in range(40):
        journal.write(
            target=f"openai/{number % 3}",
            status=(200, 200, 429)[number % 5 % 3],
            error=(None, None, "budget_exceeded")[number % 5 % 3],
            stages_ns=[10**number for number in range(3 + number % 7)],
            overhead_ns=number * 9_999,
            cost_nanos=number or None,
        )
    with closing(Source(journal.directory, {})) as source:
        kept = source.next().kept
    one_by_one, at_once = Book(), Book()
    for each in kept:
        project(one_by_one, [each])
    project(at_once, kept)
    assert one_by_one.counters == at_once.counters
    assert one_by_one.histograms == at_once.histograms


def test_what_is_no_record_is_counted_said_and_set_aside_once(
    journal: Journal, path: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    journal.write()
    journal.writer._segment.write(b'{"id":7}\nhalf a li\n')  # type: ignore[union-attr]
    journal.write(3)
    for _ in range(2):  # the second one died before its numbers were on the disk
        book = drawn(journal, MetricsSink(path, aside=Aside(tmp_path / "aside")))
        assert counts(book, catalog.GARBLED) == {(): 2}
        assert sum(counts(book, catalog.REQUESTS).values()) == 4
    (pieces,) = Aside(tmp_path / "aside").pieces().values()
    assert [piece.data for piece in pieces] == [b'{"id":7}', b"half a li"]
    assert "holds what is no record" in caplog.text


def test_without_room_to_set_it_aside_it_is_counted(journal: Journal, path: Path, tmp_path: Path):
    (tmp_path / "aside").touch()
    journal.write()
    journal.writer._segment.write(b"half a li\n")  # type: ignore[union-attr]
    assert counts(drawn(journal, MetricsSink(path, aside=Aside(tmp_path / "aside"))), catalog.GARBLED) == {(): 1}


def test_after_an_end_it_goes_on_where_it_was(journal: Journal, path: Path):
    for _ in range(4):
        sink = MetricsSink(path)
        journal.write(10)
        drawn(journal, sink)
        sink.close()
    assert counts(drawn(journal, MetricsSink(path)), catalog.REQUESTS) == {(CHAT, "openai/small", "200"): 40}


def test_a_process_that_dies_counts_again_from_its_last_copy(journal: Journal, path: Path):
    clock = Clock()
    sink = MetricsSink(path, clock)
    journal.write(10)
    drawn(journal, sink)
    clock.ns += 10**10
    journal.write(10)
    drawn(journal, sink)  # opens anew, as after a death: nothing was copied so far
    journal.write(10)
    assert counts(drawn(journal, MetricsSink(path)), catalog.REQUESTS) == {(CHAT, "openai/small", "200"): 30}


@pytest.mark.parametrize("damage", [b"", b"\x00garbage", b"\x81\xa4book\x80"])
def test_a_damaged_copy_is_said_and_drawn_anew(
    journal: Journal, path: Path, damage: bytes, caplog: pytest.LogCaptureFixture
):
    path.write_bytes(damage)
    journal.write(5)
    assert counts(drawn(journal, MetricsSink(path)), catalog.REQUESTS) == {(CHAT, "openai/small", "200"): 5}
    assert "counted anew" in caplog.text


def test_without_room_for_the_copy_the_numbers_go_on(
    journal: Journal, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    clock = Clock()
    sink = MetricsSink(tmp_path / "nowhere" / "metrics.bin", clock)
    clock.ns += 10**10
    journal.write(5)
    assert counts(drawn(journal, sink), catalog.REQUESTS) == {(CHAT, "openai/small", "200"): 5}
    assert "could not be copied" in caplog.text


def test_a_batch_that_was_counted_in_part_is_not_copied(journal: Journal, path: Path, monkeypatch: pytest.MonkeyPatch):
    sink = MetricsSink(path)
    journal.write(5)
    drawn(journal, sink)
    sink.close()
    journal.write(5)

    def stumble(book: Book, kept: list[Kept]) -> None:
        project(book, kept[:2])
        raise KeyError("a defect")

    monkeypatch.setattr("gossamer.recorder.metrics.sink.project", stumble)
    with pytest.raises(KeyError):
        drawn(journal, sink)
    sink.close()
    monkeypatch.undo()
    assert counts(drawn(journal, MetricsSink(path)), catalog.REQUESTS) == {(CHAT, "openai/small", "200"): 10}
