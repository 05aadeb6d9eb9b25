"""The sums of a few minutes, from each store that has them."""

import asyncio
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Protocol

from gossamer.projections.clickhouse.address import ClickHouseAddress
from gossamer.projections.clickhouse.client import ClickHouseAway, Client
from gossamer.projections.clickhouse.state import read_state
from gossamer.projections.file import reading
from gossamer.projections.traces.trace import US_PER_S
from gossamer.projections.usage.sums import FAILED, S_PER_MINUTE
from gossamer.recorder.usage_check.compare import Minute, Sums

US_PER_MINUTE: Final = S_PER_MINUTE * US_PER_S
_OF_USAGE: Final = "SELECT sum(requests), sum(failed), sum(cost_nanos) FROM minutes WHERE at = ?"
_OF_TRACES: Final = f"""
    SELECT count(*), sum(status >= {FAILED}), sum(ifnull(cost_nanos, 0)) FROM traces WHERE at_us >= ? AND at_us < ?
"""  # noqa: S608 - a number of ours
# A row that came twice and is not merged yet is one: `FINAL` sees to that.
_OF_ROWS: Final = f"""
    SELECT count(), countIf(status >= {FAILED}), sum(ifNull(cost_nanos, 0)) FROM traces FINAL
    WHERE node = {{node:String}} AND at >= toDateTime({{minute:Int64}} * 60, 'UTC')
    AND at < toDateTime({{minute:Int64}} * 60 + 60, 'UTC') FORMAT TSV
"""  # noqa: S608 - a number of ours
_OF_VIEW: Final = """
    SELECT sum(requests), sum(failed), sum(cost_nanos) FROM usage_by_minute
    WHERE node = {node:String} AND minute = toDateTime({minute:Int64} * 60, 'UTC') FORMAT TSV
"""


class CannotSay(Exception):
    """Not now."""


class SumsStore(Protocol):
    name: str

    def sums(self, minutes: Sequence[int]) -> Sums:
        """Raises CannotSay."""


class UsageSums:
    name = "usage"

    def __init__(self, path: Path) -> None:
        self._path = path

    def sums(self, minutes: Sequence[int]) -> Sums:
        return _in_file(self._path, _OF_USAGE, {at: (at,) for at in minutes})


class TraceSums:
    name = "traces"

    def __init__(self, path: Path) -> None:
        self._path = path

    def sums(self, minutes: Sequence[int]) -> Sums:
        values = {at: (at * US_PER_MINUTE, (at + 1) * US_PER_MINUTE) for at in minutes}
        return _in_file(self._path, _OF_TRACES, values)


class ClickHouseSums:
    """Of this node; `words` is of its rows, or of the view over them."""

    def __init__(self, name: str, words: str, address: ClickHouseAddress, state: Path) -> None:
        self.name = name
        self._words = words
        self._address = address
        self._state = state

    def sums(self, minutes: Sequence[int]) -> Sums:
        try:
            return asyncio.run(self._ask(minutes))
        except (ClickHouseAway, OSError) as error:
            raise CannotSay(str(error)) from error

    async def _ask(self, minutes: Sequence[int]) -> Sums:
        node = read_state(self._state, self._address.shown).node
        client = Client(self._address)
        try:
            told = {at: await client.ask(self._words, {"node": node, "minute": at}) for at in minutes}
        finally:
            client.close()
        return {at: _minute(row.split()) for at, row in told.items()}


def in_clickhouse(address: ClickHouseAddress, state: Path) -> list[SumsStore]:
    return [
        ClickHouseSums("traces", _OF_ROWS, address, state),
        ClickHouseSums("usage_by_minute", _OF_VIEW, address, state),
    ]


def _in_file(path: Path, words: str, values: Mapping[int, tuple[int, ...]]) -> Sums:
    try:
        with reading(path) as file:
            if file is None:
                raise CannotSay(f"{path} is not there yet")
            return {at: _minute(file.execute(words, bound).fetchone()) for at, bound in values.items()}
    except sqlite3.Error as error:
        raise CannotSay(str(error)) from error


def _minute(row: Sequence[int | bytes | None]) -> Minute:
    return Minute(*(int(value or 0) for value in row))
