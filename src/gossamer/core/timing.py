"""How long each stage took, as the header that browsers and tools read (W3C Server-Timing), in milliseconds."""

_MS = tuple(b"%.3f" % (us / 1000) for us in range(2000))
"""Rendered once: nearly all durations here are under two milliseconds."""


def ms(duration_ns: int) -> bytes:
    """Milliseconds to three places."""
    us = duration_ns // 1000
    return _MS[us] if 0 <= us < 2000 else b"%.3f" % (duration_ns / 1e6)


class Timing:
    """Names what lies between the stamps of an exchange, and renders it. A request may end after any of them."""

    def __init__(self, admit: tuple[str, ...]) -> None:
        self.names = ("queue", *admit, "dispatch", "provider", "forward")
        self._templates = tuple(_template(self.names[:count]) for count in range(len(self.names) + 1))

    def render(self, durations_ns: list[int], total_ns: int, overhead_ns: int) -> bytes:
        values = *map(ms, durations_ns), ms(total_ns), ms(overhead_ns)
        return self._templates[len(durations_ns)] % values


def _template(names: tuple[str, ...]) -> bytes:
    entries = ", ".join(f"{name};dur=%b" for name in (*names, "total"))
    return f"server-timing: {entries}\r\nx-gossamer-overhead-ms: %b\r\n".encode()
