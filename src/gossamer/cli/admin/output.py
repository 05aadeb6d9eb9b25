"""What a command prints: the table or the thing on stdout, what there is to say about it on stderr."""

import argparse
import shutil
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from gossamer.cli.admin.table import Column, Thing, render_table, render_thing

Lines = Callable[[Thing], list[tuple[str, str]]]
Row = Callable[[Thing], Sequence[str]]


def print_json(body: Any) -> None:
    print(msgspec.json.format(msgspec.json.encode(body)).decode())


def print_list(args: argparse.Namespace, body: Any, columns: Sequence[Column], row: Row) -> None:
    if args.json:
        print_json(body)
        return
    print(render_table(columns, [row(thing) for thing in body["data"]], shutil.get_terminal_size().columns))
    if body["next"]:
        note(f"there are more: --after {body['next']}")


def print_thing(args: argparse.Namespace, body: Any, lines: Lines) -> None:
    if args.json:
        print_json(body)
    else:
        print(render_thing(lines(body)))


def print_lines(lines: Iterable[str]) -> None:
    for line in lines:
        print(line)


def note(text: str) -> None:
    """For eyes: not in the way of whoever reads stdout."""
    print(text, file=sys.stderr)
