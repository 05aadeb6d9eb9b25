"""The socket at which workers ask for kept responses. Each question is a task; the store has its own deadlines."""

import asyncio
import socket
from typing import Final

import msgspec

from gossamer.control.responses.client import answer_client
from gossamer.control.store.errors import Broken, Missing, Oversized, StoreError
from gossamer.control.store.store import Store
from gossamer.core.logs import get_log
from gossamer.feed.responses import CLIENT_PATH, KEEP_PATH, RECALL_PATH, Client, Gone, Keep, Recall, TooLong
from gossamer.http.errors import HttpError
from gossamer.http.limits import ServerLimits
from gossamer.http.request import Request
from gossamer.http.server import Server

MOST_BYTES: Final = 256 * 1024 * 1024
"""Of one question: workers hold what they send to the settings."""
LIMITS: Final = ServerLimits(body_bytes=MOST_BYTES, idle_timeout_s=75.0)
"""Longer than workers keep a connection that they do not use: the side that sends closes first."""
_OK: Final = 200
_GONE: Final = 404
_LONG: Final = 413
_AWAY: Final = 503

_log = get_log(__name__)
_encode: Final = msgspec.msgpack.Encoder().encode
_decode_recall: Final = msgspec.msgpack.Decoder(Recall).decode
_decode_keep: Final = msgspec.msgpack.Decoder(Keep).decode
_decode_client: Final = msgspec.msgpack.Decoder(Client).decode

Told = tuple[int, bytes]


class ResponseServer:
    """Answers that nobody can say, until the store is open."""

    def __init__(self) -> None:
        self._store: Store | None = None
        self._server = Server(self._handle, LIMITS)
        self._tasks: set[asyncio.Task[None]] = set()

    async def listen(self, sock: socket.socket) -> None:
        await self._server.listen(sock)

    def opened(self, store: Store) -> None:
        """The store can be asked from now on."""
        self._store = store

    async def close(self) -> None:
        """What is under way has told its worker, or is asked again of the next process."""
        await self._server.drain(0.0)
        for task in tuple(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    # --- inside ---

    def _handle(self, request: Request) -> None:
        task = asyncio.create_task(self._answer(request))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, request: Request) -> None:
        try:
            body = request.body if request.is_complete else await request.whole(MOST_BYTES)
            status, told = await self._told(request.head.target, body)
        except HttpError:
            return  # the worker is gone, or its request is none: it hears of that by itself
        except StoreError as error:
            _log.debug("kept responses cannot be asked for", reason=str(error))
            status, told = _AWAY, b""
        except Exception as error:  # noqa: BLE001 - a defect of ours is logged, and must leave nobody waiting
            _log.defect("a question for kept responses met a defect", error)
            status, told = _AWAY, b""
        request.reply(status, b"", told)

    async def _told(self, path: bytes, body: bytes) -> Told:
        if self._store is None:
            return _AWAY, b""
        if path == RECALL_PATH:
            return await _recall(self._store, _decode_recall(body))
        if path == KEEP_PATH:
            return _OK, _encode(await self._store.keep_response(_decode_keep(body)))
        if path == CLIENT_PATH:
            return await answer_client(self._store, _decode_client(body))
        raise LookupError(f"nothing is at {path!r}")


async def _recall(store: Store, asked: Recall) -> Told:
    recall = store.recall_response if asked.noun == "response" else store.recall_conversation
    try:
        return _OK, _encode(await recall(asked.house, asked.id, asked.most_items, asked.most_bytes))
    except Missing:
        return _GONE, _encode(Gone())
    except Broken:
        return _GONE, _encode(Gone(is_broken=True))
    except Oversized as error:
        return _LONG, _encode(TooLong(error.items, error.size_bytes))
