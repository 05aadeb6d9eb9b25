"""`gossamer migrate`: brings the tables of the state store up to date, without starting anything."""

import argparse
import asyncio
import sys

from gossamer.cli.admin.door import DONE, REFUSED
from gossamer.cli.config import add_config_option, load_chosen
from gossamer.control.store.errors import StoreUnavailable
from gossamer.control.store.store import migrate


def add_commands(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser("migrate", help="bring the tables of the state store up to date")
    add_config_option(parser)
    parser.set_defaults(run=run_migrate)


def run_migrate(args: argparse.Namespace) -> int:
    settings = load_chosen(args.config).settings
    try:
        done = asyncio.run(migrate(settings.state))
    except StoreUnavailable as error:
        print(f"gossamer: {error}", file=sys.stderr)
        return REFUSED
    if done.before == done.after:
        print(f"the tables are up to date, at {done.after}")
    else:
        print(f"the tables are at {done.after} now; before: {done.before or 'none'}")
    return DONE
