"""`gossamer cache ...`: forget answers that are kept."""

import argparse
from typing import Final

from gossamer.cli.admin.door import Door
from gossamer.cli.admin.options import add_verb
from gossamer.cli.admin.output import note

PURGE: Final = "/admin/v1/cache/purge"
_NAMED: Final = (
    ("--key", "ID", "answers to this key; one of the configuration by its name"),
    ("--agent", "ID", "answers to this agent"),
    ("--user", "ID", "answers to all keys of this user"),
    ("--model", "NAME", "answers of this model, as it is asked for or as provider/model"),
)


def add_commands(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser("cache", help="forget answers that are kept")
    verbs = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    purge = add_verb(verbs, "purge", "forget answers, with all workers of all nodes", run_purge)
    meant = purge.add_mutually_exclusive_group(required=True)
    for option, metavar, words in _NAMED:
        meant.add_argument(option, metavar=metavar, help=words)
    meant.add_argument("--all", action="store_true", help="all that there are")


def run_purge(door: Door, args: argparse.Namespace) -> None:
    named = [option.removeprefix("--") for option, _, _ in _NAMED]
    by = next((each for each in named if getattr(args, each) is not None), "all")
    door.ask("POST", PURGE, body={"by": by, "name": getattr(args, by)} if by != "all" else {"by": by})
    note("workers forget them within a second")
