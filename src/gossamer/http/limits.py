"""How much and how slow a peer may be. Frozen; each field says its unit in its name."""

from dataclasses import dataclass

JOIN_BYTES = 64 * 1024
"""Up to here head and body are joined into one buffer; above, the copy would cost more than a second buffer."""


@dataclass(frozen=True, slots=True)
class ServerLimits:
    """What a server takes from a client. Defaults follow nginx and uvicorn where those have one."""

    head_bytes: int = 64 * 1024
    header_count: int = 100
    body_bytes: int = 32 * 1024 * 1024
    head_timeout_s: float = 10.0
    """From the first byte of a head to its last."""
    body_timeout_s: float = 30.0
    """Without a single byte of a body that is owed."""
    idle_timeout_s: float = 75.0
    """Between two requests of one connection."""
    write_timeout_s: float = 60.0
    """A client that takes nothing of what it is sent."""


@dataclass(frozen=True, slots=True)
class CallTimeouts:
    """How long a request of ours may take."""

    connect_s: float = 5.0
    first_byte_s: float = 120.0
    idle_s: float = 60.0
    """Between two pieces of one answer."""
    total_s: float = 600.0


@dataclass(frozen=True, slots=True)
class PoolLimits:
    """How many connections one origin may hold, and how long an unused one is kept."""

    connections: int = 1024
    waiting: int = 4096
    """Requests that may wait for a connection; one more is refused at once."""
    keep_s: float = 55.0
    """Under the 60 s after which common peers close: the side that sends should close first."""
    head_bytes: int = 64 * 1024
