"""`gossamer invite ...`: a way in for one person, where `auth.registration` is `invite`."""

import argparse
from typing import Final

from gossamer.cli.admin.door import Door
from gossamer.cli.admin.find import path_to
from gossamer.cli.admin.options import add_page_options, add_verb, page_of, said
from gossamer.cli.admin.output import note, print_list, print_thing
from gossamer.cli.admin.table import Column, Thing, full_moment_text, moment_text
from gossamer.cli.admin.user import ROLES

INVITES: Final = "/admin/v1/invites"
COLUMNS: Final = (Column("ID", 36), Column("FOR", 0), Column("ROLE", 6), Column("UNTIL (UTC)", 16))


def add_commands(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser("invite", help="let somebody register")
    verbs = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    create = add_verb(verbs, "create", "invite somebody; the code is shown this once", run_create)
    create.add_argument("--email", metavar="EMAIL", help="whom it is for; else whoever has the code")
    create.add_argument("--role", choices=ROLES, help="what the user becomes (default: member)")
    create.add_argument("--days", type=int, metavar="N", help="for how long it is good (default: 7)")
    add_page_options(add_verb(verbs, "list", "list invites, used ones too", run_list))
    remove = add_verb(verbs, "remove", "take an invite back", run_remove)
    remove.add_argument("invite", metavar="ID")


def run_create(door: Door, args: argparse.Namespace) -> None:
    made = door.ask("POST", INVITES, body=said(args, "email", "role", "days")).body
    print_thing(args, made, lambda invite: [*lines_of(invite), ("code", invite["code"])])
    note("the code is shown only this once; it goes into `invite` of POST /v1/auth/register")


def run_list(door: Door, args: argparse.Namespace) -> None:
    print_list(args, door.ask("GET", INVITES, query=page_of(args)).body, COLUMNS, row_of)


def run_remove(door: Door, args: argparse.Namespace) -> None:
    door.ask("DELETE", path_to(INVITES, args.invite))


def row_of(invite: Thing) -> list[str]:
    until = "used" if invite["used_at"] else moment_text(invite["expires_at"])
    return [invite["id"], invite["email"] or "anybody", invite["role"], until]


def lines_of(invite: Thing) -> list[tuple[str, str]]:
    return [
        ("id", invite["id"]),
        ("for", invite["email"] or "anybody"),
        ("role", invite["role"]),
        ("until", full_moment_text(invite["expires_at"])),
        ("used", full_moment_text(invite["used_at"])),
    ]
