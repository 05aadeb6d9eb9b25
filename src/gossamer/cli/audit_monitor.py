"""`gossamer audit monitor`: counts audit events as they arrive, and says which are missing and which came twice."""

import argparse
import sys
from contextlib import closing
from time import monotonic, sleep
from typing import Final

import msgspec

from gossamer.cli.audit_source import add_place_options, has_all_changes, open_source, settings_of
from gossamer.cli.durations import age_s
from gossamer.projections.audit.reading import FileReading
from gossamer.projections.audit.topic import TopicAway
from gossamer.projections.audit.topic_reading import TopicReading
from gossamer.projections.audit.watch import Report, Watch

GAP: Final = 1
"""The exit status where events are missing."""
AWAY: Final = 2
EVERY_S: Final = 1.0
SETTLING_S: Final = 3.0
"""A topic's partitions are not read from one moment on: until then nothing is called missing."""
PATIENCE_S: Final = 20.0
"""For a topic that is to be read to its end and brings nothing."""
_LOOK_EVERY_S: Final = 0.1
_HEADING: Final = "requests/s   changes/s     events    missing    doubles"


def add_monitor(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = verbs.add_parser("monitor", help="count audit events as they arrive; which are missing, which came twice")
    add_place_options(parser)
    until = parser.add_mutually_exclusive_group()
    until.add_argument("--once", action="store_true", help="read all that is there by now, and end")
    until.add_argument("--for", dest="for_s", type=age_s, metavar="TIME", help="end after so long, such as 30s or 5m")
    parser.add_argument("--json", action="store_true", help="the report as JSON: one line a second, the last is of all")
    parser.set_defaults(run=run_monitor)


def run_monitor(args: argparse.Namespace) -> int:
    """The exit status is 1 where events are missing, and 2 where the topic cannot be read."""
    settings = settings_of(args)
    watch = Watch(judges_changes=has_all_changes(settings))
    try:
        with closing(open_source(settings, from_end=not args.once)) as source:
            _read_once(source, watch) if args.once else _follow(source, watch, args)
    except TopicAway as error:
        print(f"gossamer: {error}", file=sys.stderr)
        return AWAY
    report = watch.report()
    print(msgspec.json.encode(report).decode() if args.json else render(report))
    return GAP if report.missing else 0


def render(report: Report) -> str:
    counted = ", ".join(f"{count:,} {kind}" for kind, count in sorted(report.events.items())) or "none"
    lines = [
        f"events    {counted}",
        f"lives     {report.lives}",
        f"doubles   {report.doubles}",
        f"missing   {report.missing}",
    ]
    lines += [f"  {gap.life}: {gap.first} to {gap.last}" for gap in report.gaps]
    return "\n".join(lines)


def _read_once(source: FileReading | TopicReading, watch: Watch) -> None:
    heard_at = monotonic()
    while True:
        for line in source.poll():
            watch.see(line)
            heard_at = monotonic()
        if isinstance(source, FileReading) or source.is_through:
            return
        if monotonic() - heard_at > PATIENCE_S:
            raise TopicAway(source.trouble or f"nothing more came within {PATIENCE_S:.0f} s")


def _follow(source: FileReading | TopicReading, watch: Watch, args: argparse.Namespace) -> None:
    began = shown = monotonic()
    is_settled = isinstance(source, FileReading)
    before: dict[str, int] = {}
    if not args.json:
        print(_HEADING)
    try:
        while args.for_s is None or monotonic() - began < args.for_s:
            for line in source.poll():
                watch.see(line)
            now = monotonic()
            if not is_settled and now - began >= SETTLING_S:
                is_settled = True
                watch.settle()
            if now - shown >= EVERY_S:
                before = _show(watch, before, now - shown, as_json=args.json)
                shown = now
            if isinstance(source, FileReading):
                sleep(_LOOK_EVERY_S)
        if not is_settled:
            watch.settle()
    except KeyboardInterrupt:  # how following ends; what it found is told
        return


def _show(watch: Watch, before: dict[str, int], took_s: float, *, as_json: bool) -> dict[str, int]:
    report = watch.report()
    if as_json:
        print(msgspec.json.encode(report).decode(), flush=True)
        return report.events
    rates = [(report.events.get(kind, 0) - before.get(kind, 0)) / took_s for kind in ("request", "change")]
    total = sum(report.events.values())
    print(f"{rates[0]:10.1f}  {rates[1]:10.1f}  {total:9}  {report.missing:9}  {report.doubles:9}", flush=True)
    return report.events
