"""Audit events in a topic of Kafka: all of them, whatever goes and comes back, and told apart where one comes twice."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gossamer.cli.main import main
from gossamer.journal.writer import JournalWriter
from gossamer.projections.audit import topic as topic_module
from gossamer.projections.audit.event import ChangeEvent, RequestEvent
from gossamer.projections.audit.topic import TopicAway, TopicWriter
from gossamer.recorder import pump as pump_module
from gossamer.recorder.audit.topic_sink import AuditTopicSink
from gossamer.recorder.batch import Source
from gossamer.recorder.pump import Pump
from gossamer.recorder.sink import SinkAway
from tests.real.brokers import Brokers, running_brokers
from tests.system.process_figures import tell
from tests.unit.recorder.conftest import Journal

WITHIN_S = 60.0
REQUESTS = 3_000


class Changes:
    def __init__(self) -> None:
        self.all: list[ChangeEvent] = []

    def make(self, **sides: object) -> None:
        number = len(self.all) + 1
        change = ChangeEvent(f"chg_{number}", 1.0, "n", "changes", number, "operator", "key.create", **sides)  # type: ignore[arg-type]
        self.all.append(change)

    def next(self, taken: int) -> list[ChangeEvent]:
        return [change for change in self.all if change.seq > taken]

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def brokers() -> Iterator[Brokers]:
    with running_brokers() as brokers:
        yield brokers


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    made = Journal(tmp_path / "journal")
    made.writer.close()
    made.writer = JournalWriter(made.directory, 0, 1 << 20, 1 << 26, pytest.fail)  # nothing of it is removed
    yield made
    made.writer.close()


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Gives up sooner, so that a test sees it often."""
    monkeypatch.setattr(topic_module, "ASK_S", 0.5)
    monkeypatch.setattr(topic_module, "FLUSH_S", 1.0)
    monkeypatch.setattr(topic_module, "_OPTIONS", topic_module._OPTIONS | {"message.timeout.ms": 800})
    monkeypatch.setattr(pump_module, "LONGEST_PAUSE_S", 0.2)


def a_sink(brokers: Brokers, tmp_path: Path, changes: Changes) -> AuditTopicSink:
    (tmp_path / "audit").mkdir(exist_ok=True)
    return AuditTopicSink(TopicWriter(brokers.access), changes, tmp_path / "audit", "n")  # type: ignore[arg-type]


@contextmanager
def pumping(sink: AuditTopicSink, journal: Journal) -> Iterator[Pump]:
    pump = Pump(sink, journal.directory, look_every_s=0.01)
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
        time.sleep(0.01)


def ids(lines: Sequence[bytes]) -> list[str]:
    return [msgspec.json.decode(line)["id"] for line in lines]


