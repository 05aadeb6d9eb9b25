"""What stands in a running gateway's journal and is no record is set aside, counted and reported; the rest goes on."""

import asyncio
import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import msgspec
import pytest
from msgspec.structs import replace

from gossamer.core.record import Record
from gossamer.journal.aside import Aside, aside_of
from gossamer.journal.lines import end_of_lines
from gossamer.journal.marks import FORMAT, Footer, Header, SegmentName, render_mark
from gossamer.journal.reader import UNFINISHED
from gossamer.journal.reading import BROKEN
from gossamer.journal.shelf import segment_names
from gossamer.projections.paths import traces_path, usage_path
from gossamer.projections.traces.query import Query
from gossamer.projections.traces.search import TraceSearch
from gossamer.projections.usage.report import Asked, report
from tests.system.gateway import TOKEN, Gateway, eventually, start_gateway
from tests.system.raw_client import RawClient

ASK = {"model": "mock/mock", "messages": [{"role": "user", "content": "hi"}]}
FAR = 1 << 40
"""A minute that nobody lives to see."""
ASKED = 20
GARBLED = {
    "text": b"this is no JSON",
    "cut short": b'{"id":"req_cut","at":1800000000.5,"worker":0,"seq":7,"meth',
    "of another kind": b'{"id":7}',
    "an array": b"[1,2,3]",
    "no text at all": b'{"id":"\xff\xfe"}',
    "nothing": b"",
}
"""Whole lines, each in a segment that is complete."""
HOLE = (b"", b"half a line, and no end")
"""What is told of it: where it ends, and what stands behind it."""
IN_THE_TAIL = b'{"id":"req_tail","at":'
"""With an end; and then the same without one."""


@pytest.fixture
def gateway(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    config = {
        "providers": {"mock": {"kind": "mock", "mock": {"ttft": "0s", "gap": "0s"}}},
        "keys": [{"name": "test", "token": TOKEN}],
        "log": {"format": "text"},
    }
    with start_gateway(tmp_path, config) as made:
        monkeypatch.setattr(made, "records", list)  # which holds that there is nothing else in the journal
        yield made


async def ask(gateway: Gateway) -> None:
    async with RawClient(gateway.port, TOKEN) as client:
        for _ in range(ASKED):
            await client.send("POST", "/v1/chat/completions", ASK)
            assert (await client.answer()).status == 200


def test_the_rest_is_counted_stored_and_searched(gateway: Gateway):
    journal = gateway.data_dir / "journal"
    asyncio.run(ask(gateway))
    eventually(lambda: len(traces(gateway)) == ASKED)
    plant_closed_segments(journal, traces(gateway)[0])
    expected = ASKED + len(GARBLED) + 3
    eventually(lambda: len(traces(gateway)) == expected)
    plant_in_the_tail(gateway)
    eventually(lambda: f"cut off {len(IN_THE_TAIL)} bytes" in gateway.log)
    asyncio.run(ask(gateway))
    expected += ASKED
    pieces = len(GARBLED) + len(HOLE) + 1
    eventually(lambda: len(traces(gateway)) == expected)
    eventually(lambda: metric(gateway, "gossamer_records_garbled_total") == pieces)
    eventually(lambda: metric(gateway, "gossamer_requests_total") == expected)
    eventually(lambda: used(gateway) == expected)
    assert metric(gateway, "gossamer_records_dropped_total") == 0
    assert metric(gateway, "gossamer_sink_failures_total") == 0
    found = [piece for each in Aside(aside_of(journal)).pieces().values() for piece in each]
    kept = sorted(piece.data for piece in found)
    assert kept == sorted([*GARBLED.values(), *HOLE, IN_THE_TAIL, IN_THE_TAIL])
    assert {BROKEN, UNFINISHED} <= {piece.reason for piece in found}
    assert "the journal holds what is no record; the rest is read" in gateway.log


def plant_closed_segments(journal: Path, like: Record) -> None:
    """Of a worker that lived before: one with garbled lines among good ones, one with a hole, and one that is well."""
    life = min(name.life for name in segment_names(journal)) - 1
    header = render_mark(Header(FORMAT, 0, 1, 1.0, "1"))

    def good(seq: int) -> bytes:
        return msgspec.json.encode(replace(like, id=f"req_planted-{seq}", request_id="", seq=seq)) + b"\n"

    lines = [line for seq, line in enumerate(GARBLED.values()) for line in (good(seq), line + b"\n")]
    footer = render_mark(Footer(FORMAT, 1.0, len(GARBLED)))
    of_first, of_second, of_third = (good(len(GARBLED) + number) for number in range(3))
    segments = [
        b"".join([header, *lines, footer]),
        header + of_first + b"\0" * 5000 + HOLE[1] + b"\0" * 100,
        header + of_second + of_third + footer,
    ]
    for number, data in enumerate(segments):
        beside = journal / f"planted-{number}"
        beside.write_bytes(data)
        beside.rename(journal / str(SegmentName(0, life, number)))


def plant_in_the_tail(gateway: Gateway) -> None:
    """As by a worker that goes mad, and dies over a line."""
    (worker,) = gateway.workers
    os.kill(worker, signal.SIGSTOP)
    journal = gateway.data_dir / "journal"
    newest = max(
        (name for name in segment_names(journal) if has_begun(journal / str(name))), key=lambda name: name.life
    )
    fd = os.open(journal / str(newest), os.O_RDWR)
    try:
        os.pwrite(fd, IN_THE_TAIL + b"\n" + IN_THE_TAIL, end_of_lines(fd))
    finally:
        os.close(fd)
    os.kill(worker, signal.SIGKILL)


def has_begun(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(1) == b"{"


def traces(gateway: Gateway) -> list[Record]:
    return [trace.record for trace in TraceSearch(traces_path(gateway.data_dir)).find(Query(limit=200))]


def used(gateway: Gateway) -> int:
    return sum(row.sums.requests for row in report(usage_path(gateway.data_dir), Asked(since=0, until=FAR)))


def metric(gateway: Gateway, name: str) -> int:
    """Over all labels."""
    with urlopen(f"{gateway.url}/metrics", timeout=30) as answer:  # noqa: S310 - our own server's
        page = answer.read().decode()
    return round(sum(map(float, re.findall(rf"^{name}(?:{{.*}})? (\S+)$", page, re.MULTILINE))))
