"""/metrics: what the recorder draws from the journal, handed on.

It sums over all callers. A scraper on this machine needs no key; one from elsewhere sends a key with the scope `admin`.
"""

import asyncio
from ipaddress import ip_address
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response, Security
from fastapi.security import HTTPAuthorizationCredentials

from gossamer.control.api.address import address_of
from gossamer.control.api.caller import api_key_token, bearer_token, caller_of
from gossamer.control.api.desk import AtDesk
from gossamer.control.api.openapi import refused
from gossamer.core.errors import Unavailable
from gossamer.feed.paths import recorder_path

WITHIN_S: Final = 5.0
"""The page is made at once, from memory."""
MOST_BYTES: Final = 64 * 1024 * 1024

routes = APIRouter(tags=["health"])


async def may_read(
    request: Request,
    desk: AtDesk,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Security(bearer_token)],
    api_key: Annotated[str | None, Security(api_key_token)],
) -> None:
    if not is_local(address_of(request)):
        (await caller_of(request, desk, bearer, api_key)).must_be_admin("read the metrics")


def is_local(address: str) -> bool:
    """No address: over a Unix socket, for which one must be on this machine."""
    try:
        return not address or ip_address(address.partition("/")[0]).is_loopback
    except ValueError:
        return address == "unix"


@routes.get(
    "/metrics",
    operation_id="metrics",
    summary="For Prometheus",
    responses={**refused(401, 403, 503), 200: {"content": {"text/plain": {}, "application/openmetrics-text": {}}}},
    dependencies=[Depends(may_read)],
)
async def metrics(request: Request, desk: AtDesk) -> Response:
    """Text of Prometheus, or OpenMetrics where the scraper takes that."""
    try:
        async with asyncio.timeout(WITHIN_S):
            kind, page = await _page(str(recorder_path(desk.data_dir)), request.headers.get("accept", ""))
    except (OSError, EOFError, TimeoutError) as error:
        reason = str(error) or f"no answer within {WITHIN_S:g} s"
        raise Unavailable(f"The recorder cannot be asked ({reason}). Try again.", retry_after_s=1.0) from error
    return Response(page, media_type=kind)


async def _page(path: str, accept: str) -> tuple[str, bytes]:
    """By hand: there is one question, and one who answers."""
    reader, writer = await asyncio.open_unix_connection(path, limit=MOST_BYTES)
    try:
        wanted = accept.encode("latin-1", "replace").replace(b"\r", b"").replace(b"\n", b"")
        writer.write(b"GET /metrics HTTP/1.1\r\nhost: recorder\r\nconnection: close\r\naccept: %b\r\n\r\n" % wanted)
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        lines = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
        return lines["content-type"], await reader.readexactly(int(lines["content-length"]))
    finally:
        writer.close()
