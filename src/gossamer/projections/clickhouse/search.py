"""Searches the traces in ClickHouse. What is asked for is bound by ClickHouse; only our own words are statements."""

from typing import Final

import msgspec

from gossamer.core.record import Record
from gossamer.http.limits import CallTimeouts
from gossamer.projections.clickhouse.address import ClickHouseAddress
from gossamer.projections.clickhouse.client import ClickHouseAway, Client, Value
from gossamer.projections.clickhouse.schema import on_cluster
from gossamer.projections.traces.query import MOST_A_PAGE, Query
from gossamer.projections.traces.reader import TracesAway
from gossamer.projections.traces.trace import Trace

_RECORD: Final = msgspec.json.Decoder(Record)
_FOUND: Final = msgspec.json.Decoder(tuple[str, str])
_EQUAL: Final = ("key", "user", "agent", "model", "target", "session", "outcome")
_AT: Final = "fromUnixTimestamp64Micro({{{name}:Int64}}, 'UTC')"
_BOUNDS: Final = {
    "since_us": f"at >= {_AT.format(name='since_us')}",
    "until_us": f"at < {_AT.format(name='until_us')}",
    "status_least": "status >= {status_least:UInt16}",
    "status_most": "status <= {status_most:UInt16}",
    "cost_least_nanos": "cost_nanos >= {cost_least_nanos:Int64}",
    "total_least_us": "total_us >= {total_least_us:UInt64}",
}
_TEXT: Final = " OR ".join(
    f"positionCaseInsensitive({name}, {{text:String}}) > 0" for name in ("request_id", "path", "error", "content")
)
_SELECT: Final = "SELECT record, stages FROM traces"
_MOST_COPIES: Final = 2
"""Of a row that came twice and was not merged yet. They are told apart here, and more is asked for where they took the
place of others: `LIMIT 1 BY` would have all that is found read before the first is given.
"""
_FORMAT: Final = "FORMAT JSONCompactEachRow"
_MOST_S: Final = 9
"""Somebody waits; and the control path is given 10 s."""
_TIMEOUTS: Final = CallTimeouts(connect_s=2.0, first_byte_s=_MOST_S, idle_s=_MOST_S, total_s=_MOST_S)
_SETTINGS: Final = {"max_execution_time": _MOST_S, "output_format_json_quote_64bit_integers": 0}


class ClickHouseTraces:
    """A TraceReader. Connected for one question: nothing is held that a reload or a loop's end would have to close."""

    def __init__(self, address: ClickHouseAddress) -> None:
        self._address = address

    async def find(self, query: Query) -> list[Trace]:
        limit = min(query.limit, MOST_A_PAGE)
        rows = await self._read(*words_of(query, limit))
        if len(set(rows)) < min(limit, len(rows)):
            rows = await self._read(*words_of(query, _MOST_COPIES * limit))
        return [_trace(*row) for row in list(dict.fromkeys(rows))[:limit]]

    async def trace(self, trace_id: str) -> Trace | None:
        found = await self._read(f"{_SELECT} WHERE id = {{id:String}} LIMIT 1", {"id": trace_id})
        return _trace(*found[0]) if found else None

    async def several(self, ids: list[str]) -> list[Trace]:
        rows = await self._read(f"{_SELECT} WHERE has({{ids:Array(String)}}, id)", {"ids": ids})
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

    async def _read(self, words: str, values: dict[str, Value]) -> list[tuple[str, str]]:
        """Records and the names of their stages; copies stand beside each other."""
        client = Client(self._address, _TIMEOUTS)
        try:
            lines = await client.ask(f"{words} {_FORMAT}", values, _SETTINGS)
        except ClickHouseAway as error:
            raise TracesAway(f"ClickHouse at {self._address.shown}: {error}") from error
        finally:
            client.close()
        return _FOUND.decode_lines(lines)


def words_of(query: Query, most: int) -> tuple[str, dict[str, Value]]:
    """The statement, for so many rows and their copies, and what is bound in it."""
    terms = [f"{name} = {{{name}:String}}" for name in _EQUAL if getattr(query, name) is not None]
    terms += [term for name, term in _BOUNDS.items() if getattr(query, name) is not None]
    values: dict[str, Value] = {
        name: value for name in (*_EQUAL, *_BOUNDS) if (value := getattr(query, name)) is not None
    }
    if query.text is not None:
        terms.append(f"({_TEXT})")
        values["text"] = query.text
    is_newest = query.order == "newest"
    if query.after is not None:
        sign = "<" if is_newest else ">"
        # The first term is the second's own consequence, which ClickHouse does not see: it spares whole days.
        terms.append(f"at {sign}= {_AT.format(name='after_us')}")
        terms.append(f"(at, id) {sign} ({_AT.format(name='after_us')}, {{after_id:String}})")
        values |= {"after_us": query.after.at_us, "after_id": query.after.id}
    where = f" WHERE {' AND '.join(terms)}" if terms else ""
    direction = "DESC" if is_newest else "ASC"
    values["most"] = most
    order = f"ORDER BY at {direction}, id {direction}"
    # First which they are, by narrow columns; then the records of these alone, each of which has a granule unpacked.
    found = f"SELECT at, id FROM traces{where} {order} LIMIT {{most:UInt32}}"  # noqa: S608 - our own words
    return f"{_SELECT} WHERE (at, id) IN ({found}) {order}", values


def _trace(line: str, stages: str) -> Trace:
    data = line.encode()
    return Trace(_RECORD.decode(data), data, tuple(stages.split()))