def test_all_comes_while_the_broker_goes_and_returns(brokers, journal, tmp_path, soon, capsys):
    changes = Changes()
    with pumping(a_sink(brokers, tmp_path, changes), journal) as pump:
        for _ in range(4):
            journal.write(REQUESTS // 8)
            changes.make()
            eventually(lambda: pump.progress.records >= journal.seq - REQUESTS // 8)
            failures = pump.progress.failures
            brokers.go()
            journal.write(REQUESTS // 8)
            eventually(lambda: pump.progress.failures > failures)  # noqa: B023 - waits at once
            brokers.come_back()
        eventually(lambda: pump.progress.records >= journal.seq)
    found = ids(brokers.events())
    expected = {f"req_{number}" for number in range(journal.seq)} | {change.id for change in changes.all}
    tell(
        f"a broker went 4 times: {journal.seq} requests and {len(changes.all)} changes, {len(found)} events, "
        f"{len(set(found))} of them different, {len(expected - set(found))} missing"
    )
    assert set(found) == expected


def test_an_event_has_its_id_as_its_key(brokers, journal, tmp_path):
    from confluent_kafka import Consumer, TopicPartition

    journal.write(3)
    with closing(Source(journal.directory, {})) as source:
        sink = a_sink(brokers, tmp_path, Changes())
        sink.open()
        sink.take(source.next())
        sink.close()
    consumer = Consumer({**brokers.access.options(), "group.id": "t", "auto.offset.reset": "earliest"})
    consumer.assign([TopicPartition(brokers.access.address.topic, number, 0) for number in range(3)])
    found: list[Any] = []
    while len(found) < 3:
        found += consumer.consume(10, 0.2)
    consumer.close()
    values = [(message.key(), msgspec.json.decode(message.value() or b"", type=RequestEvent)) for message in found]
    assert all(key == event.id.encode() for key, event in values)


def test_what_was_taken_is_behind_whoever_opens_again(brokers, journal, tmp_path):
    changes = Changes()
    for count in (3, 40):
        journal.write(count)
        changes.make()
        sink = a_sink(brokers, tmp_path, changes)
        with closing(Source(journal.directory, sink.open())) as source:
            while batch := source.next(7):
                sink.take(batch)
        sink.close()
    found = ids(brokers.events())
    assert sorted(found) == sorted([f"req_{number}" for number in range(43)] + ["chg_1", "chg_2"])


def test_while_the_broker_is_away_nothing_piles_up(brokers, journal, tmp_path, soon):
    journal.write(2000)
    sink = a_sink(brokers, tmp_path, Changes())
    with closing(Source(journal.directory, sink.open())) as source:
        batch = source.next()
    brokers.go()
    before = 0
    for number in range(12):
        with pytest.raises(SinkAway):
            sink.take(batch)
        sink.close()
        sink._writer._producer = sink._writer._made()  # without asking whether the broker is there
        if number == 3:  # what is allocated once is allocated by now
            before = resident_bytes()
    sink.close()
    grown = resident_bytes() - before
    tell(f"8 batches of {len(batch)} that nobody took: {grown / 1024:.0f} KiB more")
    assert grown < 8 * sum(len(kept.data) for kept in batch.kept) / 4


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_a_request_that_no_message_can_hold_is_left_out_and_the_rest_comes(brokers, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(topic_module, "_OPTIONS", topic_module._OPTIONS | {"message.max.bytes": 5000})
    journal = Journal(tmp_path / "journal")
    journal.write(2)
    journal.write(1, model="m" * 6000)
    journal.write(2)
    with pumping(a_sink(brokers, tmp_path, Changes()), journal) as pump:
        eventually(lambda: pump.progress.records >= 5)
    journal.writer.close()
    assert pump.progress.left_out == 1
    assert "req_2, which is left out" in caplog.text
    assert set(ids(brokers.events())) == {"req_0", "req_1", "req_3", "req_4"}


def test_a_change_that_no_message_can_hold_comes_without_its_sides(brokers, tmp_path, monkeypatch):
    monkeypatch.setattr(topic_module, "_OPTIONS", topic_module._OPTIONS | {"message.max.bytes": 5000})
    changes = Changes()
    changes.make(after={"name": "n" * 6000})
    sink = a_sink(brokers, tmp_path, changes)
    sink.open()
    sink.rest()
    sink.close()
    (line,) = brokers.events()
    event = msgspec.json.decode(line, type=ChangeEvent)
    assert (event.id, event.action, event.after) == ("chg_1", "key.create", None)


PUMP = """
import sys
from pathlib import Path
from typing import Any
from gossamer.projections.audit.access import TopicAccess
from gossamer.projections.audit.address import parse_topic_url
from gossamer.projections.audit.topic import TopicWriter
from gossamer.recorder.audit.changes import ChangeSource
from gossamer.recorder.audit.topic_sink import AuditTopicSink
from gossamer.recorder.pump import Pump

home = Path(sys.argv[2])
writer = TopicWriter(TopicAccess(address=parse_topic_url(sys.argv[1])))
Pump(AuditTopicSink(writer, ChangeSource(home, "n"), home / "audit", "n"), home / "journal").run()
"""


def test_whoever_is_killed_leaves_nothing_out(brokers, journal, tmp_path):
    chance = random.Random()
    for _ in range(8):
        journal.write(100)
        command = [sys.executable, "-c", PUMP, brokers.url, str(tmp_path)]
        with subprocess.Popen(command, cwd=Path.cwd()) as process:
            killer = threading.Timer(chance.uniform(0.3, 1.2), process.kill)
            killer.start()
            assert process.wait() == -signal.SIGKILL
    with pumping(a_sink(brokers, tmp_path, Changes()), journal) as pump:
        sent_before = set(ids(brokers.events()))
        eventually(lambda: len(sent_before) + pump.progress.records >= journal.seq)
    found = ids(brokers.events())
    tell(f"killed 8 times: {journal.seq} requests, {len(found)} events, {len(found) - len(set(found))} of them doubles")
    assert set(found) == {f"req_{number}" for number in range(journal.seq)}


# --- the commands ---


@pytest.fixture
def config(tmp_path: Path, brokers: Brokers, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "gossamer.yaml"
    path.write_text(f"audit: {brokers.url}\nserver: {{port: 0}}\n")
    return path


def put(brokers: Brokers, *numbers: int) -> None:
    writer = TopicWriter(brokers.access)
    writer.open()
    line = '{{"type":"request","id":"r{0}","node":"n","life":"0-a","seq":{0}}}'
    writer.send((f"r{number}", line.format(number).encode()) for number in numbers)
    writer.close()


def test_the_monitor_reads_all_partitions_and_finds_gaps_and_doubles(brokers, config, capsys):
    put(brokers, *range(1, 200))
    assert main(["audit", "monitor", "--once", "--json"]) == 0
    put(brokers, 7, 205)
    assert main(["audit", "monitor", "--once", "--json"]) == 1
    report = msgspec.json.decode(capsys.readouterr().out.splitlines()[-1])
    assert report["events"] == {"request": 201}
    assert (report["doubles"], report["missing"]) == (1, 5)
    assert report["gaps"] == [{"life": "n/0-a", "first": 200, "last": 204}]


def test_a_topic_that_cannot_be_read_is_told(brokers, config, capsys, soon):
    brokers.go()
    assert main(["audit", "monitor", "--once"]) == 2
    assert "Connection refused" in capsys.readouterr().err


def test_doctor_asks_for_the_topic(brokers, config, capsys, soon):
    main(["doctor"])
    assert "has the topic agent_audit_events, with 3 partitions" in capsys.readouterr().out
    brokers.go()
    assert main(["doctor"]) == 1
    assert "Connection refused" in capsys.readouterr().out


def test_without_the_client_it_is_told_what_to_install(brokers, monkeypatch):
    monkeypatch.setitem(sys.modules, "confluent_kafka", None)
    with pytest.raises(TopicAway, match=r"gossamer\[kafka\]"):
        TopicWriter(brokers.access).open()
