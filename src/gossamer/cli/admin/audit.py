"""`gossamer audit`: who changed what, from the store; and all events, where the configuration sends them."""

import argparse
from typing import Final

from gossamer.cli.admin.door import Door
from gossamer.cli.admin.options import add_page_options, add_verb, page_of, past_moment
from gossamer.cli.admin.output import print_list
from gossamer.cli.admin.table import Column, Thing, moment_text
from gossamer.cli.audit_monitor import add_monitor
from gossamer.cli.audit_show import add_schema, add_show

EVENTS: Final = "/admin/v1/audit"
COLUMNS: Final = (Column("AT (UTC)", 16), Column("ACTION", 14), Column("BY", 0), Column("WHAT", 36))


def add_commands(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser("audit", help="who changed what, and who asked what")
    verbs = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    listing = add_verb(verbs, "list", "list changes, the newest first; --json has what was before and after", run_list)
    listing.add_argument("--action", metavar="ACTION", help="such as key.revoke, or key for all that is done to keys")
    listing.add_argument("--subject", metavar="ID", help="what was changed")
    listing.add_argument("--actor", metavar="ID", help="the user or key that changed it")
    listing.add_argument("--since", type=past_moment, metavar="WHEN", help="such as 2h, 30d or 2030-01-31")
    listing.add_argument("--until", type=past_moment, metavar="WHEN", help="the same")
    add_page_options(listing)
    add_show(verbs)
    add_monitor(verbs)
    add_schema(verbs)


def run_list(door: Door, args: argparse.Namespace) -> None:
    query = {
        "action": args.action,
        "subject": args.subject,
        "actor_id": args.actor,
        "since": args.since,
        "until": args.until,
        **page_of(args),
    }
    print_list(args, door.ask("GET", EVENTS, query=query).body, COLUMNS, row_of)


def row_of(event: Thing) -> list[str]:
    return [moment_text(event["at"]), event["action"], event["actor"]["kind"], event["subject"] or ""]
