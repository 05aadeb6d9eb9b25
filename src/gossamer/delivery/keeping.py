"""An answer that is kept before its end leaves, so that any worker can go on from it as soon as a client has it.

It stands where the client's request stood: what delivers the answer, whole or streamed, its own or translated, writes
here and knows nothing of it. What is told passes at once, but for the last word: that waits for the store.

    a whole answer             waits, then says whether it was kept
    a stream                   passes event by event; `response.completed` waits, and what comes behind it
    refused, failed, broken    passes; nothing is kept that cannot be gone on from
    the store cannot answer    the answer leaves, and says `"store": false`
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, Literal

from gossamer.core.exchange import Exchange
from gossamer.delivery.between import Between
from gossamer.dialects.responses.marks import (
    LAST,
    RESPONSE_MARK,
    Ending,
    Marks,
    Members,
    is_finished,
    read_event,
    read_response,
    write_response,
)
from gossamer.http.sse import EventSplitter, split_events

Keep = Callable[[Members, bytes], Awaitable[bool]]
"""A finished response, and what the client is to be told of it; whether it is kept."""

_REFUSED: Final = 400
_EVENTS: Final = b"content-type: text/event-stream"
_UNKEPT_LINE: Final = b"x-gossamer-stored: false\r\n"
_MOST_BYTES: Final = 32 * 1024 * 1024
"""Of one event, or of an answer that comes in pieces: what is larger passes unread, and is not kept."""
_under_way: Final[set[asyncio.Task[None]]] = set()
"""The loop itself holds no task that waits."""


class KeptRequest(Between):
    """A request of a client, with `marks` put on its answer. Without `keep` it is only marked."""

    def __init__(self, exchange: Exchange, marks: Marks, keep: Keep | None) -> None:
        super().__init__(exchange)
        self._marks = marks
        self._keep = keep
        self._splitter: EventSplitter | None = None
        """Of a stream of events."""
        self._whole: list[bytes] | None = None
        """Of an answer that comes in pieces: those that have come."""
        self._head: tuple[int, bytes, int | None] = (0, b"", None)
        self._size_bytes = 0
        self._behind: list[bytes] | None = None
        """What came behind the last word, while that waits."""
        self._ending: Literal["end", "break_off"] | None = None

    # --- what delivers the answer tells ---

    def reply(self, status: int, headers: bytes, body: bytes) -> None:
        if _is_stream(headers):  # all of it at once, out of a cache
            self.start(status, headers)
            self.write(body)
            self.end()
            return
        self.owner = None
        response = read_response(body) if status < _REFUSED else None
        if response is None:
            is_lost = self._keep is not None and status < _REFUSED
            self.client.reply(status, headers + _UNKEPT_LINE if is_lost else headers, body)
        elif self._keep is None or not is_finished(response):
            self.client.reply(status, headers, write_response(response, self._marks, is_kept=False))
        else:
            told = write_response(response, self._marks, is_kept=True)
            self.client.foretell(told)
            _begin(self._reply_kept(self._keep, status, headers, response, told))

    def start(self, status: int, headers: bytes, length: int | None = None) -> None:
        if _is_stream(headers):
            self._splitter = EventSplitter(_MOST_BYTES)
        elif status < _REFUSED:
            self._whole, self._head = [], (status, headers, length)
            return
        self.client.start(status, headers, length)

    def write(self, data: bytes) -> None:
        if self._behind is not None:
            self._behind.append(data)
        elif self._whole is not None:
            self._collect(data)
        elif self._splitter is not None and (RESPONSE_MARK in data or self._splitter.kept):
            self._read(self._splitter, data)
        else:
            self.client.write(data)

    def chunk_writer(self) -> None:
        """None of them passes by."""

    def end(self) -> None:
        self.owner = None
        if self._whole is not None:
            status, headers, _ = self._head
            self.reply(status, headers, b"".join(self._whole))
        elif self._behind is not None:
            self._ending = "end"
        else:
            self.client.write(self._splitter.rest() if self._splitter is not None else b"")
            self.client.end()

    def break_off(self) -> None:
        if self._behind is not None:
            self._ending = "break_off"
        else:
            self._begin_late()
            self.client.break_off()

    def abort(self) -> None:
        self._begin_late()
        self.client.abort()

    # --- inside ---

    def _collect(self, data: bytes) -> None:
        assert self._whole is not None
        self._whole.append(data)
        self._size_bytes += len(data)
        if self._size_bytes > _MOST_BYTES:
            self._begin_late()

    def _begin_late(self) -> None:
        """It passes as it is: not to be read."""
        pieces, self._whole = self._whole, None
        if pieces is not None:
            status, headers, length = self._head
            self.client.start(status, headers + _UNKEPT_LINE, length)
            for piece in pieces:
                self.client.write(piece)

    def _read(self, splitter: EventSplitter, data: bytes) -> None:
        """Events that tell of the whole response are told in our words."""
        events = split_events(splitter.feed(data))
        for number, event in enumerate(events):
            found = read_event(event) if RESPONSE_MARK in event else None
            if found is None:
                self.client.write(event)
                continue
            kind, said = found
            is_last = kind in LAST
            if is_last and self._keep is not None:
                self._behind = events[number + 1 :]
                told = said.told(self._marks, is_kept=True)
                self.client.foretell(told)
                _begin(self._end_kept(self._keep, said, told))
                return
            is_promised = self._keep is not None and kind != "response.failed"
            self.client.write(said.told(self._marks, is_kept=is_promised and not is_last))

    async def _reply_kept(self, keep: Keep, status: int, headers: bytes, response: Members, told: bytes) -> None:
        if await keep(response, told):
            self.client.reply(status, headers, told)
        else:
            body = write_response(response, self._marks, is_kept=False)
            self.client.reply(status, headers + _UNKEPT_LINE, body)

    async def _end_kept(self, keep: Keep, said: Ending, told: bytes) -> None:
        is_kept = await keep(said.response, write_response(said.response, self._marks, is_kept=True))
        self.client.write(told if is_kept else said.told(self._marks, is_kept=False))
        behind, self._behind = self._behind or [], None
        for data in behind:
            self.client.write(data)
        if self._ending == "end":
            self.client.end()
        elif self._ending == "break_off":
            self.client.break_off()


def _is_stream(headers: bytes) -> bool:
    return headers.startswith(_EVENTS) or b"\n" + _EVENTS in headers


def _begin(work: "Awaitable[None]") -> None:
    task = asyncio.ensure_future(work)
    _under_way.add(task)
    task.add_done_callback(_under_way.discard)
