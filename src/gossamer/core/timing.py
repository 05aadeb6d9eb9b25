"""What a request cost, as headers: each stage as browsers and tools read it (W3C Server-Timing), in milliseconds.

The stages are known when the process starts, so the function that renders them is written then, one for each place
where a request may end: a quarter of what a template with a loop costs, on every answer.
"""

from collections.abc import Callable
from functools import cache

_TABLE_US = 10_000
_MS = tuple(f"{us / 1000:.3f}" for us in range(_TABLE_US))
"""Rendered once: all durations here are short, except a provider's."""
_ENTRY_US = 400
"""A stage mostly takes a few microseconds: its whole entry is rendered for as many, with its name and what ends it."""


def ms(duration_ns: int) -> str:
    """Milliseconds to three places."""
    us = duration_ns // 1000
    return _MS[us] if us < _TABLE_US else f"{us // 1000}.{us % 1000:03}"


Spent = tuple[list[int], int, int, bytes]
"""Each stage's nanoseconds; all until now; all but the provider's; the header lines."""

Render = Callable[[list[int], int, str, str, str], Spent]
"""From the stamps, the provider's time, the ids of the request and of its session, and further header lines."""


class Timing:
    """Names what lies between the stamps of an exchange, and renders it. A request may end after any stage."""

    def __init__(self, admit: tuple[str, ...]) -> None:
        self.names = ("queue", *admit, "dispatch", "provider", "forward")
        self.renders = (_no_stage, _no_stage, *(_write_render(self.names[: n + 1]) for n in range(len(self.names))))
        """By the number of stamps."""


def _no_stage(stamps: list[int], provider_ns: int, request_id: str, session: str, more: str) -> Spent:
    raise AssertionError(f"a request ended before it began: {stamps}, {provider_ns}, {request_id}, {session}, {more}")


def _write_render(names: tuple[str, ...]) -> Render:
    """A function with one line a stage. The names are our own functions' names: nothing from outside is executed."""
    numbers = range(len(names))
    lines = [
        "def render(stamps, provider_ns, request_id, session, more):",
        f"    {', '.join(f's{n}' for n in (*numbers, len(names)))} = stamps",
        *(f"    d{n} = s{n + 1} - s{n}" for n in numbers),
        f"    total = s{len(names)} - s0",
        "    overhead = total - provider_ns",
        "    try:",
        f"        text = {_text([_quick(n, name) for n, name in enumerate(names)], 'MS[overhead // 1000]')}",
        "    except IndexError:",
        f"        text = {_text([_slow(n, name) for n, name in enumerate(names)], 'ms(overhead)')}",
        f"    return [{', '.join(f'd{n}' for n in numbers)}], total, overhead, text.encode('ascii')",
    ]
    scope = {"MS": _MS, "ms": ms} | {f"T{n}": _entries(name) for n, name in enumerate(names)}
    exec("\n".join(lines), scope)  # noqa: S102 - as dataclasses and named tuples are made
    render: Render = scope["render"]  # type: ignore[assignment]
    return render


@cache
def _entries(name: str) -> tuple[str, ...]:
    return tuple(f"{name};dur={shown}, " for shown in _MS[:_ENTRY_US])


def _quick(number: int, name: str) -> str:
    """A provider mostly takes longer than any table reaches."""
    return _slow(number, name) if name == "provider" else f"{{T{number}[d{number} // 1000]}}"


def _slow(number: int, name: str) -> str:
    return f"{name};dur={{ms(d{number})}}, "


def _text(entries: list[str], overhead: str) -> str:
    """The expression that makes the lines."""
    return (
        f"f'server-timing: {''.join(entries)}total;dur={{ms(total)}}\\r\\nx-gossamer-overhead-ms: {{{overhead}}}\\r\\n"
        "x-request-id: {request_id}\\r\\nx-session-id: {session}\\r\\n{more}'"
    )
