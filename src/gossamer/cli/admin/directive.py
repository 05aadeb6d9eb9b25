"""`gossamer directive ...`: system prompts that agents are given, their versions, and which of them is in force."""

import argparse
import sys
from pathlib import Path
from typing import Any, Final

from gossamer.cli.admin.directive_sync import PromptFile, pull, push
from gossamer.cli.admin.door import Answer, Door, Refused
from gossamer.cli.admin.find import owner, path_to, user_id
from gossamer.cli.admin.options import NONE, add_page_options, add_verb, page_of, said
from gossamer.cli.admin.output import note, print_json, print_list, print_thing
from gossamer.cli.admin.table import Column, Thing, full_moment_text, moment_text

DIRECTIVES: Final = "/admin/v1/directives"
COLUMNS: Final = (Column("ID", 36), Column("NAME", 0), Column("IN FORCE", 8), Column("NEWEST", 8))
VERSION_COLUMNS: Final = (
    Column("", 1),
    Column("NUMBER", 6),
    Column("SAVED (UTC)", 16),
    Column("BY", 24),
    Column("NOTE", 0),
)
_NAMED_MOST: Final = 2
"""More than one is one too many."""


def add_commands(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser("directive", help="system prompts that agents are given, in versions")
    verbs = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    create = add_verb(verbs, "create", "make a directive; its text comes from a file, or stdin", run_create)
    create.add_argument("name", metavar="NAME")
    create.add_argument("--user", metavar="USER", help=f"whose it is: an id, an address or {NONE}")
    _add_text(create)
    _add_named(add_verb(verbs, "save", "save a new version; its text comes from a file, or stdin", run_save))
    _add_text(verbs.choices["save"])
    listing = add_verb(verbs, "list", "list directives, the newest first", run_list)
    listing.add_argument("--search", metavar="TEXT", help="a part of the name")
    listing.add_argument("--user", metavar="USER", help="of this user, by id or address")
    add_page_options(listing)
    show = add_verb(verbs, "show", "show a directive and its versions, or the text of one", run_show)
    _add_named(show)
    show.add_argument("number", metavar="NUMBER", nargs="?", type=int, help="of a version: print its text")
    activate = add_verb(verbs, "activate", "put a version in force, with all workers within a second", run_activate)
    _add_named(activate)
    activate.add_argument("number", metavar="NUMBER", type=int)
    _add_named(add_verb(verbs, "rollback", "go back to the version that was in force before", run_rollback))
    diff = add_verb(verbs, "diff", "what differs between two versions", run_diff)
    _add_named(diff)
    diff.add_argument("old", metavar="OLD", nargs="?", type=int, help="default: the one in force")
    diff.add_argument("new", metavar="NEW", nargs="?", type=int, help="default: the newest")
    _add_named(add_verb(verbs, "remove", "remove a directive that no agent is given, for good", run_remove))
    pushing = add_verb(verbs, "push", "save the Markdown files of a folder, where their text has changed", run_push)
    pushing.add_argument("folder", metavar="FOLDER", type=Path)
    pushing.add_argument("--dry-run", action="store_true", help="only say what would be done")
    pulling = add_verb(verbs, "pull", "write the versions in force into a folder of Markdown files", run_pull)
    pulling.add_argument("folder", metavar="FOLDER", type=Path)


def _add_named(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("directive", metavar="DIRECTIVE", help="its name or its id")


def _add_text(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--file", type=Path, metavar="FILE", help="Markdown, with its variables in the front matter")
    parser.add_argument("--note", metavar="TEXT", help="why")
    parser.add_argument("--inactive", action="store_true", help="save it, and do not put it in force")


def _version(args: argparse.Namespace) -> dict[str, Any]:
    text = args.file.read_text(encoding="utf-8") if args.file else sys.stdin.read()
    members = PromptFile.read(text, args.file or Path("stdin")).members
    return {**members, **said(args, "note"), "activate": not args.inactive}


def found(door: Door, named: str) -> Answer:
    """By its name, else by its id."""
    page = door.ask("GET", DIRECTIVES, query={"name": named, "limit": _NAMED_MOST}).body["data"]
    if len(page) > 1:
        raise Refused(f"several directives are called {named}: name one by its id")
    return door.ask("GET", path_to(DIRECTIVES, page[0]["id"] if page else named))


def _change(door: Door, args: argparse.Namespace, verb: str, body: dict[str, Any] | None) -> None:
    before = found(door, args.directive)
    path = f"{path_to(DIRECTIVES, before.body['id'])}/{verb}"
    print_thing(args, door.ask("POST", path, body=body, if_match=before.etag).body, lines_of)


def run_create(door: Door, args: argparse.Namespace) -> None:
    body = {"name": args.name, **_version(args), **owner(door, args.user)}
    print_thing(args, door.ask("POST", DIRECTIVES, body=body).body, lines_of)


def run_save(door: Door, args: argparse.Namespace) -> None:
    _change(door, args, "versions", _version(args))


def run_activate(door: Door, args: argparse.Namespace) -> None:
    _change(door, args, "activate", {"number": args.number})


def run_rollback(door: Door, args: argparse.Namespace) -> None:
    _change(door, args, "rollback", None)


def run_list(door: Door, args: argparse.Namespace) -> None:
    whose = user_id(door, args.user) if args.user else None
    query = {"search": args.search, "user_id": whose, **page_of(args)}
    print_list(args, door.ask("GET", DIRECTIVES, query=query).body, COLUMNS, row_of)


def run_show(door: Door, args: argparse.Namespace) -> None:
    directive = found(door, args.directive).body
    path = f"{path_to(DIRECTIVES, directive['id'])}/versions"
    if args.number is not None:
        version = door.ask("GET", f"{path}/{args.number}").body
        print_json(version) if args.json else print(version["text"])
        return
    versions = door.ask("GET", path).body["data"]
    if args.json:
        print_json({**directive, "versions": versions})
        return
    print_thing(args, directive, lines_of)
    active = directive["active"]
    print_list(args, {"data": versions, "next": None}, VERSION_COLUMNS, lambda one: version_row_of(one, active))


def run_diff(door: Door, args: argparse.Namespace) -> None:
    directive = found(door, args.directive).body
    query = {"old": args.old, "new": args.new}
    body = door.ask("GET", f"{path_to(DIRECTIVES, directive['id'])}/diff", query=query).body
    if args.json:
        print_json(body)
    elif body["diff"]:
        print(body["diff"])
    else:
        note(f"versions {body['old']} and {body['new']} have the same text")


def run_remove(door: Door, args: argparse.Namespace) -> None:
    door.ask("DELETE", path_to(DIRECTIVES, found(door, args.directive).body["id"]))
    note("it is gone, with all its versions")


def run_push(door: Door, args: argparse.Namespace) -> None:
    done = push(door, args.folder, is_rehearsal=args.dry_run)
    print_json(done) if args.json else print("\n".join(f"{name}: {what}" for name, what in done.items()))


def run_pull(door: Door, args: argparse.Namespace) -> None:
    done = pull(door, args.folder)
    print_json(done) if args.json else print("\n".join(f"{name}: {what}" for name, what in done.items()))


def row_of(directive: Thing) -> list[str]:
    return [directive["id"], directive["name"], str(directive["active"] or "none"), str(directive["latest"])]


def version_row_of(version: Thing, active: int | None) -> list[str]:
    mark = "*" if version["number"] == active else ""
    return [mark, str(version["number"]), moment_text(version["created_at"]), version["author"], version["note"]]


def lines_of(directive: Thing) -> list[tuple[str, str]]:
    return [
        ("id", directive["id"]),
        ("name", directive["name"]),
        ("user", directive["user_id"] or "nobody"),
        ("in force", f"version {directive['active']}" if directive["active"] else "none"),
        ("before", ", ".join(map(str, directive["earlier"])) or "none"),
        ("newest", f"version {directive['latest']}"),
        ("created", full_moment_text(directive["created_at"])),
        ("changed", full_moment_text(directive["updated_at"])),
    ]
