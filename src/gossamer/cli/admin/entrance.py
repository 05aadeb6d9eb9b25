"""Which door a command goes through: that of a running gateway, or of the store that the configuration names."""

import argparse
import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Final

from gossamer.cli.admin.door import DONE, REFUSED, Door, Refused
from gossamer.config.problems import ConfigError, Place, Problem

URL_VARIABLE: Final = "GOSSAMER_URL"
TOKEN_VARIABLE: Final = "GOSSAMER_TOKEN"  # noqa: S105 - a name, no token


def at_door(act: Callable[[Door, argparse.Namespace], None]) -> Callable[[argparse.Namespace], int]:
    """A command's `run`, from what it does once a door is open."""

    def run(args: argparse.Namespace) -> int:
        try:
            with open_door(args) as door:
                act(door, args)
        except Refused as error:
            print(f"gossamer: {error}", file=sys.stderr)
            return REFUSED
        return DONE

    return run


def open_door(args: argparse.Namespace) -> AbstractContextManager[Door]:
    """`--url`, else `--config`, else GOSSAMER_URL, else the configuration that is found."""
    url = args.url or (None if args.config else os.environ.get(URL_VARIABLE))
    if not url and args.token:
        raise _misused("--token", "says nothing without a gateway", f"give its --url, or {URL_VARIABLE}")
    if not url:
        # Here, so that a command against a gateway needs no database's drivers.
        from gossamer.cli.admin.store_door import StoreDoor  # noqa: PLC0415

        return StoreDoor(args.config)
    if args.config:
        raise _misused("--url", "there is a --config as well", "give one of the two: a gateway, or its configuration")
    token = args.token or os.environ.get(TOKEN_VARIABLE)
    if not token:
        raise _misused("--token", "is missing", f"give a key with the scope admin, best as {TOKEN_VARIABLE}")
    from gossamer.cli.admin.http_door import HttpDoor  # noqa: PLC0415

    return HttpDoor(url, token)


def _misused(option: str, wrong: str, allowed: str) -> ConfigError:
    return ConfigError([Problem(Place("command line"), option, wrong, allowed)])
