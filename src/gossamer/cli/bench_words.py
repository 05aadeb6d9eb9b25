"""Words that several verbs of `gossamer bench` take, and how they all begin, show progress and end."""

import argparse
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from gossamer.bench.subject import DEFAULT_TOKEN, Subject

ENDED_BY_TERM = 128 + signal.SIGTERM
"""As a shell reports it."""
NOT_MEASURED = 2

_COMMAND_HELP = "another gateway; filled in: {port}, {upstream} (base URL with /v1), {upstream_port}, {folder}"


def add_arm(parser: argparse.ArgumentParser) -> None:
    """Which gateway; Gossamer if nothing is said."""
    parser.add_argument("--arm-command", metavar="COMMAND", help=_COMMAND_HELP)
    parser.add_argument("--arm-token", default=DEFAULT_TOKEN, metavar="TOKEN", help="the bearer token that it knows")


def subject_of(args: argparse.Namespace) -> Subject:
    """As `add_arm` was answered."""
    return Subject(args.arm_command, args.arm_token)


def positive(text: str) -> int:
    """For argparse."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is not 1 or more")
    return number


def natural(text: str) -> int:
    """For argparse: 0 leaves something out."""
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"{number} is less than 0")
    return number


def seed_of(args: argparse.Namespace) -> int:
    """The one that was given, or a new one."""
    return args.seed if args.seed is not None else int.from_bytes(os.urandom(4))


def can_measure(verb: str) -> bool:
    """Says so where it cannot."""
    if hasattr(os, "sched_setaffinity"):
        return True
    print(f"gossamer: bench {verb} reads /proc and pins processes to cores: run it on Linux", file=sys.stderr)
    return False


def new_say() -> Callable[[str], None]:
    """Lines on stderr, with the seconds since now."""
    began = time.monotonic()
    return lambda text: print(f"{time.monotonic() - began:4.0f} s  {text}", file=sys.stderr, flush=True)


@contextmanager
def ending_well(end: Callable[[], None] | None = None) -> Iterator[None]:
    """SIGTERM raises, so that everything started is ended on the way out."""

    def handler(_signal: int, _frame: FrameType | None) -> None:
        if end is not None:
            end()
        sys.exit(ENDED_BY_TERM)

    before = signal.signal(signal.SIGTERM, handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
