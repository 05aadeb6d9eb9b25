"""`gossamer user ...`: who may log in, and how much all of a user's keys may use together."""

import argparse
from typing import Final

from gossamer.cli.admin.door import Door
from gossamer.cli.admin.find import USERS, change, path_to, user_id
from gossamer.cli.admin.options import add_limit_options, add_page_options, add_verb, limits_of, page_of, said
from gossamer.cli.admin.output import note, print_list, print_thing
from gossamer.cli.admin.password import read_password
from gossamer.cli.admin.table import Column, Thing, full_moment_text, limits_text

COLUMNS: Final = (Column("ID", 36), Column("EMAIL", 0), Column("ROLE", 6), Column("STATE", 6))
ROLES: Final = ("admin", "member")


def add_commands(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser("user", help="who may log in")
    verbs = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    create = add_verb(verbs, "create", "add a user; the password is asked for, or read from stdin", run_create)
    create.add_argument("email", metavar="EMAIL")
    create.add_argument("--role", choices=ROLES, help="an admin sees and changes everything (default: member)")
    add_limit_options(create)
    listing = add_verb(verbs, "list", "list users, the newest first", run_list)
    listing.add_argument("--search", metavar="TEXT", help="a part of the address")
    listing.add_argument("--role", choices=ROLES)
    add_page_options(listing)
    _add_user(add_verb(verbs, "show", "show a user", run_show))
    changing = add_verb(verbs, "change", "change a user", run_change)
    _add_user(changing)
    changing.add_argument("--email", metavar="EMAIL", help="another address")
    changing.add_argument("--role", choices=ROLES)
    state = changing.add_mutually_exclusive_group()
    state.add_argument("--active", dest="is_active", action="store_true", default=None, help="bring it back")
    state.add_argument("--inactive", dest="is_active", action="store_false", help="the same as remove")
    add_limit_options(changing)
    _add_user(add_verb(verbs, "remove", "deactivate a user: its keys and agents are refused from now on", run_remove))
    password = add_verb(verbs, "password", "set a new password, which ends all log-ins of the user", run_password)
    _add_user(password)
    password.add_argument(
        "--current", action="store_true", help="ask for the current one first: over HTTP, one's own needs it"
    )


def _add_user(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("user", metavar="USER", help="its id or its address")


def run_create(door: Door, args: argparse.Namespace) -> None:
    password = read_password(f"Password for {args.email}")
    body = {"email": args.email, "password": password, **said(args, "role"), **limits_of(args)}
    print_thing(args, door.ask("POST", USERS, body=body).body, lines_of)


def run_list(door: Door, args: argparse.Namespace) -> None:
    query = {"search": args.search, "role": args.role, **page_of(args)}
    print_list(args, door.ask("GET", USERS, query=query).body, COLUMNS, row_of)


def run_show(door: Door, args: argparse.Namespace) -> None:
    print_thing(args, door.ask("GET", _path(door, args)).body, lines_of)


def run_change(door: Door, args: argparse.Namespace) -> None:
    members = {**said(args, "email", "role", "is_active"), **limits_of(args)}
    print_thing(args, change(door, _path(door, args), members), lines_of)


def run_remove(door: Door, args: argparse.Namespace) -> None:
    print_thing(args, door.ask("DELETE", _path(door, args)).body, lines_of)
    note("its log-ins have ended, its keys and agents are refused; `gossamer user change --active` brings all back")


def run_password(door: Door, args: argparse.Namespace) -> None:
    current = {"current_password": read_password("Current password", twice=False)} if args.current else {}
    password = read_password(f"New password for {args.user}")
    print_thing(args, change(door, _path(door, args), {"password": password, **current}), lines_of)


def _path(door: Door, args: argparse.Namespace) -> str:
    return path_to(USERS, user_id(door, args.user))


def row_of(user: Thing) -> list[str]:
    return [user["id"], user["email"], user["role"], state_of(user)]


def state_of(thing: Thing) -> str:
    return "active" if thing["is_active"] else "off"


def lines_of(user: Thing) -> list[tuple[str, str]]:
    return [
        ("id", user["id"]),
        ("email", user["email"]),
        ("role", user["role"]),
        ("state", state_of(user)),
        ("limits", limits_text(user["limits"])),
        ("created", full_moment_text(user["created_at"])),
        ("changed", full_moment_text(user["updated_at"])),
    ]
