"""What a request cost, as headers: each stage as browsers and tools read it (W3C Server-Timing), in milliseconds."""

_MS = tuple(f"{us / 1000:.3f}" for us in range(2000))
"""Rendered once: nearly all durations here are under two milliseconds."""


def ms(duration_ns: int) -> str:
    """Milliseconds to three places."""
    us = duration_ns // 1000
    return _MS[us] if 0 <= us < 2000 else f"{duration_ns / 1e6:.3f}"


class Timing:
    """Names what lies between the stamps of an exchange, and renders it. A request may end after any of them."""

    def __init__(self, admit: tuple[str, ...]) -> None:
        self.names = ("queue", *admit, "dispatch", "provider", "forward")
        self._templates = tuple(_template(self.names[:count]) for count in range(len(self.names) + 1))

    def render(self, durations_ns: list[int], total_ns: int, overhead_ns: int, request_id: str, more: str) -> bytes:
        """The block of header lines that the gateway adds to every answer; `more` stands at its end."""
        template = self._templates[len(durations_ns)]
        try:
            stages = [_MS[ns // 1000] for ns in durations_ns]
            total, overhead = _MS[total_ns // 1000], _MS[overhead_ns // 1000]
        except IndexError:
            stages = [ms(ns) for ns in durations_ns]
            total, overhead = ms(total_ns), ms(overhead_ns)
        return (template % (*stages, total, overhead, request_id, more)).encode("ascii")


def _template(names: tuple[str, ...]) -> str:
    entries = ", ".join(f"{name};dur=%s" for name in (*names, "total"))
    return f"server-timing: {entries}\r\nx-gossamer-overhead-ms: %s\r\nx-request-id: %s\r\n%s"
