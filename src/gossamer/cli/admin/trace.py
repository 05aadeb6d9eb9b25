"""`gossamer trace list|show`: finished requests."""

import argparse
from typing import Final
from urllib.parse import quote

from gossamer.cli.admin.door import Door
from gossamer.cli.admin.options import add_page_options, add_verb, page_of, past_moment
from gossamer.cli.admin.output import print_list, print_thing
from gossamer.cli.admin.table import Column, Thing, full_moment_text

TRACES: Final = "/admin/v1/traces"
COLUMNS: Final = (
    Column("AT (UTC)", 19),
    Column("STATUS", 6),
    Column("MODEL", 0),
    Column("TOTAL", 9),
    Column("OWN", 9),
    Column("TOKENS", 13),
    Column("USD", 10),
    Column("ID", 22),
)
_SECONDS: Final = 19
_MS_PER_S: Final = 1000


def add_commands(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser("trace", help="finished requests: who answered, how long, at what cost")
    verbs = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    listing = add_verb(verbs, "list", "search finished requests, the newest first", run_list)
    for name in ("key", "user", "agent"):
        listing.add_argument(f"--{name}", metavar="ID", help=f"of this {name}")
    listing.add_argument("--session", metavar="NAME", help="X-Session-ID, as the caller sent it")
    listing.add_argument("--model", metavar="NAME", help="as it was asked for")
    listing.add_argument("--target", metavar="NAME", help="who answered: provider/model")
    listing.add_argument("--status", type=int, metavar="N", help="this status alone")
    listing.add_argument("--failed", action="store_true", default=None, help="only what was answered with 400 or above")
    listing.add_argument("--least-ms", type=float, metavar="MS", help="took so long at least")
    listing.add_argument("--least-usd", metavar="USD", help="cost so much at least")
    listing.add_argument(
        "--text", metavar="TEXT", help="in the caller's id, the path, the error or what was captured; give --since, too"
    )
    listing.add_argument("--since", type=past_moment, metavar="WHEN", help="such as 2h, 30d or 2030-01-31")
    listing.add_argument("--until", type=past_moment, metavar="WHEN", help="the same")
    listing.add_argument("--oldest", action="store_const", const="oldest", dest="order", help="the oldest first")
    add_page_options(listing)
    show = add_verb(verbs, "show", "one finished request: each step, each attempt", run_show)
    show.add_argument("id", metavar="ID", help="as `trace list` gives it")


def run_list(door: Door, args: argparse.Namespace) -> None:
    names = ("key", "user", "agent", "session", "model", "target", "status", "failed", "least_ms", "least_usd", "text")
    query = {name: getattr(args, name) for name in (*names, "since", "until", "order")}
    if query["failed"]:
        query["failed"] = "true"
    print_list(args, pages_of(door, query | page_of(args), args.limit), COLUMNS, row_of)


def run_show(door: Door, args: argparse.Namespace) -> None:
    print_thing(args, door.ask("GET", f"{TRACES}/{quote(args.id, safe='')}").body, lines_of)


def pages_of(door: Door, query: dict[str, object], limit: int) -> Thing:
    """One page, of as many as it takes: a search for a text answers with what it has read by then."""
    found: list[Thing] = []
    while True:
        page = door.ask("GET", TRACES, query=query | {"limit": limit - len(found)}).body
        found += page["data"]
        if page["next"] is None or len(found) >= limit:
            return {"data": found, "next": page["next"]}
        query = query | {"after": page["next"]}


def row_of(trace: Thing) -> list[str]:
    return [
        trace["at"][:_SECONDS].replace("T", " "),
        str(trace["status"]),
        trace["target"] or trace["model"] or trace["path"],
        duration_text(trace["total_ms"]),
        duration_text(trace["overhead_ms"]),
        tokens_text(trace["usage"]),
        trace["cost_usd"] or "",
        trace["id"],
    ]


def lines_of(trace: Thing) -> list[tuple[str, str]]:
    lines = [
        ("id", trace["id"]),
        ("request id", trace["request_id"]),
        ("at", full_moment_text(trace["at"])),
        ("asked", f"{trace['method']} {trace['path']}, model {trace['model'] or 'none'}"),
        ("answered by", trace["target"] or "nobody"),
        ("status", f"{trace['status']}, {trace['outcome']}" + (f": {trace['error']}" if trace["error"] else "")),
        ("ended", trace["finish"] or "nobody said why"),
        ("key", trace["key"] or "none"),
        ("user", trace["user"] or "none"),
        ("agent", trace["agent"] or "none"),
        ("session", trace["session"] or "none"),
        ("directive", directive_text(trace["directive"])),
        ("tokens", tokens_text(trace["usage"]) or "nobody counted"),
        ("cost", f"{trace['cost_usd']} USD" if trace["cost_usd"] is not None else "unknown"),
        ("total", duration_text(trace["total_ms"])),
        ("gateway's own", duration_text(trace["overhead_ms"])),
    ]
    if trace["first_byte_ms"] is not None:
        lines.append(("first byte", duration_text(trace["first_byte_ms"])))
    lines += [(f"  {name}", duration_text(took_ms)) for name, took_ms in trace["stages"].items()]
    lines += [(f"attempt {number}", attempt_text(each)) for number, each in enumerate(trace["attempts"], 1)]
    return lines + content_lines(trace["content"])


def content_lines(content: Thing | None) -> list[tuple[str, str]]:
    if content is None:
        return []
    return [
        (name, said_text(content[name], content[f"{name}_cut_bytes"]) or f"SHA-256 {content[f'{name}_sha256']}")
        for name in ("request", "answer")
    ]


def said_text(text: str, cut_bytes: int) -> str:
    """On one line, and without what a terminal would obey."""
    shown = "".join(each if each.isprintable() else " " for each in text)
    return f"{shown} ... and {cut_bytes:,} bytes more" if cut_bytes else shown


def attempt_text(attempt: Thing) -> str:
    said = f": {attempt['error']}" if attempt["error"] else ""
    return f"{attempt['target']}, {attempt['status'] or 'no answer'} after {duration_text(attempt['ms'])}{said}"


def duration_text(ms: float) -> str:
    return f"{ms / _MS_PER_S:,.2f} s" if ms >= _MS_PER_S else f"{ms:.3f} ms"


def tokens_text(usage: Thing | None) -> str:
    return "" if usage is None else f"{usage['input']:,} + {usage['output']:,}"


def directive_text(directive: Thing | None) -> str:
    return "none" if directive is None else f"{directive['id']}, version {directive['number']}"
