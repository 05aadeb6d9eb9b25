"""The mock as a provider inside the worker: no connection, the same plans and bytes as `gossamer mock`."""

from collections.abc import Mapping

from gossamer.core.endpoints import Dialect
from gossamer.core.exchange import Exchange
from gossamer.core.ports import Keys, Sending, Wording
from gossamer.http.call import ResponseSink, Uploader
from gossamer.http.heads import ResponseHead
from gossamer.http.turn import Turn
from gossamer.mock.provider import MockProvider
from gossamer.policy.headers import fields_to_provider

_UPLOAD_BYTES = 64 * 1024 * 1024
"""The mock needs a body whole; an upload beyond this is nothing that anybody sends to it."""


class InProcessMock:
    """Gives the mock what would have gone over the wire. It speaks every dialect."""

    wordings: Mapping[Dialect, Wording] = {}

    keys: Keys | None = None

    def __init__(self, name: str, mock: MockProvider) -> None:
        self.name = name
        self._mock = mock

    def send(self, exchange: Exchange, sink: ResponseSink, uploader: Uploader | None = None) -> Sending:
        if uploader is not None:
            collecting = _Collecting(self._mock, exchange, Timed(sink, exchange.services.turn))
            uploader.upload_wanted(collecting)
            return collecting
        return _send(self._mock, exchange, exchange.outgoing, Timed(sink, exchange.services.turn))


class Timed:
    """Says when an answer was there to be seen, as a connection does for one that came over the wire."""

    def __init__(self, sink: ResponseSink, turn: Turn) -> None:
        self._sink = sink
        self._turn = turn
        self.response_data = sink.response_data
        self.response_ended = sink.response_ended
        self.response_failed = sink.response_failed

    def request_waited(self) -> None:
        """There are no connections to wait for."""

    def response_complete(self, head: ResponseHead, body: bytes) -> None:
        self._turn.begin()
        self._sink.response_complete(head, body)

    def response_started(self, head: ResponseHead) -> None:
        self._turn.begin()
        self._sink.response_started(head)


class _Collecting:
    """An upload on its way into memory; a Sending from the start, so that it can be cancelled at any point."""

    def __init__(self, mock: MockProvider, exchange: Exchange, sink: ResponseSink) -> None:
        self._mock = mock
        self._exchange = exchange
        self._sink = sink
        self._body = bytearray()
        self._sending: Sending | None = None
        self._is_cancelled = False

    def write(self, data: bytes) -> None:
        if len(self._body) <= _UPLOAD_BYTES:
            self._body += data

    def end_upload(self) -> None:
        if not self._is_cancelled:
            self._sending = _send(self._mock, self._exchange, bytes(self._body), self._sink)

    def cancel(self) -> None:
        self._is_cancelled = True
        if self._sending is not None:
            self._sending.cancel()

    def pause(self) -> None:
        if self._sending is not None:
            self._sending.pause()

    def resume(self) -> None:
        if self._sending is not None:
            self._sending.resume()


def _send(mock: MockProvider, exchange: Exchange, body: bytes, sink: ResponseSink) -> Sending:
    head = exchange.request.head
    headers = fields_to_provider(head.headers, is_read=exchange.caller.endpoint.needs_model)
    headers.append((b"x-request-id", exchange.request_id.encode("ascii")))
    return mock.send(head.method, head.target, headers, body, sink)
