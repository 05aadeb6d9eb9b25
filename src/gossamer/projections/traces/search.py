"""Searches `traces.db` without ever writing to it, beside the recorder that does."""

from pathlib import Path
from typing import Final

import msgspec

from gossamer.core.record import Record
from gossamer.projections.file import reading
from gossamer.projections.traces.query import MOST_A_PAGE, Query
from gossamer.projections.traces.trace import Trace

_RECORD: Final = msgspec.json.Decoder(Record)
_EQUAL: Final = ("key", "user", "agent", "model", "target", "outcome")
_BOUNDS: Final = {
    "since_us": "at_us >= ?",
    "until_us": "at_us < ?",
    "status_least": "status >= ?",
    "status_most": "status <= ?",
    "cost_least_nanos": "cost_nanos >= ?",
    "total_least_us": "total_us >= ?",
}
_FAILED: Final = 400
_SELECT: Final = "SELECT record, names FROM traces LEFT JOIN stages ON stages.n = traces.stages"


class TraceSearch:
    def __init__(self, path: Path) -> None:
        self._path = path

    def find(self, query: Query) -> list[Trace]:
        """In the order asked for. sqlite3.Error where the file cannot be read."""
        words, values = _words(query)
        return self._read(words, values)

    def trace(self, trace_id: str) -> Trace | None:
        found = self._read(f"{_SELECT} WHERE id = ?", [trace_id])
        return found[0] if found else None

    def _read(self, words: str, values: list[object]) -> list[Trace]:
        with reading(self._path) as file:
            if file is None:
                return []
            return [
                Trace(_RECORD.decode(data), data, tuple(names.split())) for data, names in file.execute(words, values)
            ]


_TEXT: Final = (
    "(request_id LIKE ? ESCAPE '\\' OR path LIKE ? ESCAPE '\\' OR error LIKE ? ESCAPE '\\' "
    "OR id IN (SELECT id FROM contents WHERE text LIKE ? ESCAPE '\\'))"
)


def _words(query: Query) -> tuple[str, list[object]]:
    terms: list[str] = []
    values: list[object] = []

    def add(term: str, *given: object) -> None:
        terms.append(term)
        values.extend(given)

    for name in _EQUAL:
        if (value := getattr(query, name)) is not None:
            add(f"{name} = ?", value)
    for name, term in _BOUNDS.items():
        if (value := getattr(query, name)) is not None:
            add(term, value)
    if query.status_least is not None and query.status_least >= _FAILED:
        add(f"status >= {_FAILED}")  # as the partial index has it, so that it is taken
    if query.text is not None:
        like = f"%{_escaped(query.text)}%"
        add(_TEXT, like, like, like, like)
    is_newest = query.order == "newest"
    if query.after is not None:
        add(f"(at_us, id) {'<' if is_newest else '>'} (?, ?)", query.after.at_us, query.after.id)
    where = f" WHERE {' AND '.join(terms)}" if terms else ""
    direction = "DESC" if is_newest else "ASC"
    values.append(min(query.limit, MOST_A_PAGE))
    return f"{_SELECT}{where} ORDER BY at_us {direction}, id {direction} LIMIT ?", values


def _escaped(text: str) -> str:
    for special in ("\\", "%", "_"):
        text = text.replace(special, f"\\{special}")
    return text
