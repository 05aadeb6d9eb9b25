"""One sink's thread: whatever happens to the sink, all records come to it, in order, and once."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from gossamer.recorder import pump as pump_module
from gossamer.recorder.pump import Pump
from tests.unit.recorder.conftest import Journal, Memory

WITHIN_S = 20


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pump_module, "FIRST_PAUSE_S", 0.001)
    monkeypatch.setattr(pump_module, "LONGEST_PAUSE_S", 0.01)


@contextmanager
def running(journal: Journal, sink: Memory) -> Iterator[Pump]:
    pump = Pump(sink, journal.directory, look_every_s=0.001)
    pump.start()
    try:
        yield pump
    finally:
        pump.end()
        pump.join(WITHIN_S)
        assert not pump.is_alive()


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN_S
    while not holds():
        assert time.monotonic() < deadline, "did not happen"
        time.sleep(0.001)


def all_ids(journal: Journal) -> list[str]:
    return [f"req_{number}" for number in range(journal.seq)]


def test_what_is_written_while_it_runs_comes(journal: Journal):
    sink = Memory()
    with running(journal, sink) as pump:
        for count in (1, 30, 5):
            journal.write(count)
            eventually(lambda: sink.ids == all_ids(journal))
    assert pump.progress.records == 36
    assert pump.progress.failures == 0


def test_what_was_written_before_the_end_comes_before_the_end(journal: Journal):
    sink = Memory()
    with running(journal, sink):
        journal.write(50)
    assert sink.ids == all_ids(journal)


@pytest.mark.parametrize("how", ["fails_to_open", "fails_to_take"])
def test_a_sink_that_was_away_gets_all_and_nothing_twice(journal: Journal, how: str, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO)
    sink = Memory()
    setattr(sink, how, 3)
    journal.write(10)
    with running(journal, sink) as pump:
        eventually(lambda: sink.ids == all_ids(journal))
        journal.write(10)
        eventually(lambda: sink.ids == all_ids(journal))
        eventually(lambda: not pump.progress.is_away)
    assert pump.progress.failures == 3
    said = [record.getMessage() for record in caplog.records]
    assert sum("is away" in text for text in said) == 1, "once, however long it takes"
    assert sum("is back" in text for text in said) == 1


def test_a_defect_of_one_sink_is_logged_and_does_not_end_it(journal: Journal, caplog: pytest.LogCaptureFixture):
    sink = Memory()
    sink.breaks = [KeyError("a defect")]
    journal.write(10)
    with running(journal, sink):
        eventually(lambda: sink.ids == all_ids(journal))
    assert "met a defect" in caplog.text


def test_a_record_that_a_sink_stumbles_over_is_left_out_and_said(journal: Journal, caplog: pytest.LogCaptureFixture):
    sink = Memory()
    sink.stumbles_over = "req_7"
    journal.write(20)
    with running(journal, sink) as pump:
        expected = [each for each in all_ids(journal) if each != "req_7"]
        eventually(lambda: sink.ids == expected)
        journal.write(5)
        eventually(lambda: len(sink.ids) == 24)
    assert pump.progress.left_out == 1
    assert "cannot take the record req_7" in caplog.text


def test_an_end_that_is_asked_for_while_the_sink_is_away_does_not_wait_for_it(journal: Journal):
    sink = Memory()
    sink.fails_to_open = 1_000_000
    journal.write(10)
    with running(journal, sink) as pump:
        eventually(lambda: pump.progress.is_away)
    assert sink.ids == []


def test_sinks_do_not_wait_for_each_other(journal: Journal):
    stuck, well = Memory(), Memory()
    hold = threading.Event()
    stuck.take = lambda _: hold.wait(WITHIN_S)  # type: ignore[assignment,method-assign]
    with running(journal, stuck), running(journal, well):
        journal.write(100)
        eventually(lambda: well.ids == all_ids(journal))
        hold.set()
