"""The way to the admin API: over HTTP to a running gateway, or straight to the store that the configuration names.

Both take the same questions and give the same answers, so that no command knows which one it has.
"""

import argparse
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any, Final, Protocol

import msgspec

from gossamer.config.problems import ConfigError, Place, Problem

URL_VARIABLE: Final = "GOSSAMER_URL"
TOKEN_VARIABLE: Final = "GOSSAMER_TOKEN"  # noqa: S105 - a name, no token

DONE: Final = 0
REFUSED: Final = 1


class Refused(Exception):
    """What was asked for is not done, and the sentence says why."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class Answer(msgspec.Struct, frozen=True):
    """Something that was done: the body as it came, and the version that it has."""

    body: Any
    etag: str | None = None


class Door(Protocol):
    def ask(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, object] | None = None,
        body: Mapping[str, object] | None = None,
        if_match: str | None = None,
    ) -> Answer:
        """Raises Refused. Members of `query` that are None are left out."""


class _Error(msgspec.Struct):
    message: str
    code: str = ""


class _ErrorBody(msgspec.Struct):
    error: _Error


def read_answer(status: int, etag: str | None, body: bytes) -> Answer:
    """What came back, as far as it comes from a gateway."""
    try:
        if status < 300:
            return Answer(msgspec.json.decode(body) if body else None, etag)
        error = msgspec.json.decode(body, type=_ErrorBody).error
    except msgspec.MsgspecError:
        raise Refused(f"the answer ({status}) is none of a gateway's admin API: is the URL right?") from None
    raise Refused(error.message, error.code)


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
