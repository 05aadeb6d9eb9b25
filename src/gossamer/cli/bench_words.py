"""Words that several verbs of `gossamer bench` take, and how they all begin, show progress and end."""

import argparse
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from types import FrameType

from gossamer.bench.errors import BenchError, RigBroken
from gossamer.bench.subject import DEFAULT_TOKEN, Subject

NOT_MEASURED = 2
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Ctrl-C, `kill`, and a terminal that was closed."""
_BY_SIGNAL = 128
"""And its number: the exit status, as a shell reports it."""

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
def ending_well(*, is_kept: bool = False) -> Iterator[None]:
    """What ends us raises, once: ending all that was started takes a second, and a second Ctrl-C must not cut it short.

    `is_kept`: whoever is in here keeps what it has on KeyboardInterrupt, so all of them are that.
    """
    before = {number: signal.getsignal(number) for number in ENDING}
    heeded = [number for number, handler in before.items() if handler is not signal.SIG_IGN]

    def end(number: int, _frame: FrameType | None) -> None:
        for each in heeded:
            signal.signal(each, signal.SIG_IGN)
        if is_kept or number == signal.SIGINT:
            raise KeyboardInterrupt
        sys.exit(_BY_SIGNAL + number)

    for each in heeded:
        signal.signal(each, end)
    try:
        yield
    finally:
        for each in heeded:
            signal.signal(each, before[each])


Verb = Callable[[argparse.Namespace], int]


def complaining(verb: Verb) -> Verb:
    """What a user can mend is told in a line, with the exit code of a measurement that was not taken."""

    @wraps(verb)
    def told(args: argparse.Namespace) -> int:
        try:
            return verb(args)
        except BrokenPipeError:
            raise
        except BenchError as error:
            print(f"gossamer: {error}", file=sys.stderr)
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            print(f"gossamer: {where}{error.strerror or repr(error)}", file=sys.stderr)
        return NOT_MEASURED

    return told


def check_writable(*files: Path | None, inputs: Sequence[Path] = ()) -> None:
    """Before minutes are spent on what could not be kept then, or would be written over."""
    outputs = [file for file in files if file is not None]
    _check_apart(outputs, inputs)
    for file in outputs:
        if file.is_dir():
            raise RigBroken(f"{file} is a folder: name a file")
        if not file.parent.exists():
            raise RigBroken(f"{file} cannot be written, there is no folder {file.parent}: make the folder first")
        is_new = not file.exists()
        try:
            file.open("ab").close()
        except OSError as error:
            raise RigBroken(f"{file} cannot be written: {error.strerror}") from error
        if is_new:
            file.unlink()


def _check_apart(outputs: Sequence[Path], inputs: Sequence[Path]) -> None:
    """Each output is a file of its own, and none is what is read. By what they are, whatever they are called."""
    read = {file.resolve() for file in inputs}
    written: set[Path] = set()
    for file in outputs:
        resolved = file.resolve()
        if resolved in read:
            raise RigBroken(f"{file} is what is read: name another file for what is written")
        if resolved in written:
            raise RigBroken(
                f"{file} would be written twice: name a file of its own for each output; the page of a result is "
                "beside it, with .html"
            )
        written.add(resolved)


def keep_text(file: Path, text: str) -> None:
    """RigBroken says why not."""
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise RigBroken(f"{file} cannot be written: {error.strerror}") from error
