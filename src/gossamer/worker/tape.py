"""Requests whose content is kept: each has a tape, which goes into the journal with its record.

Only where the settings ask for it: such a request is of another class, and the way of all others is as it was.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256

import msgspec

from gossamer.config.capture import CaptureSettings
from gossamer.core.ports import Journal, Services
from gossamer.core.record import Content, Record
from gossamer.dialects.said import said_in
from gossamer.http.request import Request

_STREAM_SHARE = 16
"""What a stream says is a small part of its bytes: of so many times the bound the words are looked for."""


def taped(run: Callable[[Request, Services], None], settings: CaptureSettings) -> Callable[[Request, Services], None]:
    """The way of a request, with a tape."""

    def run_taped(request: Request, services: Services) -> None:
        tape = Tape(services.journal, settings, request)
        request.__class__ = TapedRequest
        assert isinstance(request, TapedRequest)
        request.tape = tape
        run(request, replace(services, journal=tape))

    return run_taped


class Tape:
    """What one request brought and was told (a Journal, for its one record)."""

    def __init__(self, journal: Journal, settings: CaptureSettings, request: Request) -> None:
        self._journal = journal
        self._settings = settings
        self._request = request
        self._record: Record | None = None
        self._answer: list[bytes] = []
        self._size_bytes = 0
        self._digest = sha256()
        self._is_stream = False

    def append(self, record: Record) -> None:
        """It waits for the last of the answer, which comes before anything else happens in this turn of the loop."""
        self._record = record
        asyncio.get_running_loop().call_soon(self.finish)

    def close(self) -> None:
        """The journal is not this one's to close."""

    def add(self, data: bytes, *, is_piece: bool = False) -> None:
        self._is_stream = self._is_stream or is_piece
        self._digest.update(data)
        room = self._settings.max_bytes * (_STREAM_SHARE if is_piece else 1) - self._size_bytes
        if room > 0:
            self._answer.append(data[:room])
        self._size_bytes += len(data)

    @property
    def has_pieces(self) -> bool:
        return self._is_stream

    def finish(self) -> None:
        """The record goes into the journal, before the end of the answer goes out."""
        record, self._record = self._record, None
        if record is not None:
            self._journal.append(msgspec.structs.replace(record, content=self._content(record)))

    def _content(self, record: Record) -> Content:
        body = self._request.body
        digests = sha256(body).hexdigest(), self._digest.hexdigest()
        if self._settings.content == "digest":
            return Content(*digests)
        most = self._settings.max_bytes
        answer = self._told(record)
        missing = max(0, self._size_bytes - sum(map(len, self._answer)))
        return Content(
            *digests,
            body[:most].decode(errors="replace"),
            answer[:most].decode(errors="replace"),
            max(0, len(body) - most),
            max(0, len(answer) - most) + missing,
        )

    def _told(self, record: Record) -> bytes:
        told = b"".join(self._answer)
        return said_in(told).encode() if record.stream and self._is_stream else told


class TapedRequest(Request):
    """Whatever goes out passes the tape first."""

    tape: Tape
    _is_foretold = False

    def foretell(self, data: bytes) -> None:
        """The record goes into the journal in this turn of the loop, and the answer leaves later."""
        self.tape.add(data, is_piece=self.tape.has_pieces)
        self._is_foretold = True

    def reply(self, status: int, headers: bytes, body: bytes) -> None:
        if not self._is_foretold:
            self.tape.add(body)
        self.tape.finish()
        super().reply(status, headers, body)

    def write(self, data: bytes) -> None:
        if not self._is_foretold:
            self.tape.add(data, is_piece=True)
        super().write(data)

    def chunk_writer(self) -> None:
        """None of them passes by."""

    def end(self) -> None:
        self.tape.finish()
        super().end()

    def break_off(self) -> None:
        self.tape.finish()
        super().break_off()

    def abort(self) -> None:
        self.tape.finish()
        super().abort()
