"""A statement that is asked all day: put into words once, and handed to the driver as it is.

SQLAlchemy takes several times as long over one as the database does. What it knows of columns and their types is used
all the same, so that values lie in them as they do everywhere.
"""

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeEngine

Processor = Callable[[Any], Any] | None


class Words:
    """One question, for one kind of database and one number of values."""

    def __init__(self, query: "sa.Select[Any]", many: str, count: int, dialect: Dialect) -> None:
        full = query.params({many: [b""] * count})
        compiled = full.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
        self.sql = str(compiled)
        self._names = [_plain(name, many) for name in compiled.positiontup or ()]
        self._many = many
        self._into = {name: _into(bind.type, dialect) for name, bind in compiled.binds.items()}
        columns = query.selected_columns
        self._row: Callable[..., Any] = namedtuple("Row", [column.key for column in columns])  # type: ignore[misc]
        self._out_of = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns]

    def values(self, many: Sequence[Any], others: Mapping[str, Any]) -> list[Any]:
        """In the order in which the statement wants them."""
        left = iter(_each(self._into[self._many], many))
        return [next(left) if name == self._many else _one(self._into[name], others[name]) for name in self._names]

    def rows(self, found: Sequence[Sequence[Any]]) -> list[Any]:
        """With the values as the columns' types have them."""
        return [self._row(*map(_one, self._out_of, row)) for row in found]


class Question:
    """`many`: the name of the parameter that is a list."""

    def __init__(self, query: "sa.Select[Any]", many: str) -> None:
        self._query = query
        self._many = many
        self._words: dict[tuple[str, int], Words] = {}

    def words(self, dialect: Dialect, count: int) -> Words:
        key = (dialect.name, count)
        found = self._words.get(key)
        if found is None:
            self._words[key] = found = Words(self._query, self._many, count, dialect)
        return found


def _plain(name: str, many: str) -> str:
    """`digests_1_1` is of `digests`."""
    return many if name.startswith(f"{many}_") else name


def _into(kind: TypeEngine[Any], dialect: Dialect) -> Processor:
    return kind.dialect_impl(dialect).bind_processor(dialect)


def _one(processor: Processor, value: Any) -> Any:
    return value if processor is None else processor(value)


def _each(processor: Processor, values: Sequence[Any]) -> Sequence[Any]:
    return values if processor is None else [processor(value) for value in values]
