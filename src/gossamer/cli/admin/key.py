"""`gossamer key ...`: what clients send. A key's token is printed when it is made, and never again."""

import argparse
from datetime import UTC, datetime
from typing import Any, Final

from gossamer.cli.admin.door import Door
from gossamer.cli.admin.find import change, owner, path_to, user_id
from gossamer.cli.admin.options import (
    NONE,
    add_limit_options,
    add_page_options,
    add_verb,
    limits_of,
    listed,
    moment,
    page_of,
    said,
)
from gossamer.cli.admin.output import note, print_list, print_thing
from gossamer.cli.admin.table import Column, Thing, full_moment_text, limits_text, list_text, moment_text

KEYS: Final = "/admin/v1/keys"
COLUMNS: Final = (Column("ID", 36), Column("NAME", 0), Column("STATE", 7), Column("USED (UTC)", 16))
SCOPES: Final = ("inference", "admin", "passthrough")


def add_commands(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser("key", help="the keys that clients send")
    verbs = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    create = add_verb(verbs, "create", "make a key; its token is shown this once", run_create)
    create.add_argument("name", metavar="NAME")
    create.add_argument("--user", metavar="USER", help=f"whose it is: an id, an address or {NONE}")
    _add_members(create)
    listing = add_verb(verbs, "list", "list keys, the newest first", run_list)
    listing.add_argument("--search", metavar="TEXT", help="a part of the name")
    listing.add_argument("--user", metavar="USER", help="of this user, by id or address")
    listing.add_argument("--agent", metavar="ID", help="bound to this agent")
    listing.add_argument("--state", choices=("valid", "expired", "revoked"))
    add_page_options(listing)
    _add_key(add_verb(verbs, "show", "show a key, without its token", run_show))
    changing = add_verb(verbs, "change", "change a key; its token stays the same", run_change)
    _add_key(changing)
    changing.add_argument("--name", metavar="NAME")
    _add_members(changing)
    _add_key(add_verb(verbs, "revoke", "revoke a key, for good", run_revoke))


def _add_key(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("key", metavar="ID")


def _add_members(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--scope", action="append", choices=SCOPES, help="what it opens; may be repeated (default: inference)"
    )
    parser.add_argument(
        "--model", action="append", metavar="NAME", help=f"may be asked for; may be repeated; `{NONE}`: all may"
    )
    parser.add_argument(
        "--agent", action="append", metavar="ID", help=f"bind it to this agent; may be repeated; `{NONE}`: to none"
    )
    parser.add_argument("--expires", type=moment, metavar="WHEN", help=f"such as 30d or 2030-01-31; `{NONE}`: never")
    add_limit_options(parser)


def _members(args: argparse.Namespace) -> dict[str, object]:
    expires = {} if args.expires is None else {"expires_at": None if args.expires == NONE else args.expires}
    return {
        **said(args, "name"),
        **listed(args, "scopes", "scope"),
        **listed(args, "models", "model"),
        **listed(args, "agents", "agent", nothing=[]),
        **expires,
        **limits_of(args),
    }


def run_create(door: Door, args: argparse.Namespace) -> None:
    made = door.ask("POST", KEYS, body={**_members(args), **owner(door, args.user)}).body
    print_thing(args, made, lambda key: [*lines_of(key), ("token", key["token"])])
    note("the token is shown only this once: only its SHA-256 is kept")


def run_list(door: Door, args: argparse.Namespace) -> None:
    whose = user_id(door, args.user) if args.user else None
    query: dict[str, Any] = {"search": args.search, "user_id": whose, "agent_id": args.agent, "state": args.state}
    print_list(args, door.ask("GET", KEYS, query={**query, **page_of(args)}).body, COLUMNS, row_of)


def run_show(door: Door, args: argparse.Namespace) -> None:
    print_thing(args, door.ask("GET", path_to(KEYS, args.key)).body, lines_of)


def run_change(door: Door, args: argparse.Namespace) -> None:
    print_thing(args, change(door, path_to(KEYS, args.key), _members(args)), lines_of)


def run_revoke(door: Door, args: argparse.Namespace) -> None:
    print_thing(args, door.ask("POST", f"{path_to(KEYS, args.key)}/revoke").body, lines_of)


def row_of(key: Thing) -> list[str]:
    return [key["id"], key["name"], state_of(key, datetime.now(UTC)), moment_text(key["last_used_at"])]


def state_of(key: Thing, now: datetime) -> str:
    if key["revoked_at"] is not None:
        return "revoked"
    is_past = key["expires_at"] is not None and datetime.fromisoformat(key["expires_at"]) <= now
    return "expired" if is_past else "valid"


def lines_of(key: Thing) -> list[tuple[str, str]]:
    return [
        ("id", key["id"]),
        ("name", key["name"]),
        ("user", key["user_id"] or "nobody"),
        ("state", state_of(key, datetime.now(UTC))),
        ("scopes", ", ".join(key["scopes"])),
        ("models", list_text(key["models"], "all")),
        ("agents", list_text(key["agents"], "all of its user")),
        ("limits", limits_text(key["limits"])),
        ("expires", full_moment_text(key["expires_at"])),
        ("revoked", full_moment_text(key["revoked_at"])),
        ("used", full_moment_text(key["last_used_at"])),
        ("created", full_moment_text(key["created_at"])),
        ("changed", full_moment_text(key["updated_at"])),
    ]
