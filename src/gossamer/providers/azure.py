"""OpenAI's models at Azure, asked with a dated api-version: what is the model elsewhere is a deployment in the path."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from gossamer.core.exchange import Exchange
from gossamer.http.call import Call, ResponseSink, Uploader
from gossamer.http.limits import CallTimeouts
from gossamer.http.origin import Origin
from gossamer.http.pool import Pool
from gossamer.providers.http import HttpProvider
from gossamer.providers.voices import Voice

NEWEST_PREFIX: Final = b"/openai/v1"
"""Where api-version v1 begins; there is nothing else to it."""

_VERSION: Final = b"/v1"


class AzureProvider(HttpProvider):
    """Like any other behind HTTP, but for its paths."""

    def __init__(
        self,
        name: str,
        origin: Origin,
        prefix: bytes,
        api_keys: tuple[str, ...],
        headers: Mapping[str, str],
        timeouts: CallTimeouts,
        pool: Pool,
        voice: Voice,
        api_version: str,
    ) -> None:
        super().__init__(name, origin, prefix, api_keys, headers, timeouts, pool, voice)
        self._version_query = b"api-version=" + api_version.encode("ascii")

    def send(self, exchange: Exchange, sink: ResponseSink, uploader: Uploader | None = None) -> Call:
        exchange.caller.forwarded = None  # what goes up does not follow from the client's head alone
        return super().send(exchange, sink, uploader)

    def _path(self, exchange: Exchange) -> bytes:
        asked, _, query = exchange.request.head.target.partition(b"?")
        translation = exchange.translation
        if translation is not None and translation.path:
            asked, query = translation.path, b""
        target = exchange.target
        model = target.model if target is not None else None
        deployment = b"/deployments/" + quote(model, safe="").encode("ascii") if model is not None else b""
        return b"%b/openai%b%b?%b%b" % (
            self._prefix,
            deployment,
            asked.removeprefix(_VERSION),
            query + b"&" if query else b"",
            self._version_query,
        )
