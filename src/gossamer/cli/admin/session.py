"""`gossamer session ...`: conversations, and their turns."""

import argparse
import sys
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from gossamer.cli.admin.door import Door, Refused
from gossamer.cli.admin.find import path_to
from gossamer.cli.admin.options import add_page_options, add_verb, page_of, past_moment
from gossamer.cli.admin.output import note, print_json, print_lines, print_list, print_thing
from gossamer.cli.admin.table import Column, Thing, full_moment_text, moment_text
from gossamer.cli.admin.trace import duration_text, said_text, tokens_text

SESSIONS: Final = "/admin/v1/sessions"
STATES: Final = ("open", "idle", "closed", "expired")
COLUMNS: Final = (
    Column("ID", 32),
    Column("NAME", 0),
    Column("STATE", 7),
    Column("TURNS", 5),
    Column("LAST (UTC)", 16),
    Column("USD", 10),
)
TURN_COLUMNS: Final = (
    Column("TURN", 4),
    Column("AT (UTC)", 19),
    Column("STATUS", 6),
    Column("MODEL", 0),
    Column("TOKENS", 13),
    Column("TOTAL", 9),
    Column("TRACE", 22),
)
_SECONDS: Final = 19
_NAMED_MOST: Final = 2


def add_commands(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser("session", help="conversations, and their turns")
    verbs = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    listing = add_verb(verbs, "list", "list sessions, those spoken in last first", run_list)
    listing.add_argument("--name", metavar="NAME", help="X-Session-ID")
    for name in ("key", "user", "agent"):
        listing.add_argument(f"--{name}", metavar="ID", help=f"of this {name}")
    listing.add_argument("--state", choices=STATES)
    listing.add_argument("--least-turns", type=int, metavar="N", help="with so many turns at least")
    listing.add_argument(
        "--since", type=past_moment, metavar="WHEN", help="spoken in since, such as 2h, 30d or 2030-01-31"
    )
    listing.add_argument("--until", type=past_moment, metavar="WHEN", help="the same, until")
    add_page_options(listing)
    _add_session(add_verb(verbs, "show", "a session as a conversation: turn by turn", run_show))
    _add_session(add_verb(verbs, "export", "all turns as JSON lines", run_export))
    _add_session(add_verb(verbs, "close", "mark a session as over; the next turn opens it again", run_close))
    _add_session(add_verb(verbs, "delete", "delete a session with its turns and traces, for good", run_delete))


def _add_session(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("session", metavar="SESSION", help="its id, or its X-Session-ID")


def run_list(door: Door, args: argparse.Namespace) -> None:
    names = ("name", "key", "user", "agent", "state", "least_turns", "since", "until")
    query = {name: getattr(args, name) for name in names}
    print_list(args, door.ask("GET", SESSIONS, query=query | page_of(args)).body, COLUMNS, row_of)


def run_show(door: Door, args: argparse.Namespace) -> None:
    session = found(door, args.session)
    turns = list(turns_of(door, session, content=True))
    if args.json:
        print_json({**session, "data": turns})
        return
    print_thing(args, session, lines_of)
    if any(turn["said"] for turn in turns):
        print_lines(line for number, turn in enumerate(turns, 1) for line in conversation(number, turn))
        return
    rows = {turn["id"]: turn_row_of(number, turn) for number, turn in enumerate(turns, 1)}
    print_list(args, {"data": turns, "next": None}, TURN_COLUMNS, lambda turn: rows[turn["id"]])


def run_export(door: Door, args: argparse.Namespace) -> None:
    session = found(door, args.session)
    for number, turn in enumerate(turns_of(door, session, content=True), 1):
        line = {"session": session["name"], "session_id": session["id"], "turn": number, **turn}
        sys.stdout.write(msgspec.json.encode(line).decode() + "\n")


def run_close(door: Door, args: argparse.Namespace) -> None:
    path = path_to(SESSIONS, found(door, args.session)["id"])
    print_thing(args, door.ask("POST", f"{path}/close").body, lines_of)


def run_delete(door: Door, args: argparse.Namespace) -> None:
    door.ask("DELETE", path_to(SESSIONS, found(door, args.session)["id"]))
    note("it is gone, with its turns and traces, and what the journal had of what was said")


def found(door: Door, named: str) -> Any:
    """By its name, else by its id."""
    page = door.ask("GET", SESSIONS, query={"name": named, "limit": _NAMED_MOST}).body["data"]
    if len(page) > 1:
        raise Refused(f"several users have a session {named}: name one by its id")
    return page[0] if page else door.ask("GET", path_to(SESSIONS, named)).body


def turns_of(door: Door, session: Thing, *, content: bool = False) -> Iterator[Any]:
    """In their order, page by page."""
    query = {"content": "true"} if content else {}
    after = None
    while True:
        page = door.ask("GET", f"{path_to(SESSIONS, session['id'])}/turns", query=query | {"after": after}).body
        yield from page["data"]
        after = page["next"]
        if after is None:
            return


def row_of(session: Thing) -> list[str]:
    last = moment_text(session["last_at"])
    return [session["id"], session["name"], session["state"], str(session["turns"]), last, session["cost_usd"]]


def turn_row_of(number: int, turn: Thing) -> list[str]:
    return [
        str(number),
        turn["at"][:_SECONDS].replace("T", " "),
        str(turn["status"]),
        turn["target"] or turn["model"] or turn["path"],
        tokens_text(turn["usage"]),
        duration_text(turn["total_ms"]),
        turn["id"],
    ]


def conversation(number: int, turn: Thing) -> Iterator[str]:
    """Who said what, below a line of the turn."""
    yield ""
    told = (turn["at"][:_SECONDS].replace("T", " "), turn["target"] or turn["model"] or turn["path"], turn["finish"])
    yield f"{number}. " + ", ".join(filter(None, (*told, tokens_text(turn["usage"]), turn["error"])))
    for voice in turn["said"] or ():
        first, *rest = voice["text"].splitlines() or [""]
        yield f"   {voice['by']}: {said_text(first, 0)}"
        yield from (f"     {said_text(line, 0)}" for line in rest)


def lines_of(session: Thing) -> list[tuple[str, str]]:
    return [
        ("id", session["id"]),
        ("name", session["name"]),
        ("state", session["state"]),
        ("user", session["user"] or "nobody"),
        ("key", session["key"]),
        ("agent", session["agent"] or "none"),
        ("began", full_moment_text(session["began_at"])),
        ("last", full_moment_text(session["last_at"])),
        ("turns", f"{session['turns']}, {session['failed']} of them failed"),
        ("tokens", f"{session['input_tokens']:,} + {session['output_tokens']:,}"),
        ("cost", f"{session['cost_usd']} USD"),
    ]
