"""`gossamer audit show`: audit events from the files, filtered, one a line. Needs no running gateway."""

import argparse
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from gossamer.cli.audit_source import add_place_options, files_of, settings_of
from gossamer.cli.durations import age_s
from gossamer.core.clock import wall_time
from gossamer.projections.audit.event import AuditEvent, ChangeEvent, RequestEvent, event_schema
from gossamer.projections.audit.reading import FileReading

NOTHING_THERE = 1


def add_show(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = verbs.add_parser("show", help="requests and changes from the audit files, the oldest first")
    add_place_options(parser)
    parser.add_argument("--type", choices=("request", "change"), help="only these")
    parser.add_argument("--who", metavar="ID", help="whose key, user, agent or address this is")
    parser.add_argument("--since", type=age_s, metavar="AGE", help="no older than this, such as 30s, 10m, 2h or 1d")
    parser.add_argument("--until", type=age_s, metavar="AGE", help="older than this")
    parser.add_argument("--json", action="store_true", help="the lines as they were written")
    parser.set_defaults(run=run_show)


def add_schema(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = verbs.add_parser("schema", help="print the JSON Schema of an audit event")
    parser.set_defaults(run=run_schema)


def run_schema(_: argparse.Namespace) -> int:
    print(msgspec.json.format(msgspec.json.encode(event_schema())).decode())
    return 0


def run_show(args: argparse.Namespace) -> int:
    """The exit status is 1 where there are no files."""
    directory = files_of(settings_of(args))
    if not directory.is_dir():
        hint = "start the gateway with `audit: file`, or name its place with --data-dir"
        print(f"gossamer: there are no audit files at {directory}: {hint}", file=sys.stderr)
        return NOTHING_THERE
    for event, line in _events(directory):
        if _is_wanted(event, args, wall_time()):
            print(line.decode() if args.json else render(event))
    return 0


def render(event: AuditEvent) -> str:
    at = datetime.fromtimestamp(event.at, UTC).isoformat(" ", "milliseconds")[:23]
    who = event.key or event.user or event.address or "-"
    if isinstance(event, RequestEvent):
        what = f"{event.status} {event.outcome:15}  {event.target or event.model or event.path}"
    else:
        what = f"{event.by:19}  {event.action} {event.subject or ''}"
    return _printable(f"{at}  {who:36}  {what}  {event.id}")


def _events(directory: Path) -> Iterator[tuple[AuditEvent, bytes]]:
    decode = msgspec.json.Decoder(AuditEvent).decode
    with closing(FileReading(directory)) as reading:
        for line in reading.poll():
            try:
                yield decode(line), line
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                print(f"gossamer: a line that is no audit event: {error}", file=sys.stderr)


def _is_wanted(event: AuditEvent, args: argparse.Namespace, now: float) -> bool:
    if args.type is not None and (args.type == "change") != isinstance(event, ChangeEvent):
        return False
    if args.who is not None and args.who not in _names(event):
        return False
    age = now - event.at
    return (args.since is None or age <= args.since) and (args.until is None or age > args.until)


def _names(event: AuditEvent) -> tuple[str | None, ...]:
    agent = event.agent if isinstance(event, RequestEvent) else None
    return event.key, event.user, agent, event.address, event.address.rpartition(":")[0]


def _printable(text: str) -> str:
    """What callers choose must not steer the terminal of whoever looks at it."""
    return text if text.isprintable() else text.encode("unicode_escape").decode("ascii")
