"""The way to a collector: OTLP over HTTP, as JSON, packed. One request at a time, from the sink's own thread.

Python's own HTTP client will do: it is asked twice a second, and knows the proxies and certificates of its environment.
"""

import gzip
import ssl
import urllib.request
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from typing import Final
from urllib.error import HTTPError

import msgspec

from gossamer import __version__
from gossamer.core.clock import wall_time
from gossamer.recorder.sink import SinkAway

PATH: Final = "/v1/traces"
TIMEOUT_S: Final = 10.0
"""As OpenTelemetry's own exporters have it."""
LONGEST_REST_S: Final = 300.0
"""Whatever Retry-After says: a collector may have its date wrong."""
MOST_READ: Final = 64 * 1024
"""Of an answer, which says one number and one sentence."""
_PACKING: Final = 1
"""Spans repeat themselves: more than the least effort gains little."""
_LATER: Final = frozenset({408, 429, 502, 503, 504})
"""OTLP says of all but the first that the same batch may be sent again."""
_NOT_LOOKED_AT: Final = frozenset({301, 302, 303, 307, 308, 401, 403, 404, 405, 407})
"""The address or the key is wrong, which says nothing of the batch: it waits until somebody has mended that."""


class Said(msgspec.Struct, frozen=True):
    """What a collector answered to a batch that it has looked at."""

    status: int
    body: bytes

    @property
    def is_refusal(self) -> bool:
        return self.status >= 400


class Collector:
    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        self.url = url + PATH
        self._headers = {
            "user-agent": f"gossamer/{__version__}",
            **headers,
            "content-type": "application/json",
            "content-encoding": "gzip",
        }
        self._rests_until = 0.0
        self._context = ssl.create_default_context() if url.startswith("https:") else None

    def send(self, body: bytes) -> Said:
        """Raises SinkAway where nobody has looked at it."""
        now = wall_time()
        if now < self._rests_until:
            raise SinkAway(f"{self.url}: it asked to be left alone for another {self._rests_until - now:.0f} s")
        packed = gzip.compress(body, _PACKING)
        request = urllib.request.Request(self.url, packed, self._headers, method="POST")  # noqa: S310 - http or https
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S, context=self._context) as answer:  # noqa: S310
                return Said(answer.status, answer.read(MOST_READ))
        except HTTPError as error:
            with error:
                return self._refused(error, now)
        except (OSError, HTTPException) as error:
            raise SinkAway(
                f"{self.url}: {getattr(error, 'reason', None) or str(error) or type(error).__name__}"
            ) from error

    def _refused(self, error: HTTPError, now: float) -> Said:
        if error.code in _LATER:
            self._rests_until = now + retry_after_s(error.headers.get("retry-after"), now)
            raise SinkAway(f"{self.url}: status {error.code}")
        if error.code in _NOT_LOOKED_AT:
            raise SinkAway(f"{self.url}: status {error.code}; check telemetry.otlp and telemetry.headers")
        return Said(error.code, error.read(MOST_READ))


def retry_after_s(value: str | None, now: float) -> float:
    """Seconds, or a date; 0 for what is neither."""
    if value is None:
        return 0.0
    if value.isascii() and value.isdecimal():
        return min(float(value[:6]), LONGEST_REST_S)
    try:
        return min(max(0.0, parsedate_to_datetime(value).timestamp() - now), LONGEST_REST_S)
    except ValueError:
        return 0.0
