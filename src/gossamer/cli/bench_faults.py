"""`gossamer bench faults`: each fault of a provider once, and whether the promises were kept."""

import argparse
from pathlib import Path
from typing import Final

from gossamer.bench.faults.cases import FULL, SHORT
from gossamer.bench.faults.page import all_broken, write_tables, write_verdict
from gossamer.bench.faults.round import Round, take_round
from gossamer.cli.bench_words import check_writable, complaining, ending_well, keep_text

BROKEN: Final = 1

INTRODUCTION: Final = """\
# What a provider's faults do to a client

Written by `gossamer bench faults --write`, which has each fault once, by the [mock](mock.md), through a gateway, and
looks into its journal and the mocks' own ledgers; do not edit it by hand. Exit code 1 says that a promise was broken:

- **No silent end**: an answer is whole, or it says that it is not.
- **No double answer**: what goes out is of one answer, and after its first byte nobody else is asked.
- **No double bill**: one record a request, for the target that answered, of what went out.

A token of the first target costs 1 µ$ read and 2 µ$ written, of the second, which is well, 3 µ$ and 5 µ$. `first`
and `second` are how often each was asked. Times are those of the faults themselves, to a tenth of a second.
"""


def add_verb(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Under `bench`."""
    faults = verbs.add_parser(
        "faults",
        help="each fault of a provider once: what the client saw, how often was asked, what was billed",
        description="Send the sixteen faults through a gateway, streamed and whole, with one target and with two.",
        epilog="Exit code: 0 all promises kept, 1 one was broken, 2 the gateway or the mocks did not run.",
    )
    faults.add_argument("--short", action="store_true", help="20, 30 and 60 seconds become one or two")
    faults.add_argument("--write", type=Path, metavar="FILE", help="write the page, as docs/reference/faults.md is")
    faults.set_defaults(run=run_bench_faults)


@complaining
def run_bench_faults(args: argparse.Namespace) -> int:
    """Take it, show it, judge it."""
    check_writable(args.write)
    with ending_well():
        found = take_round(SHORT if args.short else FULL)
    print(write_tables(found))
    print(write_verdict(found), end="")
    if args.write is not None:
        keep_text(args.write, write_page(found))
    return BROKEN if any(all_broken(found)) else 0


def write_page(found: Round) -> str:
    return f"{INTRODUCTION}\n{write_tables(found)}"
