"""A page of metrics as Prometheus reads it: the histograms and summaries in seconds, before and after a block.

What comes of it is a mean of each over the block, by the gateway's own word. Means do not add up to a median, so they
stand beside the figures and are no part of them.
"""

import http.client
import re
import time
from collections.abc import Mapping
from contextlib import closing

from gossamer.http.origin import parse_base_url

_WITHIN_S = 2.0
SETTLED_WITHIN_S, _POLL_S = 1.5, 0.05
"""Gossamer counts what its recorder has read: within about a second."""
_LINE = re.compile(r"^([a-zA-Z_:][a-zA-Z0-9_:]*)_seconds_(sum|count)(?:\{[^}]*\})?\s+(\S+)", re.MULTILINE)
Totals = Mapping[str, tuple[float, float]]
"""Of each family: seconds, and how many."""


def read_totals(page: str) -> dict[str, tuple[float, float]]:
    """All labels of a family together."""
    found: dict[str, tuple[float, float]] = {}
    for name, part, value in _LINE.findall(page):
        seconds, number = found.get(name, (0.0, 0.0))
        found[name] = (seconds + float(value), number) if part == "sum" else (seconds, number + float(value))
    return found


def means_ns(before: Totals, after: Totals) -> dict[str, int]:
    """Of what came between the two; a family that counted nothing is left out."""
    found = {}
    for name, (seconds, number) in after.items():
        then_s, then = before.get(name, (0.0, 0.0))
        if number > then:
            found[name] = round((seconds - then_s) / (number - then) * 1e9)
    return found


def settled_totals(url: str, before: Totals, answered: int) -> dict[str, tuple[float, float]]:
    """When so many answers have been counted, or after a while: a gateway may count what it answered a second ago."""
    deadline = time.monotonic() + SETTLED_WITHIN_S
    while True:
        now = fetch_totals(url)
        counted = max((number - before.get(name, (0.0, 0.0))[1] for name, (_, number) in now.items()), default=0.0)
        if not now or counted >= answered or time.monotonic() > deadline:
            return now
        time.sleep(_POLL_S)


def fetch_totals(url: str) -> dict[str, tuple[float, float]]:
    """Nothing where there is no such page: then there is nothing to say of it."""
    origin, path = parse_base_url(url)
    try:
        with closing(http.client.HTTPConnection(origin.host, origin.port, timeout=_WITHIN_S)) as connection:
            connection.request("GET", path.decode("ascii") or "/metrics")
            answer = connection.getresponse()
            page = answer.read().decode("utf-8", "replace")
            return read_totals(page) if answer.status == http.client.OK else {}
    except (OSError, http.client.HTTPException, ValueError):
        return {}
