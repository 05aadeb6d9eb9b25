"""Sums and traces, compared minute by minute."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from gossamer.projections.traces.writer import TraceFile
from gossamer.projections.usage.file import UsageFile
from gossamer.recorder.pump import Progress
from gossamer.recorder.source import Source
from gossamer.recorder.usage_check.compare import Comparison, Minute, Sums
from gossamer.recorder.usage_check.stores import CannotSay, TraceSums, UsageSums
from gossamer.recorder.usage_check.watch import UsageWatch
from tests.unit.recorder.conftest import Journal

NOW_S = 1_800_000_000
NOW = NOW_S // 60


class Store:
    def __init__(self, name: str) -> None:
        self.name = name
        self.told: dict[int, Minute] = {}
        self.is_away = False

    def sums(self, minutes: Sequence[int]) -> Sums:
        if self.is_away:
            raise CannotSay("away")
        return {at: self.told[at] for at in minutes if at in self.told}


class Watch:
    def __init__(self) -> None:
        self.now = float(NOW_S)
        self.stores = Store("usage"), Store("traces")
        self.progress = Progress()
        self.watch = UsageWatch(self.stores, [self.progress], lambda: self.now)

    def look(self, after_s: float = 30.0) -> int:
        self.now += after_s
        self.progress.seen_at = self.now
        self.watch.look()
        return self.watch.counts.mismatches


@pytest.fixture
def watch() -> Watch:
    return Watch()


def tell(watch: Watch, minute: int, *nanos: int) -> None:
    for store, each in zip(watch.stores, nanos, strict=True):
        store.told[minute] = Minute(1, 0, each)


def test_what_agrees_is_counted_and_not_told(watch: Watch, caplog: pytest.LogCaptureFixture):
    tell(watch, NOW - 2, 7, 7)
    for _ in range(10):
        assert watch.look() == 0
    assert watch.watch.counts.checked >= 10
    assert not caplog.records


def test_a_difference_that_stays_is_told_once(watch: Watch, caplog: pytest.LogCaptureFixture):
    tell(watch, NOW - 2, 7, 8)
    assert watch.look() == 0, "a sink may be about to take it"
    for _ in range(60):
        assert watch.look() == 1
    assert "is not the sum of the traces" in caplog.text


def test_a_difference_that_goes_was_none(watch: Watch):
    tell(watch, NOW - 2, 7, 8)
    watch.look()
    tell(watch, NOW - 2, 8, 8)
    assert watch.look() == watch.look() == 0


def test_a_minute_that_only_one_store_knows_differs(watch: Watch):
    watch.stores[0].told[NOW - 2] = Minute(1, 0, 0)
    watch.look()
    assert watch.look() == 1


def test_while_a_sink_is_behind_nothing_is_compared(watch: Watch):
    tell(watch, NOW - 2, 7, 8)
    watch.progress.is_away = True
    for _ in range(5):
        assert watch.look() == 0
    assert watch.watch.counts.checked == 0


def test_a_store_that_cannot_be_asked_is_no_difference(watch: Watch):
    tell(watch, NOW - 2, 7, 8)
    watch.stores[1].is_away = True
    assert watch.look() == watch.look() == 0


def test_each_minute_is_looked_at_twice_in_its_life():
    comparison = Comparison()
    seen: list[int] = []
    for half in range(80):
        seen += comparison.due(NOW + half // 2)
    for minute in range(NOW, NOW + 18):
        assert sum(each == minute for each in set_of_looks(seen, minute)) >= 2


def set_of_looks(seen: list[int], minute: int) -> list[int]:
    return [each for each in seen if each == minute]


def test_the_files_agree_to_the_nano_and_where_one_lacks_a_record_they_do_not(journal: Journal, tmp_path: Path):
    journal.write(50)
    journal.write(status=503, cost_nanos=None)
    usage, traces = UsageFile(tmp_path / "usage.db"), TraceFile(tmp_path / "traces.db")
    with closing(Source(journal.directory, {})) as source, closing(usage), closing(traces):
        kept = source.next().kept
        usage.store(kept, {}, ())
        traces.store(kept, {}, ())
        stores = UsageSums(tmp_path / "usage.db"), TraceSums(tmp_path / "traces.db")
        of_usage, of_traces = (store.sums([NOW, NOW + 1]) for store in stores)
        assert of_usage == of_traces
        assert of_usage[NOW] == Minute(51, 1, 50 * 2_500)
        traces.run.execute("DELETE FROM traces WHERE id = 'req_3'")
        assert stores[1].sums([NOW]) != stores[0].sums([NOW])


def test_a_file_that_is_not_there_says_nothing(tmp_path: Path):
    with pytest.raises(CannotSay):
        UsageSums(tmp_path / "usage.db").sums([NOW])
