"""A running gateway as a door: one request after the other, through the proxies that the environment names.

A redirect is not followed: it could carry the token to somebody else.
"""

import ssl
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException
from types import TracebackType
from typing import Final, Self

import msgspec

from gossamer import __version__
from gossamer.cli.admin.door import Answer, Refused, read_answer

_PATIENCE_S: Final = 30.0
"""A gateway that has not answered by then does not."""


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object, **__: object) -> None:
        return None


class HttpDoor:
    """`url` is where the gateway is; a path of its own, as behind a proxy, stays before all paths."""

    def __init__(self, url: str, token: str) -> None:
        if not _is_base(url):
            raise Refused(f"{url} is no URL of a gateway: write one such as http://127.0.0.1:8080")
        self._base = url.rstrip("/").removesuffix("/v1")
        self._token = token
        self._opener = urllib.request.build_opener(_NoRedirects)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opener.close()

    def ask(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, object] | None = None,
        body: Mapping[str, object] | None = None,
        if_match: str | None = None,
    ) -> Answer:
        target = self._base + path + query_text(query)
        headers = {"Authorization": f"Bearer {self._token}", "User-Agent": f"gossamer/{__version__}"}
        headers |= {"If-Match": if_match} if if_match else {}
        data = None if body is None else msgspec.json.encode(body)
        headers |= {} if data is None else {"Content-Type": "application/json"}
        try:
            request = urllib.request.Request(target, data, headers, method=method)  # noqa: S310 - http and https only
            with self._opener.open(request, timeout=_PATIENCE_S) as answer:
                return read_answer(answer.status, answer.headers["ETag"], answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return read_answer(error.code, None, error.read())
        except (OSError, HTTPException, ValueError) as error:
            raise Refused(f"{self._base} could not be asked: {_reason(error)}") from None


def _is_base(url: str) -> bool:
    try:
        parts = urllib.parse.urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def query_text(query: Mapping[str, object] | None) -> str:
    """`?a=1`, or nothing."""
    given = {name: _word(value) for name, value in (query or {}).items() if value is not None}
    return f"?{urllib.parse.urlencode(given)}" if given else ""


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _reason(error: Exception) -> str:
    """Without anything that was sent: a header that cannot be is repeated by the library."""
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(reason, ssl.SSLError):
        return f"TLS failed ({reason.reason or 'no reason given'})"
    if isinstance(reason, OSError):
        return reason.strerror or type(reason).__name__
    if isinstance(error, ValueError):
        return "the URL or the token has characters that cannot be sent"
    return type(error).__name__
