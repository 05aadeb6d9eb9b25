"""A provider behind HTTP. What kind it is, its voice says: where its key stands, and which dialects it speaks.

The head that goes up is rendered once for a client head and kept with it: the same head from the client, the same head
to the provider, but for the id and the length.
"""

from collections.abc import Collection, Mapping

from gossamer.core.exchange import Exchange
from gossamer.http.call import Call, ResponseSink, Uploader
from gossamer.http.lengths import LAST_LINES
from gossamer.http.limits import JOIN_BYTES, CallTimeouts
from gossamer.http.origin import Origin
from gossamer.http.pool import Pool
from gossamer.policy.headers import Field, lines_to_provider, of_no_dialect
from gossamer.providers.keys import KeyRing, ProviderKey
from gossamer.providers.trace_lines import TraceLines, without_trace
from gossamer.providers.voices import Voice

_VERSION = b"/v1"
"""A base URL ends where the client's path goes on: both name the version, so one of them is taken off."""

_MOST_RENDERED = 16
"""Providers whose heads are kept with a client's; after reloads some of them are gone, and let go of here."""


class HttpProvider:
    """One provider, with the connections that this process holds to it."""

    def __init__(
        self,
        name: str,
        origin: Origin,
        prefix: bytes,
        api_keys: tuple[ProviderKey, ...],
        headers: Mapping[str, str],
        timeouts: CallTimeouts,
        pool: Pool,
        voice: Voice,
        trace_lines: TraceLines | None = None,
    ) -> None:
        self.name = name
        self._trace_lines = trace_lines
        self.pool = pool
        self.wordings = voice.wordings
        self._voice = voice
        self._prefix = prefix
        self._timeouts = timeouts
        own = "".join(f"{field}: {value}\r\n" for field, value in headers.items()).encode("latin-1")
        self._own_lines = b"host: %b\r\n%b" % (origin.host_header, own)
        self._own_names = frozenset(field.lower().encode("latin-1") for field in headers)
        self.keys: KeyRing | None = None
        self._key_lines = [voice.key_line % key.secret.encode("latin-1") for key in api_keys]
        if len(api_keys) == 1 and api_keys[0].requests_per_min is None:
            self._own_lines += self._key_lines.pop()
        elif api_keys:
            self.keys = KeyRing(api_keys)

    def send(self, exchange: Exchange, sink: ResponseSink, uploader: Uploader | None = None) -> Call:
        caller = exchange.caller
        known = caller.forwarded
        lines = known[1] if known is not None and known[0] is self else self._lines_of(exchange, known)
        body = exchange.outgoing
        if self.keys is not None:
            exchange.key_place = place = self.keys.take(exchange.stamps[-1] * 1e-9)
            lines += self._key_lines[place]
        request_id = exchange.request_id.encode("ascii")
        if body and uploader is None:
            length = len(body)
            more = b""
            if length > JOIN_BYTES:
                body, more = more, body
            call = Call(
                b"".join((lines, b"x-request-id: ", request_id, b"\r\n", LAST_LINES[length], body)),
                sink,
                self._timeouts,
            )
            if more:
                call.more = more
        else:
            call = self._unusual(exchange, b"%bx-request-id: %b\r\n" % (lines, request_id), sink)
            if uploader is not None:
                call.fed_by(uploader, is_chunked=exchange.request.head.length is None)
        self.pool.send(call)
        return call

    def list_request(self) -> bytes | None:
        """The head of the question which models there are; None where this kind cannot be asked."""
        if not self._voice.list_path:
            return None
        key = self._key_lines[0] if self._key_lines else b""
        return b"GET %b%b HTTP/1.1\r\n%b%b%baccept: application/json\r\naccept-encoding: identity\r\n\r\n" % (
            self._prefix, self._voice.list_path, self._own_lines, key, self._default_lines(()),
        )  # fmt: skip

    def _unusual(self, exchange: Exchange, lines: bytes, sink: ResponseSink) -> Call:
        """Without a body, or with one that is handed on as it comes."""
        head = exchange.request.head
        if exchange.is_upload:
            lines += (
                b"transfer-encoding: chunked\r\n"
                if head.length is None
                else b"content-length: %d\r\n" % (head.length + exchange.upload_growth_bytes)
            )
        elif head.length is not None or head.chunked:
            lines += b"content-length: 0\r\n"
        call = Call(lines + b"\r\n", sink, self._timeouts)
        return call.without_body() if head.method == b"HEAD" else call

    def _lines_of(self, exchange: Exchange, known: tuple[object, bytes] | None) -> bytes:
        """Where calls tell of their trace, a head is kept under another name than ours: it is not the whole."""
        caller = exchange.caller
        trace_lines = self._trace_lines
        if trace_lines is None:
            lines = self._recall(exchange, known)
            caller.forwarded = (self, lines)
            return lines
        if known is not None and known[0] is trace_lines:
            lines = known[1]
        else:
            lines = self._recall(exchange, known)
            caller.forwarded = (trace_lines, lines)
        return lines + trace_lines.of(exchange)

    def _recall(self, exchange: Exchange, last: tuple[object, bytes] | None) -> bytes:
        """Where a head goes to several providers by turns, it is rendered once for each of them."""
        if last is None:
            return self._render(exchange)
        caller = exchange.caller
        rendered = caller.rendered
        if rendered is None or len(rendered) >= _MOST_RENDERED:
            rendered = caller.rendered = {}
        lines = rendered.get(self)
        if lines is None:
            lines = rendered[self] = self._render(exchange)
        return lines

    def _render(self, exchange: Exchange) -> bytes:
        head = exchange.request.head
        fields = [field for field in head.headers if field[0] not in self._own_names]
        if self._trace_lines is not None:
            fields = without_trace(fields, is_valid=exchange.caller.trace is not None)
        translation = exchange.translation
        if translation is not None and translation.is_needed:
            fields = of_no_dialect(fields)
        lines = self._default_lines(fields) + lines_to_provider(fields, is_read=exchange.caller.endpoint.needs_model)
        return b"%b %b HTTP/1.1\r\n%b%b" % (head.method, self._path(exchange), self._own_lines, lines)

    def _path(self, exchange: Exchange) -> bytes:
        translation = exchange.translation
        if translation is not None and translation.path:
            return self._prefix + translation.path
        return self._prefix + exchange.request.head.target.removeprefix(_VERSION)

    def _default_lines(self, fields: Collection[Field]) -> bytes:
        said = {name for name, _ in fields} | self._own_names
        return b"".join(b"%b: %b\r\n" % field for field in self._voice.default_lines if field[0] not in said)
