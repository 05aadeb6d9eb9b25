"""How values lie in a column, the same from SQLite and Postgres: times, text, and small structures as JSON text."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from gossamer.control.store.errors import Unfit


class Moment(TypeDecorator[datetime]):
    """A time in UTC, to the microsecond. SQLite keeps it as text that sorts as it should."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        value = value.astimezone(UTC)
        return value if dialect.name == "postgresql" else value.replace(tzinfo=None)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        moment: datetime = value if dialect.name == "postgresql" else value.replace(tzinfo=UTC)
        return moment


class Words(TypeDecorator[str]):
    """Text as it is. What only one of the two databases would take is refused for both."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, _: Dialect) -> str | None:
        if value is not None and "\0" in value:
            raise Unfit("text must not have a NUL character in it: leave it out")
        return value


class Packed(TypeDecorator[Any]):
    """A structure of one kind, as JSON text: nobody searches in it, and it is read and written whole."""

    impl = sa.Text
    cache_ok = True

    def __init__(self, kind: Any) -> None:
        super().__init__()
        self.kind = kind
        self._decoder = msgspec.json.Decoder(kind)

    def process_bind_param(self, value: Any, _: Dialect) -> str | None:
        return None if value is None else msgspec.json.encode(value, order="deterministic").decode()

    def process_result_value(self, value: Any, _: Dialect) -> Any:
        return None if value is None else self._decoder.decode(value)

    def coerce_compared_value(self, op: Any, value: Any) -> TypeEngine[Any]:  # noqa: ARG002 - as the base class has it
        return self
