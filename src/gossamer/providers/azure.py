"""OpenAI's models at Azure, asked with a dated api-version: what is the model elsewhere is a deployment in the path."""

import re
from collections.abc import Mapping
from typing import Final

from gossamer.core.errors import ModelNotFound
from gossamer.core.exchange import Exchange
from gossamer.http.call import Call, ResponseSink, Uploader
from gossamer.http.limits import CallTimeouts
from gossamer.http.origin import Origin
from gossamer.http.pool import Pool
from gossamer.providers.http import HttpProvider
from gossamer.providers.keys import ProviderKey
from gossamer.providers.trace_lines import TraceLines
from gossamer.providers.voices import Voice

NEWEST_PREFIX: Final = b"/openai/v1"
"""Where api-version v1 begins; there is nothing else to it."""

_VERSION: Final = b"/v1"
_NAME: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")
"""Of a deployment. Callers name it, and it becomes part of a path: nothing else may."""


class AzureProvider(HttpProvider):
    """Like any other behind HTTP, but for its paths."""

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
        *,
        api_version: str,
    ) -> None:
        super().__init__(name, origin, prefix, api_keys, headers, timeouts, pool, voice, trace_lines)
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
        return b"%b/openai%b%b?%b%b" % (
            self._prefix,
            _deployment(target.model if target is not None else None),
            asked.removeprefix(_VERSION),
            query + b"&" if query else b"",
            self._version_query,
        )


def _deployment(model: str | None) -> bytes:
    if model is None:
        return b""
    if not _NAME.fullmatch(model):
        raise ModelNotFound(
            f"There is no deployment {model[:100]!r}: at Azure names are letters, digits, dots, dashes, underscores.",
            param="model",
        )
    return b"/deployments/" + model.encode("ascii")
