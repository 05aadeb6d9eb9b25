"""A server behind a URL, for the SDK's session: streamable HTTP, with the headers of the configuration.

The SDK brings its own HTTP client, and that is used here alone: a tool takes milliseconds at best. It follows no
redirect to another origin, so the headers go to this server only.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

import httpx2
from mcp.client.streamable_http import streamable_http_client

from gossamer.agents.tools.mcp_stdio import MESSAGE_BYTES

_JSON: Final = "application/json"


@asynccontextmanager
async def http_streams(url: str, headers: Mapping[str, str], connect_s: float) -> AsyncIterator[Any]:
    """Its two streams. Answers may take as long as they like: who waits for one has its own time-out."""
    client = httpx2.AsyncClient(
        headers=dict(headers),
        timeout=httpx2.Timeout(None, connect=connect_s),
        event_hooks={"response": [_bound]},
    )
    async with client, streamable_http_client(url, http_client=client, max_sse_event_size=MESSAGE_BYTES) as streams:
        yield streams


async def _bound(response: httpx2.Response) -> None:
    """A stream of events may go on for days, and the SDK bounds each event; a single answer is bounded here."""
    if response.headers.get("content-type", "").lower().startswith(_JSON):
        response.stream = _Bounded(response.stream)


class _Bounded(httpx2.AsyncByteStream):
    def __init__(self, inner: Any) -> None:
        self._inner = inner

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = MESSAGE_BYTES
        async for piece in self._inner:
            left -= len(piece)
            if left < 0:
                raise httpx2.StreamError(f"the answer has more than {MESSAGE_BYTES} bytes")
            yield piece

    async def aclose(self) -> None:
        await self._inner.aclose()
