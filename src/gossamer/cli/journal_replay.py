"""`gossamer journal replay`: a sink takes the journal again. Ordered and awaited here; the recorder does it."""

import argparse
import sys
from pathlib import Path
from time import sleep
from typing import Final

from gossamer.cli.admin.options import past_moment_s
from gossamer.core.clock import now_ns
from gossamer.projections.replays import Order, Outcome, ReplayDesk

_POLL_S: Final = 0.1
_SAY_AFTER_NS: Final = 3_000_000_000
"""A recorder that runs has seen the order by then."""


def add_command(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """The caller adds where the data directory is, and `run`."""
    replay = verbs.add_parser("replay", help="let a projection take again what the journal has")
    replay.add_argument("--sink", required=True, metavar="NAME", help="such as traces, usage or metrics")
    replay.add_argument(
        "--from", dest="since", type=past_moment_s, default=0.0, metavar="WHEN", help="such as 2h, 30d or 2030-01-31"
    )
    replay.add_argument("--force", action="store_true", help="also forget what the journal has no more")
    replay.add_argument("--no-wait", action="store_true", help="leave the order, and go")
    return replay


def run_replay(args: argparse.Namespace, data_dir: Path) -> int:
    """The exit code is 1 where it was not done."""
    desk = ReplayDesk(data_dir)
    sinks = desk.sinks()
    if args.sink not in sinks:
        known = f"there are {', '.join(sinks)}" if sinks else "start the gateway once, or name its place by --data-dir"
        print(f"gossamer: {data_dir} has no sink {args.sink!r}; {known}", file=sys.stderr)
        return 1
    desk.give(args.sink, Order(since=args.since, is_strict=args.force))
    if args.no_wait:
        print("ordered; the gateway does it at once, or at its next start")
        return 0
    return _tell(args.sink, _outcome(desk, args.sink))


def _outcome(desk: ReplayDesk, sink: str) -> Outcome:
    begun_ns = now_ns()
    is_told = False
    while (outcome := desk.outcome_for(sink)) is None:
        sleep(_POLL_S)
        if not is_told and now_ns() - begun_ns > _SAY_AFTER_NS:
            print("ordered; waiting for the gateway, which does it at its next start if it is down", file=sys.stderr)
            is_told = True
    return outcome


def _tell(sink: str, outcome: Outcome) -> int:
    if outcome.refused:
        print(f"gossamer: nothing was changed: {outcome.refused}", file=sys.stderr)
        return 1
    print(f"{sink}: {outcome.read:,} records were taken again")
    if outcome.kept:
        print(f"{sink}: {outcome.kept:,} rows stay that the journal does not have any more; --force forgets them")
    return 0
