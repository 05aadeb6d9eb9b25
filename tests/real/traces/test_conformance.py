"""What holds for traces wherever they are stored: each once, whole, and found by whatever one looks for."""

import asyncio

import pytest

from gossamer.core.record import Content
from gossamer.projections.clickhouse import windows as windows_module
from gossamer.projections.traces import query as query_module
from gossamer.projections.traces import search as search_module
from gossamer.projections.traces.query import Place, Query
from tests.real.traces.conftest import Store
from tests.unit.recorder.conftest import STAGES

AT_S = 1_800_000_000
US = 1_000_000


async def test_each_record_is_a_trace_as_it_was_written(store: Store):
    store.journal.write(3, error='it\'s \\ a "mess"\n\tof {x:String} €', at=AT_S + 0.123457)
    await asyncio.to_thread(store.draw)
    traces = await store.reader.find(Query())
    assert [trace.record.id for trace in traces] == ["req_2", "req_1", "req_0"]
    assert traces[0].stages == STAGES
    assert traces[0].at_us == AT_S * US + 123457
    assert traces[0].record.error == 'it\'s \\ a "mess"\n\tof {x:String} €'
    assert b'"id":"req_2"' in traces[0].data


async def test_what_is_drawn_in_pieces_is_there_once(store: Store):
    for count in (1, 30, 80, 1):
        store.journal.write(count)
        await asyncio.to_thread(store.draw)
    assert await store.numbers(limit=200) == list(range(112))


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"key": "k2"}, [2]),
        ({"user": "u3"}, [3]),
        ({"agent": "a4"}, [4]),
        ({"model": "large"}, [5]),
        ({"target": "local/other"}, [6]),
        ({"outcome": "client_gone"}, [7]),
        ({"status_least": 400}, [7, 8]),
        ({"status_most": 499, "since_us": (AT_S + 6) * US}, [6, 7, 9, 10, 11, 12, 13]),
        ({"status_least": 503, "status_most": 503}, [8]),
        ({"cost_least_nanos": 10**9}, [9]),
        ({"cost_least_nanos": 0, "since_us": (AT_S + 11) * US}, [11, 13]),
        ({"total_least_us": 60 * US}, [10]),
        ({"text": "50%_off"}, [11]),
        ({"text": "the Capital of"}, [13]),
        ({"text": "ODD \\ tab\t'"}, [8]),
        ({"since_us": (AT_S + 10) * US}, [10, 11, 12, 13]),
        ({"until_us": (AT_S + 2) * US}, [14, 0, 1]),
        ({"since_us": (AT_S + 3) * US, "until_us": (AT_S + 6) * US, "model": "large"}, [5]),
        ({"session": "s14"}, [14]),
        ({"session": "s14", "key": "nobody's"}, []),
        ({"key": "nobody's"}, []),
        ({"key": "' OR ''='"}, []),
    ],
)
async def test_what_one_looks_for_is_found(store: Store, asked: dict[str, object], expected: list[int]):
    write = store.journal.write
    write(2)
    write(key="k2")
    write(user="u3")
    write(agent="a4")
    write(model="large")
    write(target="local/other")
    write(outcome="client_gone", status=499)
    write(status=503, error="it went odd \\ tab\t' wrong")
    write(cost_nanos=10**9)
    write(total_ns=60 * 10**9)
    write(request_id="50%_off")
    write(cost_nanos=None)
    write(content=Content("a", "b", "what is the capital of France?", "Paris"))
    write(session="s14", cost_nanos=None, at=AT_S - 1.0)
    await asyncio.to_thread(store.draw)
    assert await store.numbers(**asked) == expected


@pytest.mark.parametrize("order", ["newest", "oldest"])
async def test_pages_follow_each_other_without_a_gap(store: Store, order: str):
    store.journal.write(10, at=float(AT_S))  # all in one microsecond
    store.journal.write(15, at=AT_S + 86_400.5)  # and on another day
    store.journal.write(5)
    await asyncio.to_thread(store.draw)
    seen, after = [], None
    while page := await store.reader.find(Query(limit=4, after=after, order=order)):  # type: ignore[arg-type]
        seen += [(trace.at_us, trace.record.id) for trace in page]
        after = Place(*seen[-1])
    assert len(set(seen)) == 30
    assert seen == sorted(seen, reverse=order == "newest")


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits, and little is looked at before somebody would have to."""
    monkeypatch.setattr(windows_module, "FIRST_ROWS", 7)
    monkeypatch.setattr(windows_module, "FIRST_ROWS_OF_TEXT", 7)
    monkeypatch.setattr(search_module, "NEAREST", 7)
    monkeypatch.setattr(query_module, "PATIENCE_S", 0.0)
    monkeypatch.setattr(query_module, "PATIENCE_WITH_TEXT_S", 0.0)


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("order", ["newest", "oldest"])
@pytest.mark.parametrize("asked", [{"text": "went ODD"}, {"key": "k", "status_least": 400}, {"key": "nobody's"}, {}])
async def test_pages_for_which_nobody_waits_follow_each_other_too(store: Store, order: str, asked: dict[str, object]):
    for number in range(9):
        store.journal.write(5)
        store.journal.write(key="k", status=500, error="it went odd")
        store.journal.write(number, at=float(AT_S), key="k", status=500, error="it went odd")  # all in one microsecond
    await asyncio.to_thread(store.draw)
    whole = await store.reader.find(Query(limit=200, order=order, **asked))  # type: ignore[arg-type]
    expected = [(trace.at_us, trace.record.id) for trace in whole]
    assert len(expected) == (90 if not asked else 45 if "nobody's" not in asked.values() else 0)
    seen, after, pages = [], None, 0
    while True:
        page = await store.reader.page(Query(limit=4, after=after, order=order, **asked))  # type: ignore[arg-type]
        seen += [(trace.at_us, trace.record.id) for trace in page.traces]
        pages += 1
        assert page.rest != after, "it does not go on"
        after = page.rest
        if after is None:
            break
    assert seen == expected
    assert pages > 4, "nothing was cut"


async def test_a_page_that_has_all_of_it_says_so(store: Store):
    store.journal.write(5, key="k")
    await asyncio.to_thread(store.draw)
    page = await store.reader.page(Query(key="k"))
    assert (len(page.traces), page.rest) == (5, None)
    page = await store.reader.page(Query(key="k", limit=3))
    assert page.rest == page.traces[-1].place


async def test_one_is_read_by_its_id(store: Store):
    store.journal.write(3)
    await asyncio.to_thread(store.draw)
    one = await store.reader.trace("req_1")
    assert one is not None
    assert one.record.seq == 1
    assert await store.reader.trace("req_9") is None


async def test_what_is_erased_is_found_no_more(store: Store):
    store.journal.write(5)
    await asyncio.to_thread(store.draw)
    (third,) = [trace for trace in await store.reader.find(Query()) if trace.record.seq == 3]
    await store.reader.erase([third.record.id, "req_of_nobody"])
    assert await store.numbers() == [0, 1, 2, 4]
    assert await store.reader.trace(third.record.id) is None
