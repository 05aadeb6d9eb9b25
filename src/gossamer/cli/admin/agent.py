"""`gossamer agent ...`: on whose behalf keys speak, with models and limits of its own."""

import argparse
from typing import Final

from gossamer.cli.admin.door import Door
from gossamer.cli.admin.find import change, owner, path_to, user_id
from gossamer.cli.admin.options import (
    NONE,
    add_limit_options,
    add_page_options,
    add_verb,
    limits_of,
    listed,
    page_of,
    said,
)
from gossamer.cli.admin.output import note, print_list, print_thing
from gossamer.cli.admin.table import Column, Thing, full_moment_text, limits_text, list_text
from gossamer.cli.admin.user import state_of

AGENTS: Final = "/admin/v1/agents"
COLUMNS: Final = (Column("ID", 36), Column("NAME", 0), Column("DEFAULT MODEL", 16), Column("STATE", 6))


def add_commands(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser("agent", help="the agents on whose behalf keys speak")
    verbs = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    create = add_verb(verbs, "create", "make an agent", run_create)
    create.add_argument("name", metavar="NAME")
    create.add_argument("--user", metavar="USER", help=f"whose it is: an id, an address or {NONE}")
    _add_members(create)
    listing = add_verb(verbs, "list", "list agents, the newest first", run_list)
    listing.add_argument("--search", metavar="TEXT", help="a part of the name")
    listing.add_argument("--user", metavar="USER", help="of this user, by id or address")
    add_page_options(listing)
    _add_agent(add_verb(verbs, "show", "show an agent", run_show))
    changing = add_verb(verbs, "change", "change an agent", run_change)
    _add_agent(changing)
    changing.add_argument("--name", metavar="NAME")
    state = changing.add_mutually_exclusive_group()
    state.add_argument("--active", dest="is_active", action="store_true", default=None, help="let it speak again")
    state.add_argument("--inactive", dest="is_active", action="store_false", help="refuse whoever speaks as it")
    _add_members(changing)
    _add_agent(add_verb(verbs, "remove", "remove an agent, for good", run_remove))


def _add_agent(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("agent", metavar="ID")


def _add_members(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--model", action="append", metavar="NAME", help=f"may be asked for; may be repeated; `{NONE}`: all may"
    )
    parser.add_argument(
        "--default-model", metavar="NAME", help=f"where a request names none; `{NONE}`: it must name one"
    )
    parser.add_argument(
        "--directive", metavar="ID", help=f"put before all that is asked in its name; `{NONE}`: nothing"
    )
    parser.add_argument(
        "--metadata", action="append", type=_pair, metavar="NAME=VALUE",
        help="what its directive's variables are filled with; may be repeated, and replaces all there is",
    )  # fmt: skip
    add_limit_options(parser)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is no pair: write NAME=VALUE")
    return name, value


def _members(args: argparse.Namespace) -> dict[str, object]:
    default = args.default_model
    return {
        **said(args, "name"),
        **listed(args, "models", "model"),
        **({} if default is None else {"default_model": None if default == NONE else default}),
        **({} if args.directive is None else {"directive_id": None if args.directive == NONE else args.directive}),
        **({} if args.metadata is None else {"metadata": dict(args.metadata)}),
        **limits_of(args),
    }


def run_create(door: Door, args: argparse.Namespace) -> None:
    body = {**_members(args), **owner(door, args.user)}
    print_thing(args, door.ask("POST", AGENTS, body=body).body, lines_of)


def run_list(door: Door, args: argparse.Namespace) -> None:
    whose = user_id(door, args.user) if args.user else None
    query = {"search": args.search, "user_id": whose, **page_of(args)}
    print_list(args, door.ask("GET", AGENTS, query=query).body, COLUMNS, row_of)


def run_show(door: Door, args: argparse.Namespace) -> None:
    print_thing(args, door.ask("GET", path_to(AGENTS, args.agent)).body, lines_of)


def run_change(door: Door, args: argparse.Namespace) -> None:
    members = {**_members(args), **said(args, "is_active")}
    print_thing(args, change(door, path_to(AGENTS, args.agent), members), lines_of)


def run_remove(door: Door, args: argparse.Namespace) -> None:
    door.ask("DELETE", path_to(AGENTS, args.agent))
    note("it is gone; a key that was bound to it alone may speak as nobody until its agents are changed")


def row_of(agent: Thing) -> list[str]:
    return [agent["id"], agent["name"], agent["default_model"] or "", state_of(agent)]


def lines_of(agent: Thing) -> list[tuple[str, str]]:
    return [
        ("id", agent["id"]),
        ("name", agent["name"]),
        ("user", agent["user_id"] or "nobody"),
        ("state", state_of(agent)),
        ("models", list_text(agent["models"], "all")),
        ("default model", agent["default_model"] or "none"),
        ("directive", agent["directive_id"] or "none"),
        ("metadata", ", ".join(f"{name}={value}" for name, value in agent["metadata"].items()) or "none"),
        ("limits", limits_text(agent["limits"])),
        ("created", full_moment_text(agent["created_at"])),
        ("changed", full_moment_text(agent["updated_at"])),
    ]
