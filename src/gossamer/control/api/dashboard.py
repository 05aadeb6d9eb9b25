"""/ui: the dashboard's files, as the package has them. They hold nothing of anybody: what they show, a browser asks of
the admin API with the token of whoever looks.
"""

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple

from fastapi import APIRouter, Request, Response

from gossamer.core.errors import NotFound

FOLDER: Final = Path(__file__).parent.parent / "ui"
_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_FIRST: Final = "index.html"

HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
"""Nothing from another host, nothing written into a page, no page around it. `no-cache`: kept, and asked for each time
whether it is still good.
"""

routes = APIRouter(prefix="/ui", include_in_schema=False)


class File(NamedTuple):
    """What is sent, and what it is called while it stays so."""

    body: bytes
    type: str
    etag: str


@cache
def files() -> dict[str, File]:
    """By their path below /ui/. What is not here is on no disk either, whatever a path looks like."""
    found = [path for path in FOLDER.rglob("*") if path.suffix in _TYPES]
    return {path.relative_to(FOLDER).as_posix(): _read(path) for path in found}


def _read(path: Path) -> File:
    body = path.read_bytes()
    return File(body, _TYPES[path.suffix], f'"{sha256(body).hexdigest()[:32]}"')


@routes.get("")
async def begin() -> Response:
    """Relative, since a proxy may have put the gateway below a path of its own."""
    return Response(status_code=308, headers={**HEADERS, "Location": "ui/"})


@routes.get("/{name:path}")
async def show_file(name: str, request: Request) -> Response:
    file = files().get(name or _FIRST)
    if file is None:
        raise NotFound("There is no such file of the dashboard, which begins at /ui/.")
    headers = {**HEADERS, "ETag": file.etag}
    if file.etag in request.headers.get("if-none-match", ""):  # alone or among others, weak or not
        return Response(status_code=304, headers=headers)
    return Response(file.body, headers=headers, media_type=file.type)
