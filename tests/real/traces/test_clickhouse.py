"""ClickHouse: each record once, in the traces and in the sums, whatever is killed when."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace

from gossamer.cli.probe_traces import probe_traces
from gossamer.journal.writer import JournalWriter
from gossamer.projections.clickhouse import schema
from gossamer.projections.clickhouse.search import ClickHouseTraces
from gossamer.projections.replays import Order
from gossamer.projections.traces.query import Query
from gossamer.projections.traces.reader import TracesAway
from gossamer.recorder.batch import Batch
from gossamer.recorder.clickhouse.sink import TRUST_S, ClickHouseSink
from gossamer.recorder.pump import Pump
from gossamer.recorder.sink import SinkAway
from gossamer.recorder.source import Source
from gossamer.recorder.usage_check.compare import Minute
from gossamer.recorder.usage_check.stores import in_clickhouse as sums_in_clickhouse
from tests.real.clickhouse import ClickHouse
from tests.real.traces.conftest import Store, clickhouse_sink, in_clickhouse
from tests.unit.recorder.conftest import STAGES, Journal

COST = 2_500
WITHIN_S = 60


@pytest.fixture
def store(database: str, journal: Journal) -> Iterator[Store]:
    made = in_clickhouse(database, journal)
    yield made
    made.sink.close()


def link(store: Store):
    assert isinstance(store.sink, ClickHouseSink)
    store.sink.open()
    return store.sink.link


def counts(store: Store) -> tuple[int, int, int]:
    """Rows of traces, requests and nano-dollars in the sums."""
    asked = link(store)
    rows = asked.ask("SELECT count() FROM traces FORMAT TSV", {})
    sums = asked.ask("SELECT sum(requests), sum(cost_nanos) FROM usage_by_minute FORMAT TSV", {})
    store.sink.close()
    return (int(rows), *map(int, sums.split()))  # type: ignore[return-value]


def of(count: int) -> tuple[int, int, int]:
    return count, count, count * COST


def first_batch(store: Store) -> Batch:
    with closing(Source(store.journal.directory, store.sink.open())) as source:
        return source.next()


def settle(store: Store) -> None:
    """As a sink that has caught up: it is sure of what comes next."""
    store.draw()


class Broken(Exception):
    """Where a process would have died."""


def dies_after_insert(sink: ClickHouseSink) -> None:
    insert = sink.link.insert

    def broken(*args: object) -> None:
        insert(*args)  # type: ignore[arg-type]
        raise Broken

    sink.link.insert = broken  # type: ignore[method-assign,assignment]


def test_an_insert_that_was_done_and_not_acknowledged_is_done_once(store: Store):
    settle(store)
    store.journal.write(40)
    assert isinstance(store.sink, ClickHouseSink)
    batch = first_batch(store)
    dies_after_insert(store.sink)
    with pytest.raises(Broken):
        store.sink.take(batch)
    store.journal.write(20)  # so the next batch is a larger one
    again = in_clickhouse_again(store)
    again.draw()
    assert counts(again) == of(60)


def test_an_insert_whose_note_was_not_written_over_is_done_once(store: Store):
    settle(store)
    store.journal.write(40)
    store.sink.take(first_batch(store))
    again = in_clickhouse_again(store, is_killed=True)
    again.journal.write(20)
    again.draw()
    assert counts(again) == of(60)


def test_an_insert_that_was_noted_and_never_sent_is_sent(store: Store):
    settle(store)
    store.journal.write(40)
    batch = first_batch(store)

    def dies(*args: object) -> None:
        raise Broken

    store.sink.link.insert = dies  # type: ignore[union-attr,method-assign]
    with pytest.raises(Broken):
        store.sink.take(batch)
    again = in_clickhouse_again(store)
    again.draw()
    assert counts(again) == of(40)


def in_clickhouse_again(store: Store, *, is_killed: bool = False) -> Store:
    """The sink of the next process."""
    assert isinstance(store.sink, ClickHouseSink)
    if is_killed:
        store.sink._is_behind = False  # what is on the disk stays as it is
    data_dir = store.journal.directory.parent
    fresh = ClickHouseSink(store.sink._address, data_dir / "clickhouse.bin", 1e9, 1e9)
    store.sink.close()
    return Store(fresh, store.reader, store.journal)


def test_a_batch_that_is_sent_twice_counts_once_even_where_tokens_are_forgotten(store: Store):
    settle(store)
    store.journal.write(40)
    assert isinstance(store.sink, ClickHouseSink)
    batch = first_batch(store)
    dies_after_insert(store.sink)
    with pytest.raises(Broken):
        store.sink.take(batch)
    again = in_clickhouse_again(store)
    assert isinstance(again.sink, ClickHouseSink)
    again.sink._clock = lambda: time.time() + TRUST_S + 1
    again.draw(most=7)  # nor is it the same batch
    assert counts(again) == of(40)


def test_a_lost_note_of_positions_counts_nothing_twice(store: Store):
    store.journal.write(60)
    store.draw()
    (store.journal.directory.parent / "clickhouse.bin").unlink()
    store.journal.write(10)
    store.draw(most=25)
    assert counts(store) == of(70)


def test_a_row_that_clickhouse_cannot_take_is_told_and_nothing_of_its_batch_is_stored(store: Store):
    settle(store)
    store.journal.write(10)
    batch = first_batch(store)
    odd = replace(batch.kept[3], record=replace(batch.kept[3].record, status="no number"))
    with pytest.raises(ValueError, match="ClickHouse"):
        store.sink.take(replace(batch, kept=[*batch.kept[:3], odd, *batch.kept[4:]]))
    assert counts(store) == of(0)
    store.draw()
    assert counts(store) == of(10)


def test_one_row_a_request_and_columns_as_the_record_has_them(store: Store):
    store.journal.write(key="k", user="u", agent="a", status=503, cost_nanos=None, target=None)
    store.journal.write(cost_nanos=None)
    store.draw()
    words = (
        "SELECT node != '', status, key, user, agent, model, target, input, output, cost_nanos, unpriced,"
        " toUnixTimestamp(at) FROM traces ORDER BY at FORMAT TSV"
    )
    rows = link(store).ask(words, {}).decode().splitlines()
    assert rows[0].split("\t") == ["1", "503", "k", "u", "a", "small", "", "10", "5", "\\N", "0", "1800000000"]
    assert rows[1].split("\t")[-2:] == ["1", "1800000001"]
    words = "SELECT sum(requests), sum(failed), sum(input), sum(unpriced) FROM usage_by_minute FORMAT TSV"
    assert link(store).ask(words, {}).split() == [b"2", b"1", b"20", b"1"]


def test_tables_are_made_once_and_those_of_a_later_release_left_alone(store: Store):
    steps = "SELECT max(version), count() FROM gossamer_schema FORMAT TSV"
    assert link(store).ask(steps, {}) == b"%d\t1\n" % len(schema.STEPS)
    link(store).ask("INSERT INTO gossamer_schema (version) VALUES (99)", {})
    with pytest.raises(SinkAway, match="later release"):
        store.sink.open()


def test_how_long_things_are_kept_follows_the_settings(store: Store):
    where = "database = currentDatabase() AND name = {name:String}"
    words = f"SELECT create_table_query FROM system.tables WHERE {where} FORMAT TSVRaw"  # noqa: S608 - a test's own
    sink = store.sink
    assert isinstance(sink, ClickHouseSink)
    sink.open()
    assert b"TTL toDateTime(at) + toIntervalSecond(1000000000)" in sink.link.ask(words, {"name": "traces"})
    sink.keep_s, sink.keep_minutes_s = 3600.0, 60.0
    sink.rest()
    assert b"TTL toDateTime(at) + toIntervalSecond(3600)" in sink.link.ask(words, {"name": "traces"})
    assert b"TTL minute + toIntervalSecond(60)" in sink.link.ask(words, {"name": "usage_by_minute"})
    asked: list[str] = []
    ask = sink.link._asked.ask

    async def noting(statement: str, *args: object) -> bytes:
        asked.append(statement)
        return await ask(statement, *args)  # type: ignore[arg-type]

    sink.link._asked.ask = noting  # type: ignore[method-assign,assignment]
    sink.link.keep_for(3600.0, 60.0)
    assert not [each for each in asked if "ALTER" in each], "it was told already"


def test_a_replay_mends_what_is_gone_and_counts_nothing_twice(store: Store):
    store.journal.write(100)
    store.draw()
    asked = link(store)
    asked.ask("DELETE FROM traces WHERE at >= toDateTime(1800000040, 'UTC')", {}, {"lightweight_deletes_sync": 2})
    assert int(asked.ask("SELECT count() FROM traces FORMAT TSV", {})) == 40
    asked.ask("INSERT INTO usage_by_minute SELECT * FROM usage_by_minute", {})  # and sums that are twice what they were
    assert isinstance(store.sink, ClickHouseSink)
    with closing(Source(store.journal.directory, {})) as source:
        outcome = store.sink.rebuild(Order(), [source.next().kept])
    assert (outcome.read, outcome.kept) == (100, 0)
    assert counts(store) == of(100)
    store.sink.open()
    with closing(Source(store.journal.directory, {})) as source:
        some = source.next().kept[30:]
    assert store.sink.rebuild(Order(), [some]).kept == 30
    assert counts(store) == of(100)
    store.sink.open()
    store.sink.rebuild(Order(is_strict=True), [some])
    assert counts(store) == of(70)


def test_traces_and_their_sums_agree_for_whoever_compares_them(store: Store):
    store.journal.write(50)
    store.draw()
    assert isinstance(store.sink, ClickHouseSink)
    state = store.journal.directory.parent / "clickhouse.bin"
    minute = 1_800_000_000 // 60
    told = [each.sums([minute, minute + 1]) for each in sums_in_clickhouse(store.sink._address, state)]
    assert told[0] == told[1] == {minute: Minute(50, 0, 50 * COST), minute + 1: Minute()}


def test_nodes_share_tables_and_each_mends_its_own(store: Store, database: str, tmp_path: Path):
    store.journal.write(30)
    store.draw()
    beside = Journal(tmp_path / "beside" / "journal")
    beside.seq = 500  # its requests are others
    beside.write(20)
    other = Store(clickhouse_sink(database, tmp_path / "beside"), store.reader, beside)
    other.draw()
    beside.writer.close()
    assert counts(store) == of(50)
    other.sink.open()
    other.sink.rebuild(Order(is_strict=True), [])
    other.sink.close()
    assert counts(store) == of(30)


# --- an engine of its own, that is killed ---


@pytest.fixture
def own_clickhouse(tmp_path: Path) -> Iterator[ClickHouse]:
    server = ClickHouse(tmp_path / "engine")
    server.start()
    try:
        yield server
    finally:
        if server._process is not None:
            server.stop()


@contextmanager
def pumping(store: Store) -> Iterator[Pump]:
    pump = Pump(store.sink, store.journal.directory, look_every_s=0.01)
    pump.start()
    try:
        yield pump
    finally:
        pump.end()
        pump.join(WITHIN_S)


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN_S
    while not holds():
        assert time.monotonic() < deadline, "did not happen"
        time.sleep(0.02)


def test_an_engine_that_is_killed_again_and_again_has_each_record_once(own_clickhouse: ClickHouse, tmp_path: Path):
    journal = Journal(tmp_path / "journal")
    journal.writer.close()  # another one has room for what nobody takes for a while
    journal.writer = JournalWriter(journal.directory, 0, 1 << 20, 1 << 30, pytest.fail, stages=STAGES)
    store = in_clickhouse(own_clickhouse.url(), journal)
    is_over = threading.Event()

    def write() -> None:
        while not is_over.is_set():
            journal.write(20)
            time.sleep(0.01)

    writer = threading.Thread(target=write)
    with pumping(store) as pump:
        eventually(lambda: pump.progress.records == journal.seq)
        writer.start()
        for _ in range(3):
            seen = pump.progress.records
            eventually(lambda seen=seen: pump.progress.records > seen)  # type: ignore[misc]
            own_clickhouse.kill()
            eventually(lambda: pump.progress.is_away)
            with pytest.raises(TracesAway, match="ClickHouse at"):
                asyncio.run(store.reader.find(Query()))
            own_clickhouse.start()
            eventually(lambda: not pump.progress.is_away)
        is_over.set()
        writer.join(WITHIN_S)
        eventually(lambda: pump.progress.records == journal.seq)
    assert pump.progress.left_out == 0
    journal.writer.close()
    assert counts(store) == of(journal.seq)


def test_the_doctor_says_how_it_is(own_clickhouse: ClickHouse, journal: Journal):
    url = own_clickhouse.url()
    found = probe_traces(url)
    assert found.word == "ok"
    assert "makes its tables" in found.text
    store = in_clickhouse(url, journal)
    store.draw()
    assert "with tables of version" in probe_traces(url).text
    refused = probe_traces(url.replace("gossamer:", "nobody:"))
    assert (refused.word, "password" in refused.text) == ("fail", True)
    assert "s3%20cret" not in refused.text
    own_clickhouse.kill()
    away = probe_traces(url)
    assert (away.word, "is it up?" in away.text) == ("fail", True)


def test_who_searches_what_is_away_is_told(journal: Journal):
    from gossamer.projections.clickhouse.address import parse_clickhouse_url

    reader = ClickHouseTraces(parse_clickhouse_url("clickhouse://127.0.0.1:1/none"))
    with pytest.raises(TracesAway, match="ClickHouse at http://127.0.0.1:1/none"):
        asyncio.run(reader.trace("one"))


async def test_copies_that_are_not_merged_yet_take_nobodys_place_on_a_page(store: Store):
    store.journal.write(20)
    await asyncio.to_thread(store.draw)

    def copy() -> None:
        asked = link(store)
        asked.ask("SYSTEM STOP MERGES traces", {})
        asked.ask("INSERT INTO traces SELECT * FROM traces WHERE id < 'req_15'", {}, {"insert_deduplicate": 0})
        store.sink.close()

    await asyncio.to_thread(copy)
    assert await store.numbers(order="newest", limit=8) == list(range(19, 11, -1))
    assert await store.numbers(limit=3) == [0, 1, 2]
    assert await store.numbers(limit=50) == list(range(20))
