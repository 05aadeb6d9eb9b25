"""Which settings a reload cannot change: they were used once, when the sockets were opened and the data was found."""

from typing import Final

from msgspec.structs import replace

from gossamer.config.settings import Settings

FIXED_OF_SERVER: Final = ("host", "port", "workers", "uds", "tls")


def needs_restart(running: Settings, wanted: Settings) -> list[str]:
    """The settings that differ and wait for a restart, by their names in the file."""
    names = [
        f"server.{name}" for name in FIXED_OF_SERVER if getattr(running.server, name) != getattr(wanted.server, name)
    ]
    return names if running.data_dir == wanted.data_dir else [*names, "data_dir"]


def hold_fixed(running: Settings, wanted: Settings) -> Settings:
    """`wanted` without what waits for a restart: a worker started later must not differ from those that run."""
    held = {name: getattr(running.server, name) for name in FIXED_OF_SERVER}
    return replace(wanted, server=replace(wanted.server, **held), data_dir=running.data_dir)
