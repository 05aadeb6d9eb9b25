"""Searches the traces in ClickHouse: first when there are any, in windows that grow, then the rows of one page.

What holds of a page: all that is wanted between its beginning and its `rest` is on it, each once.
"""

from collections.abc import Mapping
from operator import itemgetter
from time import monotonic
from typing import Final

import msgspec
from msgspec.structs import replace

from gossamer.core.record import Record
from gossamer.http.limits import CallTimeouts
from gossamer.projections.clickhouse import statements
from gossamer.projections.clickhouse.address import ClickHouseAddress
from gossamer.projections.clickhouse.client import ClickHouseAway, Client, Value
from gossamer.projections.clickhouse.schema import on_cluster
from gossamer.projections.clickhouse.statements import DAYS, FORMAT, SELECT
from gossamer.projections.clickhouse.windows import Day, Windows
from gossamer.projections.traces.query import MOST_A_PAGE, Query
from gossamer.projections.traces.reader import TracesAway
from gossamer.projections.traces.trace import Trace, TracePage

_RECORD: Final = msgspec.json.Decoder(Record)
_ROW: Final = msgspec.json.Decoder(tuple[str, str])
_DAY: Final = msgspec.json.Decoder(Day)
_TIME: Final = msgspec.json.Decoder(tuple[int])
_PLACE: Final = itemgetter(0, 1)
_MOST_COPIES: Final = 2
"""Of a row that came twice and was not merged yet. They are told apart here: `LIMIT 1 BY` would have all that is found
read before the first is given. Where there are more, the page is short.
"""
_MOST_S: Final = 9
"""Somebody waits; and the control path is given 10 s."""
_TIMEOUTS: Final = CallTimeouts(connect_s=2.0, first_byte_s=_MOST_S, idle_s=_MOST_S, total_s=_MOST_S)
_SETTINGS: Final = {"max_execution_time": _MOST_S, "output_format_json_quote_64bit_integers": 0}
_UNSKIPPED: Final = _SETTINGS | {"use_skip_indexes": 0}
"""What is in each of the first files is not worth an index: to ask it takes longer than to read a narrow column."""


class ClickHouseTraces:
    """A TraceReader. Connected for one question: nothing is held that a reload or a loop's end would have to close."""

    def __init__(self, address: ClickHouseAddress) -> None:
        self._address = address

    async def find(self, query: Query) -> list[Trace]:
        limit = min(query.limit, MOST_A_PAGE)
        found: list[Trace] = []
        after = query.after
        while len(found) < limit:
            page = await self._page(replace(query, after=after, limit=limit - len(found)), None)
            found += page.traces
            after = page.rest
            if after is None:
                break
        return found

    async def page(self, query: Query) -> TracePage:
        return await self._page(replace(query, limit=min(query.limit, MOST_A_PAGE)), query.patience_s)

    async def trace(self, trace_id: str) -> Trace | None:
        async with _Asking(self._address) as asking:
            found = await asking.rows(f"{SELECT} WHERE id = {{id:String}} LIMIT 1 {FORMAT}", {"id": trace_id})
        return _trace(*found[0]) if found else None

    async def several(self, ids: list[str]) -> list[Trace]:
        async with _Asking(self._address) as asking:
            rows = await asking.rows(f"{SELECT} WHERE id IN {{ids:Array(String)}} {FORMAT}", {"ids": ids})
        return [_trace(*row) for row in dict.fromkeys(rows)]

    async def erase(self, ids: list[str]) -> None:
        """Written anew without them, before this returns; ClickHouse removes the old files within minutes."""
        words = f"ALTER TABLE traces {on_cluster(self._address)} DELETE WHERE has({{ids:Array(String)}}, id)"
        client = Client(self._address)
        try:
            await client.ask(words, {"ids": ids}, {"mutations_sync": 2})
        except ClickHouseAway as error:
            raise TracesAway(f"ClickHouse at {self._address.shown}: {error}") from error
        finally:
            client.close()

    async def _page(self, query: Query, within_s: float | None) -> TracePage:
        async with _Asking(self._address) as asking:
            began = monotonic()
            days = _DAY.decode_lines(await asking.ask(DAYS, {}))
            left_s = None if within_s is None else within_s - (monotonic() - began)
            # Behind a trace: the time at which that came is within, and found once more.
            windows = Windows(days, query, query.limit + bool(query.after and query.after.id), left_s)
            times = await _times(asking, query, windows)
            if not times:
                return TracePage([], windows.rest)
            most = _MOST_COPIES * query.limit
            moments = list(dict.fromkeys(times))
            rows = await asking.rows(*statements.rows_of(query, moments, most, by_id=False), _UNSKIPPED)
            if len(rows) == most:  # which of the last moment they are is chance
                rows = await asking.rows(*statements.rows_of(query, moments, most, by_id=True), _UNSKIPPED)
        traces = _in_order(query, [_trace(*row) for row in dict.fromkeys(rows)])[: query.limit]
        is_cut = len(traces) == query.limit or len(rows) == most
        return TracePage(traces, traces[-1].place if is_cut else windows.rest)


async def _times(asking: "_Asking", query: Query, windows: Windows) -> list[int]:
    """When the traces of the page came; of some of them there may be more than one."""
    times: list[int] = []
    while (window := windows.next()) is not None:
        began = monotonic()
        most = windows.limit - len(times)
        words, values = statements.times_of(query, window, most)
        data = await asking.ask(words, values, _SETTINGS if windows.has_found_none else _UNSKIPPED)
        found = [time for (time,) in _TIME.decode_lines(data)]
        windows.saw(window, found, monotonic() - began, is_cut=len(found) == most)
        times += found
    return times


class _Asking:
    """One question, of several statements."""

    def __init__(self, address: ClickHouseAddress) -> None:
        self._address = address
        self._client = Client(address, _TIMEOUTS)

    async def __aenter__(self) -> "_Asking":
        return self

    async def __aexit__(self, *error: object) -> None:
        self._client.close()

    async def ask(
        self, words: str, values: Mapping[str, Value], settings: Mapping[str, str | int] = _SETTINGS
    ) -> bytes:
        try:
            return await self._client.ask(words, values, settings)
        except ClickHouseAway as error:
            raise TracesAway(f"ClickHouse at {self._address.shown}: {error}") from error

    async def rows(
        self, words: str, values: Mapping[str, Value], settings: Mapping[str, str | int] = _SETTINGS
    ) -> list[tuple[str, str]]:
        """Records and the names of their stages."""
        return _ROW.decode_lines(await self.ask(words, values, settings))


def _in_order(query: Query, traces: list[Trace]) -> list[Trace]:
    """Without those that are not behind the trace to go on from, though they came in its moment."""
    is_newest = query.order == "newest"
    placed = sorted(((trace.at_us, trace.record.id, trace) for trace in traces), key=_PLACE, reverse=is_newest)
    if query.after is None:
        return [trace for _, _, trace in placed]
    after = (query.after.at_us, query.after.id)
    return [each[2] for each in placed if (each[:2] < after if is_newest else each[:2] > after)]


def _trace(line: str, stages: str) -> Trace:
    data = line.encode()
    return Trace(_RECORD.decode(data), data, tuple(stages.split()))
