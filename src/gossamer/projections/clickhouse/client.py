"""Asks a ClickHouse over HTTP. One statement a request; values are bound by ClickHouse itself, never written into it.

Belongs to the event loop in which it first asks; several questions may be under way at once.
"""

import asyncio
from collections.abc import Mapping
from functools import lru_cache
from ssl import SSLContext
from typing import Final
from urllib.parse import quote, urlencode

from gossamer.http.call import Call
from gossamer.http.connect import Connector
from gossamer.http.errors import CallFailed
from gossamer.http.heads import ResponseHead
from gossamer.http.limits import JOIN_BYTES, CallTimeouts, PoolLimits
from gossamer.http.pool import Pool
from gossamer.http.tls import client_context
from gossamer.http.turn import Turn
from gossamer.projections.clickhouse.address import ClickHouseAddress

TIMEOUTS: Final = CallTimeouts(connect_s=3.0, first_byte_s=15.0, idle_s=15.0, total_s=30.0)
"""An insert takes milliseconds; what takes so long will not come."""
_LIMITS: Final = PoolLimits(connections=4, waiting=64, keep_s=2.0)
"""ClickHouse closes a connection that is not used for 3 s, or 10 s."""
_MOST_ANSWER_BYTES: Final = 256 * 1024 * 1024
_MOST_WORDS: Final = 300
"""Of what ClickHouse says of a mistake: the rest is its stack."""
_WAIT_FOR_ALL: Final = {"wait_end_of_query": "1"}
"""Else a mistake in the middle of an answer comes with status 200."""
_ESCAPES: Final = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\0": "\\0"})

Value = str | int | list[str] | list[int]


class ClickHouseAway(Exception):
    """It cannot be reached, or cannot do this now."""


class ClickHouseRefused(ClickHouseAway):
    """It answered, and said no. `code` is ClickHouse's own."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


class Client:
    def __init__(self, address: ClickHouseAddress, timeouts: CallTimeouts = TIMEOUTS) -> None:
        self.address = address
        self._timeouts = timeouts
        self._pool: Pool | None = None
        user = _latin(address.user), _latin(address.password)
        self._lines = b"host: %b\r\nx-clickhouse-user: %b\r\nx-clickhouse-key: %b\r\n" % (
            address.origin.host_header, *user,
        )  # fmt: skip

    async def ask(
        self,
        statement: str,
        values: Mapping[str, Value] | None = None,
        settings: Mapping[str, str | int] | None = None,
        *,
        database: str | None = None,
    ) -> bytes:
        """What it answers, in the format that the statement names. Raises ClickHouseAway."""
        bound = {f"param_{name}": _text(value) for name, value in (values or {}).items()}
        return await self._send(bound | _WAIT_FOR_ALL | _plain(settings), statement.encode(), database)

    async def insert(self, statement: str, data: bytes, settings: Mapping[str, str | int]) -> None:
        """Acknowledged when it returns. Raises ClickHouseAway."""
        await self._send({"query": statement} | _WAIT_FOR_ALL | _plain(settings), data, None)

    def close(self) -> None:
        if self._pool is not None:
            self._pool.close()
            self._pool = None

    # --- inside ---

    async def _send(self, query: dict[str, str], body: bytes, database: str | None) -> bytes:
        if self._pool is None:
            self._pool = _pool(self.address)
        query["database"] = self.address.database if database is None else database
        target = urlencode(query, quote_via=quote)
        head = b"POST /?%b HTTP/1.1\r\n%bcontent-length: %d\r\n\r\n" % (target.encode(), self._lines, len(body))
        answer = _Answer()
        is_small = len(body) <= JOIN_BYTES
        call = Call(head + body if is_small else head, answer, self._timeouts)
        if not is_small:
            call.more = body
        self._pool.send(call)
        try:
            answered, data = await answer.done
        except CallFailed as error:
            raise ClickHouseAway(str(error)) from error
        finally:
            call.cancel()
        return _checked(answered, data)


def _pool(address: ClickHouseAddress) -> Pool:
    tls = _context(address.trust) if address.origin.is_tls else None
    return Pool(
        Connector(address.origin, tls=tls, connect_s=TIMEOUTS.connect_s), _LIMITS, Turn(asyncio.get_running_loop())
    )


@lru_cache(maxsize=4)
def _context(trust: bool | str) -> SSLContext:
    return client_context(trust)


def _checked(head: ResponseHead, data: bytes) -> bytes:
    if head.status == 200:
        return data
    text = data[:_MOST_WORDS].decode("utf-8", "replace").split("\n")[0].strip()
    code = head.get(b"x-clickhouse-exception-code") or b"0"
    raise ClickHouseRefused(int(code) if code.isdigit() else 0, text or f"it answered {head.status}")


def _plain(settings: Mapping[str, str | int] | None) -> dict[str, str]:
    return {name: str(value) for name, value in (settings or {}).items()}


def _text(value: Value) -> str:
    """As a bound value is read: escaped like a field of a table."""
    if isinstance(value, list):
        return f"[{','.join(map(_member, value))}]".translate(_ESCAPES)
    return str(value).translate(_ESCAPES)


def _member(value: str | int) -> str:
    """Of a list: a text stands in quotes."""
    return str(value) if isinstance(value, int) else "'{}'".format(value.replace("\\", "\\\\").replace("'", "\\'"))


def _latin(text: str) -> bytes:
    return text.encode("utf-8")


class _Answer:
    """A ResponseSink that waits for the whole of an answer."""

    def __init__(self) -> None:
        self.done: asyncio.Future[tuple[ResponseHead, bytes]] = asyncio.get_running_loop().create_future()
        self._head: ResponseHead | None = None
        self._parts: list[bytes] = []
        self._length = 0

    def request_waited(self) -> None:
        """Nobody asks how long."""

    def response_complete(self, head: ResponseHead, body: bytes) -> None:
        if not self.done.done():
            self.done.set_result((head, body))

    def response_started(self, head: ResponseHead) -> None:
        self._head = head

    def response_data(self, data: bytes) -> None:
        self._parts.append(data)
        self._length += len(data)
        if self._length > _MOST_ANSWER_BYTES:
            self.response_failed(CallFailed(f"an answer of more than {_MOST_ANSWER_BYTES} bytes"))

    def response_ended(self) -> None:
        assert self._head is not None
        self.response_complete(self._head, b"".join(self._parts))

    def response_failed(self, error: CallFailed) -> None:
        if not self.done.done():
            self.done.set_exception(error)
