"""From a query to statements. What is asked for is bound by ClickHouse; only our own words are written."""

from collections.abc import Sequence
from typing import Final

from gossamer.projections.clickhouse.client import Value
from gossamer.projections.clickhouse.windows import Window, order_word
from gossamer.projections.traces.query import Query

_EQUAL: Final = ("key", "user", "agent", "model", "target", "session", "outcome")
_AT: Final = "fromUnixTimestamp64Micro({{{name}:Int64}}, 'UTC')"
_BOUNDS: Final = {
    "status_least": "status >= {status_least:UInt16}",
    "status_most": "status <= {status_most:UInt16}",
    "cost_least_nanos": "cost_nanos >= {cost_least_nanos:Int64}",
    "total_least_us": "total_us >= {total_least_us:UInt64}",
}
_TEXT: Final = " OR ".join(
    f"positionCaseInsensitive({name}, {{text:String}}) > 0" for name in ("request_id", "path", "error", "content")
)
FORMAT: Final = "FORMAT JSONCompactEachRow"
DAYS: Final = (
    "SELECT toUnixTimestamp64Micro(min(at)), toUnixTimestamp64Micro(max(at)), count() "  # noqa: S608 - our own words
    f"FROM traces GROUP BY toDate(at) {FORMAT}"
)
"""ClickHouse knows this of its files, and reads none of them."""
SELECT: Final = "SELECT record, stages FROM traces"

Statement = tuple[str, dict[str, Value]]
"""And what is bound in it."""


def times_of(query: Query, window: Window, most: int) -> Statement:
    """When those traces of a window came that have what is wanted, the first so many. A narrow column alone is read:
    of each row more a granule of ids would have to be unpacked.
    """
    terms, values = _wanted(query)
    between, bound = _between(window.low_us, window.high_us)
    words = (
        f"SELECT toUnixTimestamp64Micro(at) FROM traces WHERE {_all(between + terms)} "  # noqa: S608 - the same
        f"ORDER BY at {order_word(query.order)} LIMIT {{most:UInt32}} {FORMAT}"
    )
    return words, values | bound | {"most": most}


def rows_of(query: Query, times: Sequence[int], most: int, *, by_id: bool) -> Statement:
    """The traces that came then and have what is wanted. By id, too: those of one moment in their order, and behind the
    trace to go on from. It costs a third more, and there are seldom two of a moment.
    """
    terms, values = _wanted(query)
    direction = order_word(query.order)
    # By the key: of each time one granule is read. An expression that is no subquery is no set.
    terms.append("at IN (SELECT fromUnixTimestamp64Micro(arrayJoin({times:Array(Int64)}), 'UTC'))")
    values |= {"times": list(times), "most": most}
    if by_id and query.after is not None:
        sign = "<" if query.order == "newest" else ">"
        terms.append(f"(at, id) {sign} ({_AT.format(name='after_us')}, {{after_id:String}})")
        values |= {"after_us": query.after.at_us, "after_id": query.after.id}
    order = f"at {direction}, id {direction}" if by_id else f"at {direction}"
    words = f"{SELECT} WHERE {_all(terms)} ORDER BY {order} LIMIT {{most:UInt32}} {FORMAT}"
    return words, values


def _wanted(query: Query) -> tuple[list[str], dict[str, Value]]:
    """All but when."""
    terms = [f"{name} = {{{name}:String}}" for name in _EQUAL if getattr(query, name) is not None]
    terms += [term for name, term in _BOUNDS.items() if getattr(query, name) is not None]
    values: dict[str, Value] = {
        name: value for name in (*_EQUAL, *_BOUNDS) if (value := getattr(query, name)) is not None
    }
    if query.text is not None:
        terms.append(f"({_TEXT})")
        values["text"] = query.text
    return terms, values


def _between(low_us: int | None, high_us: int | None) -> tuple[list[str], dict[str, Value]]:
    terms: list[str] = []
    values: dict[str, Value] = {}
    for name, sign, value in (("low_us", ">=", low_us), ("high_us", "<", high_us)):
        if value is not None:
            terms.append(f"at {sign} {_AT.format(name=name)}")
            values[name] = value
    return terms, values


def _all(terms: Sequence[str]) -> str:
    return " AND ".join(terms) or "1"
