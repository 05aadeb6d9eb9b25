"""What a worker asks the control process of kept responses (an Archive), and what it remembers of them itself.

A connection that breaks is no answer: what may be said twice is said again, for as long as the request may wait. So a
control process that is replaced meanwhile is not felt.
"""

import asyncio
from pathlib import Path
from typing import Any, Final

import msgspec

from gossamer.config.responses import ResponsesSettings
from gossamer.core.errors import Unavailable
from gossamer.core.ports import Reply, ResponseKeeper
from gossamer.delivery.recollection import Recollection
from gossamer.delivery.remembering import Forgetting, Remembering
from gossamer.feed.paths import responses_path
from gossamer.feed.responses import (
    CLIENT_PATH,
    KEEP_PATH,
    RECALL_PATH,
    Client,
    Gone,
    Keep,
    Kept,
    Recall,
    Recalled,
    TooLong,
)
from gossamer.http.call import Call
from gossamer.http.connect import Connector
from gossamer.http.errors import CallFailed
from gossamer.http.heads import ResponseHead
from gossamer.http.limits import CallTimeouts, PoolLimits
from gossamer.http.origin import Origin
from gossamer.http.pool import Pool
from gossamer.http.turn import Turn
from gossamer.policy.headers import JSON_LINE

LIMITS: Final = PoolLimits(connections=16, waiting=1024)
"""The store has a handful of connections for all: more at once would only wait elsewhere."""
PAUSE_S: Final = 0.05
"""Between two tries."""
RETRY_S: Final = 1.0
"""When whoever was refused may come again: by then a restarted control process mostly is there."""
_AWAY: Final = 503

_encode: Final = msgspec.msgpack.Encoder().encode
_decode_recalled: Final = msgspec.msgpack.Decoder(Recalled).decode
_decode_gone: Final = msgspec.msgpack.Decoder(Gone).decode
_decode_long: Final = msgspec.msgpack.Decoder(TooLong).decode
_decode_kept: Final = msgspec.msgpack.Decoder(Kept).decode


class WorkerResponses:
    """As long as the worker: what is remembered stays over a reload, unless it is to be less."""

    def __init__(self, data_dir: Path, turn: Turn) -> None:
        self._line = Line(responses_path(data_dir), turn)
        self._recollection: Recollection | None = None
        self.unkept = 0
        """Responses that were to be kept and could not be."""

    def keeper(self, settings: ResponsesSettings) -> ResponseKeeper | None:
        if settings.state == "provider":
            return None
        if settings.state == "none":
            return Forgetting()
        if self._recollection is None or self._recollection.most_bytes != settings.memory_bytes:
            self._recollection = Recollection(settings.memory_bytes)
        archive = ControlArchive(self._line, settings.ask_timeout_s)
        return Remembering(settings, archive, self._recollection, self._note_unkept)

    def forget(self) -> None:
        """Something was deleted, or may have been."""
        if self._recollection is not None:
            self._recollection.forget()

    def close(self) -> None:
        self._line.close()

    def _note_unkept(self) -> None:
        self.unkept += 1


class ControlArchive:
    """Behind the socket of the control process."""

    def __init__(self, line: "Line", timeout_s: float) -> None:
        self._line = line
        self._timeout_s = timeout_s

    async def recall(self, asked: Recall) -> Recalled | Gone | TooLong:
        status, body = await self._ask(RECALL_PATH, asked, may_repeat=True)
        if status == 404:
            return _decode_gone(body)
        return _decode_long(body) if status == 413 else _decode_recalled(body)

    async def keep(self, asked: Keep) -> Kept:
        _, body = await self._ask(KEEP_PATH, asked, may_repeat=True)
        return _decode_kept(body)

    async def serve(self, asked: Client) -> Reply:
        status, body = await self._ask(CLIENT_PATH, asked, may_repeat=asked.method in ("GET", "HEAD"))
        return Reply(status, JSON_LINE, body)

    async def _ask(self, path: bytes, asked: Any, *, may_repeat: bool) -> tuple[int, bytes]:
        data = _encode(asked)
        try:
            async with asyncio.timeout(self._timeout_s):
                status, body = await self._insist(path, data, may_repeat=may_repeat)
        except (TimeoutError, CallFailed) as error:
            raise _unavailable("the control process of this gateway does not answer") from error
        if status == _AWAY:
            raise _unavailable("the state store cannot be asked")
        return status, body

    async def _insist(self, path: bytes, data: bytes, *, may_repeat: bool) -> tuple[int, bytes]:
        while True:
            try:
                return await self._line.ask(path, data, self._timeout_s)
            except CallFailed:
                if not may_repeat:
                    raise
            await asyncio.sleep(PAUSE_S)


class Line:
    """The connections to the control process, opened when the first is needed."""

    def __init__(self, path: Path, turn: Turn) -> None:
        self._connector = Connector(Origin("http", "localhost", 80, unix_path=str(path)))
        self._turn = turn
        self._pool: Pool | None = None

    async def ask(self, path: bytes, data: bytes, timeout_s: float) -> tuple[int, bytes]:
        """Raises CallFailed."""
        if self._pool is None:  # most workers never need one
            self._pool = Pool(self._connector, LIMITS, self._turn)
        answer = Answer()
        head = b"POST %b HTTP/1.1\r\nhost: gossamer\r\ncontent-length: %d\r\n\r\n" % (path, len(data))
        timeouts = CallTimeouts(connect_s=timeout_s, first_byte_s=timeout_s, idle_s=timeout_s, total_s=timeout_s)
        call = Call(head, answer, timeouts)
        call.more = data
        self._pool.send(call)
        try:
            return await answer.told
        finally:
            call.cancel()  # where nobody waits any more; else it is over

    def close(self) -> None:
        if self._pool is not None:
            self._pool.close()


class Answer:
    """Of the control process, whole (a ResponseSink)."""

    def __init__(self) -> None:
        self.told: asyncio.Future[tuple[int, bytes]] = asyncio.get_running_loop().create_future()
        self._status = 0
        self._parts: list[bytes] = []

    def request_waited(self) -> None:
        """Nothing here is metered."""

    def response_complete(self, head: ResponseHead, body: bytes) -> None:
        self._tell(head.status, body)

    def response_started(self, head: ResponseHead) -> None:
        self._status = head.status

    def response_data(self, data: bytes) -> None:
        self._parts.append(data)

    def response_ended(self) -> None:
        self._tell(self._status, b"".join(self._parts))

    def response_failed(self, error: CallFailed) -> None:
        if not self.told.done():
            self.told.set_exception(error)

    def _tell(self, status: int, body: bytes) -> None:
        if not self.told.done():
            self.told.set_result((status, body))


def _unavailable(why: str) -> Unavailable:
    return Unavailable(
        f"Kept responses cannot be looked up now ({why}), which says nothing against this one. Try again.",
        retry_after_s=RETRY_S,
    )
