"""From a query to the words of SQL that hold for traces and for blocks. Values in, values out.

Names come from our own lists: nothing from outside becomes a statement.
"""

from typing import Final, NamedTuple

from gossamer.projections.traces.blocks import DEAR, MARKED, SLOW
from gossamer.projections.traces.query import Query

_EQUAL: Final = tuple(name for name in MARKED if name in Query.__struct_fields__)
_BOUNDS: Final = {
    "status_least": "status >= ?",
    "status_most": "status <= ?",
    "cost_least_nanos": "cost_nanos >= ?",
    "total_least_us": "total_us >= ?",
}
_TIMES: Final = {"since_us": "at_us >= ?", "until_us": "at_us < ?"}
_OF_BLOCKS: Final = {
    "since_us": "last_us >= ?",
    "until_us": "first_us < ?",
    "cost_least_nanos": "dearest_nanos >= ?",
    "total_least_us": "slowest_us >= ?",
}
_ANYWHERE: Final = (
    "(request_id LIKE ? ESCAPE '\\' OR path LIKE ? ESCAPE '\\' OR error LIKE ? ESCAPE '\\' "
    "OR EXISTS (SELECT 1 FROM contents WHERE contents.id = traces.id AND text LIKE ? ESCAPE '\\'))"
)
_MARK: Final = "n IN (SELECT block FROM marks WHERE kind = ? AND value BETWEEN ? AND ?)"

MOST_BITS: Final = 64
"""Of a number in SQLite."""
_HIGHEST: Final = 999
"""No status is above."""


class Wanted(NamedTuple):
    """A mark that a trace must have: of this kind, with a value from one to the other."""

    kind: str
    least: int | str
    most: int | str


class Terms(NamedTuple):
    """All of them must hold."""

    terms: tuple[str, ...] = ()
    values: tuple[int | str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.terms)

    def __add__(self, others: "Terms") -> "Terms":  # type: ignore[override]  # not as tuples are
        return Terms(self.terms + others.terms, self.values + others.values)

    @property
    def words(self) -> str:
        return " AND ".join(self.terms) or "1"


def terms_of_place(query: Query) -> Terms:
    """From when to when, and behind which trace."""
    found = _given(query, _TIMES)
    if query.after is not None:
        sign = "<" if query.order == "newest" else ">"
        found += Terms((f"(at_us, id) {sign} (?, ?)",), (query.after.at_us, query.after.id))
    return found


def terms_of_traces(query: Query) -> Terms:
    """Everything else that is wanted of them."""
    found = _given(query, {name: f"{name} = ?" for name in _EQUAL} | _BOUNDS)
    if query.text is not None:
        like = f"%{_escaped(query.text)}%"
        found += Terms((_ANYWHERE,), (like, like, like, like))
    return found


def terms_of_blocks(query: Query) -> Terms:
    """What a block must have, so that one of its traces can be wanted."""
    found = _given(query, _OF_BLOCKS)
    for wanted in marks_of(query):
        found += Terms((_MARK,), wanted)
    if query.after is not None:
        found += Terms(("first_us <= ?" if query.order == "newest" else "last_us >= ?",), (query.after.at_us,))
    return found


def marks_of(query: Query) -> list[Wanted]:
    """Each of them must be there."""
    given = [(name, getattr(query, name)) for name in _EQUAL]
    found = [Wanted(name, value, value) for name, value in given if value is not None]
    if query.status_least is not None or query.status_most is not None:
        found.append(Wanted("status", query.status_least or 0, query.status_most or _HIGHEST))
    if query.total_least_us is not None:
        found.append(Wanted(SLOW, query.total_least_us.bit_length(), MOST_BITS))
    if query.cost_least_nanos:
        found.append(Wanted(DEAR, query.cost_least_nanos.bit_length(), MOST_BITS))
    return found


def _given(query: Query, terms: dict[str, str]) -> Terms:
    given = {term: value for name, term in terms.items() if (value := getattr(query, name)) is not None}
    return Terms(tuple(given), tuple(given.values()))


def _escaped(text: str) -> str:
    for special in ("\\", "%", "_"):
        text = text.replace(special, f"\\{special}")
    return text
