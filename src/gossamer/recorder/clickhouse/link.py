"""The sink's own line to ClickHouse: the same client as elsewhere, on a loop of its own in the sink's thread."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, TypeVar

from gossamer.http.loop import new_loop
from gossamer.projections.clickhouse import schema
from gossamer.projections.clickhouse.address import ClickHouseAddress
from gossamer.projections.clickhouse.client import ClickHouseAway, ClickHouseRefused, Client
from gossamer.projections.clickhouse.rows import INSERT, rows_of
from gossamer.projections.traces.trace import Trace
from gossamer.recorder.sink import SinkAway

T = TypeVar("T")
_UNFIT: Final = frozenset({6, 26, 27, 33, 41, 43, 53, 69, 72, 117, 130, 131, 321, 407})
"""Codes of ClickHouse for a row that it cannot take: what was sent is at fault, and nothing of it is stored."""
_IDS_A_TIME: Final = 400
"""They stand in the request's line: some 15 KB."""
_SETTINGS: Final = {
    "async_insert": 0,
    "insert_deduplicate": 1,
    "deduplicate_blocks_in_dependent_materialized_views": 1,
}
"""What is sent twice is stored once, in the sums too, and stored when it is acknowledged."""
_OF_NODE: Final = "WHERE node = {node:String}"
_SINCE: Final = "fromUnixTimestamp64Micro({since:Int64}, 'UTC')"
_US_PER_MINUTE: Final = 60_000_000
_DELETE: Final = {"mutations_sync": 2, "lightweight_deletes_sync": 2}


class RowsRefused(ValueError):
    """ClickHouse cannot take one of the rows, and has taken none."""


class ClickHouseLink:
    def __init__(self, address: ClickHouseAddress) -> None:
        self._address = address
        self._runner: asyncio.Runner | None = None
        self._client: Client | None = None

    def open(self, traces_s: float, minutes_s: float) -> None:
        """Reach it, and see that the tables are there. Raises SinkAway."""
        self.close()
        self._runner = asyncio.Runner(loop_factory=new_loop)
        self._client = client = Client(self._address)

        async def prepare() -> None:
            await schema.bring_up(client)
            await schema.keep_for(client, traces_s, minutes_s)

        self._run(prepare)

    def keep_for(self, traces_s: float, minutes_s: float) -> None:
        self._run(lambda: schema.keep_for(self._asked, traces_s, minutes_s))

    def insert(self, traces: Sequence[Trace], node: str, token: str) -> None:
        """Raises SinkAway, or RowsRefused."""
        settings = _SETTINGS | {"insert_deduplication_token": token}
        data = rows_of(traces, node)
        self._run(lambda: self._asked.insert(INSERT, data, settings))

    def known(self, ids: Sequence[str]) -> set[str]:
        """Which of them are there already."""
        words = "SELECT id FROM traces WHERE id IN {ids:Array(String)} FORMAT TSVRaw"
        found: set[str] = set()
        for start in range(0, len(ids), _IDS_A_TIME):
            some = list(ids[start : start + _IDS_A_TIME])
            found.update(self._run(lambda some=some: self._asked.ask(words, {"ids": some})).decode().split())  # type: ignore[misc]
        return found

    def forget_traces(self, node: str, since_us: int) -> None:
        self.ask(f"DELETE FROM traces {_OF_NODE} AND at >= {_SINCE}", {"node": node, "since": since_us}, _DELETE)  # noqa: S608 - our own names

    def count_traces(self, node: str, since_us: int) -> int:
        words = f"SELECT uniqExact(id) FROM traces {_OF_NODE} AND at >= {_SINCE} FORMAT TSV"  # noqa: S608 - our own names
        return int(self.ask(words, {"node": node, "since": since_us}))

    def sum_anew(self, node: str, since_us: int) -> None:
        """The sums of this node from the next whole minute on, from its traces."""
        values: dict[str, str | int] = {"node": node, "since": -(-since_us // _US_PER_MINUTE) * _US_PER_MINUTE}
        self.ask(f"DELETE FROM usage_by_minute {_OF_NODE} AND minute >= {_SINCE}", values, _DELETE)  # noqa: S608 - the same
        source = f"(SELECT * FROM traces FINAL {_OF_NODE} AND at >= {_SINCE})"  # noqa: S608 - the same
        self.ask(f"INSERT INTO usage_by_minute {schema.summed(source)}", values, {"insert_deduplicate": 0})

    def ask(
        self, words: str, values: Mapping[str, str | int], settings: Mapping[str, str | int] | None = None
    ) -> bytes:
        return self._run(lambda: self._asked.ask(words, values, settings))

    def close(self) -> None:
        if self._client is not None and self._runner is not None:
            self._client.close()
            self._runner.run(asyncio.sleep(0))  # the sockets are closed in the next turn
            self._runner.close()
        self._client = self._runner = None

    # --- inside ---

    @property
    def _asked(self) -> Client:
        assert self._client is not None
        return self._client

    def _run(self, work: Callable[[], Awaitable[T]]) -> T:
        assert self._runner is not None

        async def whole() -> T:
            return await work()

        try:
            return self._runner.run(whole())
        except ClickHouseRefused as error:
            if error.code in _UNFIT:
                raise RowsRefused(f"ClickHouse: {error}") from error
            raise self._away(error) from error
        except (ClickHouseAway, schema.WrongSchema) as error:
            raise self._away(error) from error

    def _away(self, error: Exception) -> SinkAway:
        return SinkAway(f"ClickHouse at {self._address.shown}: {error}")
