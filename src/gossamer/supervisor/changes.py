"""Which settings a reload cannot change: they were used once, when the sockets and the journal were opened."""

from typing import Final

from msgspec.structs import replace

from gossamer.config.settings import Settings

FIXED_OF_SERVER: Final = ("host", "port", "workers", "uds", "tls")
FIXED_OF_CONTROL: Final = ("listen",)
FIXED_OF_CACHE: Final = ("enabled", "l2", "secret", "hits")
FIXED: Final = ("data_dir", "state", "journal", "counters", "traces", "audit", "telemetry", "capture")

_FIXED_BELOW: Final = {"server": FIXED_OF_SERVER, "control": FIXED_OF_CONTROL, "cache": FIXED_OF_CACHE}


def needs_restart(running: Settings, wanted: Settings) -> list[str]:
    """The settings that differ and wait for a restart, by their names in the file."""
    below = [
        f"{section}.{name}"
        for section, names in _FIXED_BELOW.items()
        for name in names
        if getattr(getattr(running, section), name) != getattr(getattr(wanted, section), name)
    ]
    first = ["agents"] if wanted.agents and not running.agents else []
    return below + first + [name for name in FIXED if getattr(running, name) != getattr(wanted, name)]


def hold_fixed(running: Settings, wanted: Settings) -> Settings:
    """`wanted` without what waits for a restart: a worker started later must not differ from those that run."""
    held: dict[str, object] = {name: getattr(running, name) for name in FIXED}
    if not running.agents:
        held["agents"] = running.agents  # their process and its sockets are made at the start
    for section, names in _FIXED_BELOW.items():
        kept = {name: getattr(getattr(running, section), name) for name in names}
        held[section] = replace(getattr(wanted, section), **kept)
    return replace(wanted, **held)
