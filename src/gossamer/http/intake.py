"""A request body that has not wholly come yet: collected for one who wants it whole, or handed on piece by piece.

Until somebody asks, little is kept and the socket is left unread: nobody buffers what may never be wanted.
"""

import asyncio
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Protocol

from gossamer.http.bodies import Body, BodyError
from gossamer.http.errors import HttpError, RequestRefused, body_too_large

if TYPE_CHECKING:
    from gossamer.http.connection import ServerConnection

UNASKED_BYTES = 64 * 1024
"""What is read before anybody asked for the body."""
BEGINNING_BYTES = 4 * 1024
"""Enough for the small fields that clients put before the file in a form."""


class BodySink(Protocol):
    """Takes a body piece by piece."""

    def body_data(self, data: bytes) -> None: ...

    def body_ended(self) -> None: ...

    def body_failed(self, error: HttpError) -> None: ...


class Intake:
    """The body of the request in flight on one connection."""

    __slots__ = (
        "_beginning",
        "_body",
        "_connection",
        "_error",
        "_limit_bytes",
        "_parts",
        "_sink",
        "_size_bytes",
        "_waiter",
    )

    def __init__(self, connection: "ServerConnection", body: Body) -> None:
        self._connection = connection
        self._body = body
        self._parts: list[bytes] = []
        self._error: HttpError | None = None
        self._size_bytes = 0
        self._limit_bytes: int | None = None
        self._waiter: asyncio.Future[bytes] | None = None
        self._sink: BodySink | None = None
        self._beginning: asyncio.Future[bytes] | None = None

    @property
    def is_wanted(self) -> bool:
        """Whether somebody waits for more: only then is a silent client too slow."""
        someone = self._waiter or self._sink or self._beginning
        return someone is not None and not self._body.done

    @property
    def has_begun(self) -> bool:
        return self._size_bytes > 0

    def whole(self, limit_bytes: int) -> Awaitable[bytes]:
        self._limit_bytes = limit_bytes
        self._waiter = asyncio.get_running_loop().create_future()
        if self._error is not None:
            self._waiter.set_exception(self._error)
        elif self._is_over_limit():
            pass
        elif self._body.done:
            self._waiter.set_result(b"".join(self._parts))
        else:
            self._connection.resume_body()
        return self._waiter

    def beginning(self) -> Awaitable[bytes]:
        self._beginning = asyncio.get_running_loop().create_future()
        if self._error is not None:
            self._beginning.set_exception(self._error)
        else:
            self._show_beginning()
        return self._beginning

    def replace_beginning(self, old: bytes, new: bytes) -> None:
        self._parts = [new + b"".join(self._parts)[len(old) :]]

    def stream_to(self, sink: BodySink) -> None:
        self._sink = sink
        for part in self._parts:
            sink.body_data(part)
        self._parts.clear()
        if self._error is not None:
            sink.body_failed(self._error)
        elif self._body.done:
            sink.body_ended()
        else:
            self._connection.resume_body()

    def feed(self, data: bytes) -> bytes | None:
        """Take what came. Returns what lay behind the body once that is whole, else None."""
        try:
            piece = self._body.feed(data)
        except BodyError as error:
            self._connection.pause_body()
            self.fail(RequestRefused(400, f"The body is malformed: {error}."))
            return None
        self._size_bytes += len(piece)
        if self._sink is not None:
            if piece:
                self._sink.body_data(piece)
        elif piece:
            self._parts.append(piece)
            if self._waiter is None and self._size_bytes > UNASKED_BYTES:
                self._connection.pause_body()
            elif self._is_over_limit():
                return None
        if self._beginning is not None:
            self._show_beginning()
        if not self._body.done:
            return None
        self._finish()
        return self._body.rest

    def fail(self, error: HttpError) -> None:
        """The body will never be whole; who asks later is told then."""
        if self._error is not None:
            return
        self._error = error
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(error)
        elif self._sink is not None:
            self._sink.body_failed(error)
        elif self._beginning is not None and not self._beginning.done():
            self._beginning.set_exception(error)

    def _show_beginning(self) -> None:
        future = self._beginning
        if future is not None and not future.done() and (self._body.done or self._size_bytes >= BEGINNING_BYTES):
            future.set_result(b"".join(self._parts))

    def _finish(self) -> None:
        body = b"".join(self._parts)
        self._connection.body_finished(body)
        if self._sink is not None:
            self._sink.body_ended()
        elif self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(body)

    def _is_over_limit(self) -> bool:
        limit = self._limit_bytes
        if limit is None or self._size_bytes <= limit:
            return False
        self._connection.pause_body()
        self.fail(body_too_large(limit))
        return True
