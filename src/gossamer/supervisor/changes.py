"""Which settings a reload cannot change: they were used once, when the sockets and the journal were opened."""

from typing import Final

from msgspec.structs import replace

from gossamer.config.settings import Settings

FIXED_OF_SERVER: Final = ("host", "port", "workers", "uds", "tls")
FIXED_OF_CONTROL: Final = ("listen",)
FIXED: Final = ("data_dir", "state", "journal", "counters", "traces", "audit", "telemetry", "capture")


def needs_restart(running: Settings, wanted: Settings) -> list[str]:
    """The settings that differ and wait for a restart, by their names in the file."""
    of_server = [
        f"server.{name}" for name in FIXED_OF_SERVER if getattr(running.server, name) != getattr(wanted.server, name)
    ]
    of_control = [
        f"control.{name}"
        for name in FIXED_OF_CONTROL
        if getattr(running.control, name) != getattr(wanted.control, name)
    ]
    return of_server + of_control + [name for name in FIXED if getattr(running, name) != getattr(wanted, name)]


def hold_fixed(running: Settings, wanted: Settings) -> Settings:
    """`wanted` without what waits for a restart: a worker started later must not differ from those that run."""
    server = replace(wanted.server, **{name: getattr(running.server, name) for name in FIXED_OF_SERVER})
    control = replace(wanted.control, **{name: getattr(running.control, name) for name in FIXED_OF_CONTROL})
    return replace(wanted, server=server, control=control, **{name: getattr(running, name) for name in FIXED})
