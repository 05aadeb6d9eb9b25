"""`gossamer usage`: how much was used, and what it cost."""

import argparse
import csv
import shutil
import sys
from collections.abc import Sequence
from typing import Final

from gossamer.cli.admin.door import Door
from gossamer.cli.admin.options import add_verb, past_moment
from gossamer.cli.admin.output import note, print_json
from gossamer.cli.admin.table import Column, Thing, moment_text, render_table
from gossamer.projections.usage.sums import DIMENSIONS

USAGE: Final = "/admin/v1/usage"
_COUNTS: Final = (
    Column("REQUESTS", 10),
    Column("FAILED", 8),
    Column("TOKENS IN", 14),
    Column("TOKENS OUT", 14),
    Column("USD", 14),
    Column("UNPRICED", 8),
)
_NAME_WIDTH: Final = 36
"""An id."""


def add_commands(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = add_verb(subparsers, "usage", "how much was used, and what it cost", run)
    parser.add_argument("--by", metavar="NAMES", help=f"apart by {', '.join(DIMENSIONS)}: one, or several with commas")
    parser.add_argument("--step", choices=("day", "hour", "minute"), help="apart by UTC day, by hour or by minute")
    for name in DIMENSIONS:
        parser.add_argument(f"--{name}", metavar="NAME", help=f"of this {name} alone")
    parser.add_argument("--since", type=past_moment, metavar="WHEN", help="such as 30d or 2030-01-31 (default: 30d)")
    parser.add_argument("--until", type=past_moment, metavar="WHEN", help="the same (default: now)")
    parser.add_argument("--csv", action="store_true", help="print a table for a spreadsheet")


def run(door: Door, args: argparse.Namespace) -> None:
    query = {name: getattr(args, name) for name in ("by", "step", "since", "until", *DIMENSIONS)}
    body = door.ask("GET", USAGE, query=query).body
    if args.json:
        print_json(body)
    elif args.csv:
        print_table(body["data"])
    else:
        apart = [name for name in DIMENSIONS if args.by and name in args.by.split(",")]
        rows = [row_of(each, apart, args.step) for each in body["data"]]
        print(render_table(columns_of(apart, args.step), rows, shutil.get_terminal_size().columns))
        note(f"from {moment_text(body['since'])} to {moment_text(body['until'])} UTC")


def columns_of(apart: Sequence[str], step: str | None) -> list[Column]:
    """The last name takes what the terminal has left."""
    names = [Column(name.upper(), _NAME_WIDTH) for name in apart[:-1]] + [
        Column(name.upper(), 0) for name in apart[-1:]
    ]
    return [*([Column("AT (UTC)", 16)] if step else []), *names, *_COUNTS]


def row_of(usage: Thing, apart: Sequence[str], step: str | None) -> list[str]:
    return [
        *([moment_text(usage["at"])] if step else []),
        *(usage[name] or "none" for name in apart),
        f"{usage['requests']:,}",
        f"{usage['failed']:,}",
        f"{usage['input_tokens']:,}",
        f"{usage['output_tokens']:,}",
        usage["cost_usd"],
        f"{usage['unpriced']:,}",
    ]


def print_table(data: Sequence[Thing]) -> None:
    if data:
        writer = csv.DictWriter(sys.stdout, list(data[0]))
        writer.writeheader()
        writer.writerows(data)
