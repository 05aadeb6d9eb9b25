"""One sink's thread: whatever happens to the sink, all records come to it, in order, and once."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from gossamer.recorder import pump as pump_module
from gossamer.recorder.process import look_every_s
from gossamer.recorder.pump import GATHER_S, LOOK_EVERY_S, Pump
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


def test_only_what_somebody_waits_for_is_looked_for_more_often_than_once_a_second():
    every_s = {name: look_every_s(Named(name)) for name in ("traces", "metrics", "usage", "sessions", "audit", "otlp")}
    assert every_s.pop("traces") == every_s.pop("sessions") == LOOK_EVERY_S
    assert set(every_s.values()) == {GATHER_S}
    assert GATHER_S % LOOK_EVERY_S == 0, "they meet"


class Named(Memory):
    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name


@pytest.mark.parametrize(
    ("records", "took_s", "expected_s"),
    [
        (0, 0.0, 0.9),
        (1000, 0.0, 0.9),
        (1000, 0.5, 0.4),
        (1000, 0.9, 0.0),
        (1000, 3.0, 0.0),
        (9000, 0.0, 0.15),
        (9000, 0.2, 0.0),
    ],
    ids=["nothing", "a few", "a slow sink", "a slower one", "a very slow one", "many", "many for a slow sink"],
)
def test_when_the_next_look_is(
    journal: Journal, monkeypatch: pytest.MonkeyPatch, records: int, took_s: float, expected_s: float
):
    """A second after the last moment for all, or a quarter where there is much; at once where that has passed."""
    pump = Pump(Memory(), journal.directory, look_every_s=GATHER_S)
    looked_at = 1000.1
    pump._waited_at = looked_at - 1.0, 0
    pump.progress.records = records
    monkeypatch.setattr(time, "monotonic", lambda: looked_at + took_s)
    assert pump._until_next_look_s(looked_at) == pytest.approx(expected_s)
