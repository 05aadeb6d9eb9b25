"""`gossamer serve`: reads the command line and the settings, and starts the supervisor.

What the command line says stands over the file, also after a reload.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from gossamer.config.load import find_config, load_settings
from gossamer.config.settings import Settings
from gossamer.core.logs import get_log
from gossamer.supervisor.errors import StartFailed
from gossamer.supervisor.run import supervise

if TYPE_CHECKING:
    from gossamer.cli.main import Subparsers

CANNOT_START: Final = 1

log = get_log(__name__)


def add_commands(subparsers: "Subparsers") -> None:
    parser = subparsers.add_parser(
        "serve",
        help="start the gateway",
        description="Start the gateway. Without --config, ./gossamer.yaml is read where there is one. "
        "SIGTERM and Ctrl-C let requests under way finish; SIGHUP reads the settings again.",
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help="the settings; without it ./gossamer.yaml")
    parser.add_argument("--host", type=_host, help="the address to listen on; 0.0.0.0 for all")
    parser.add_argument("--port", type=_port, help="the port to listen on; 0 for any that is free")
    parser.add_argument("--workers", type=_workers, metavar="N", help="data-plane processes; one a core at most")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    try:
        return asyncio.run(supervise(_settings_reader(args), _print_banner))
    except StartFailed as error:
        print(f"gossamer: {error}", file=sys.stderr)
        return CANNOT_START


def _settings_reader(args: argparse.Namespace) -> Callable[[], Settings]:
    path: Path | None = args.config or find_config(Path.cwd())
    given = {name: getattr(args, name) for name in ("host", "port", "workers")}
    overrides = {name: value for name, value in given.items() if value is not None}

    def read() -> Settings:
        settings = load_settings(path, os.environ)
        return replace(settings, server=replace(settings.server, **overrides))

    return read


def _print_banner(text: str) -> None:
    try:
        print(text, flush=True)
    except OSError as error:
        log.warning("the banner could not be shown: stdout is closed", reason=error.strerror)


def _host(text: str) -> str:
    if not text:
        raise argparse.ArgumentTypeError("an empty host would listen on every address: write 0.0.0.0 if you mean it")
    return text


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: give a number from 0 to 65535")
    return int(text)


def _workers(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} workers cannot be: give a number from 1 up")
    return int(text)
