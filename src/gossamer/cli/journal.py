"""`gossamer journal show`, and what `journal` has beside it: the requests that were answered, from the journal's files.

Reads and prints, nothing else; needs no running gateway, and none notices it.
"""

import argparse
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from time import sleep

from gossamer.cli.journal_replay import add_command as add_replay
from gossamer.cli.journal_replay import run_replay
from gossamer.cli.journal_table import HEADING, render_row
from gossamer.core.clock import wall_time
from gossamer.journal.backlog import Backlog, Found
from gossamer.journal.follower import Follower, Missed
from gossamer.journal.reader import Garbled, record_of
from gossamer.journal.selection import Selection

POLL_INTERVAL_S = 0.05
"""Too short to notice for whoever watches, and next to nothing for the machine."""
FOLLOW_AFTER = 10
"""Records shown before the new ones, as tail does."""
UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def add_commands(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Hang `journal` under the program's own parser; `args.run(args)` is the exit code."""
    journal = subparsers.add_parser("journal", help="the record of every finished request")
    verbs = journal.add_subparsers(required=True, metavar="COMMAND")
    replay = add_replay(verbs)
    replay.set_defaults(run=lambda args: run_replay(args, _data_dir(args)))
    show = verbs.add_parser("show", help="print finished requests, one a line, the oldest first")
    for each in (show, replay):
        place = each.add_mutually_exclusive_group()
        place.add_argument("--data-dir", type=Path, metavar="D", help="the gateway's data directory")
        place.add_argument("--config", type=Path, metavar="F", help="take the data directory from this configuration")
    show.add_argument("--follow", action="store_true", help="go on as new requests finish, until interrupted")
    show.add_argument("--last", type=_count, metavar="N", help="only the newest N; with --follow 10 if not said")
    show.add_argument("--status", type=_statuses, default=(), metavar="S", help="such as 429, 5xx or 429,5xx")
    show.add_argument("--model", metavar="M", help="asked for or answered by; * and ? stand for anything")
    show.add_argument("--key", metavar="K", help="the id of the caller's key")
    show.add_argument("--since", type=_age_s, metavar="AGE", help="no older than this, such as 30s, 10m, 2h or 1d")
    show.add_argument("--id", metavar="X", help="the request's id, ours or the caller's")
    show.add_argument("--json", action="store_true", help="the lines as they were written")
    show.set_defaults(run=run_show)


def run_show(args: argparse.Namespace) -> int:
    """Print what was asked for. The exit code is 1 where there is no journal."""
    directory = _data_dir(args) / "journal"
    if not directory.is_dir():
        print(
            f"gossamer: there is no journal at {directory}: start the gateway, or name its place with --data-dir",
            file=sys.stderr,
        )
        return 1
    show = _show_json if args.json else _show_rows()
    try:
        for found in _wanted(directory, args):
            show(found)
            if args.follow:
                sys.stdout.flush()
        sys.stdout.flush()
    except BrokenPipeError:  # the reader has seen enough; a second complaint at exit would help nobody
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:  # how following ends
        return 0
    return 0


def _data_dir(args: argparse.Namespace) -> Path:
    data_dir: Path | None = args.data_dir
    if data_dir is None:
        # Only here: reading a journal by its place needs no configuration.
        from gossamer.config.load import find_config, load_settings  # noqa: PLC0415

        data_dir = Path(load_settings(args.config or find_config(Path.cwd()), os.environ).data_dir)
    return data_dir


def _wanted(directory: Path, args: argparse.Namespace) -> Iterator[Found]:
    since = None if args.since is None else wall_time() - args.since
    selection = Selection(args.status, args.model, args.key, since, args.id)
    backlog = Backlog(directory, selection, _report)
    count = FOLLOW_AFTER if args.follow and args.last is None and args.since is None else args.last
    yield from backlog.all() if count is None else backlog.newest(count)
    if args.follow:
        with closing(Follower(directory, backlog.positions)) as follower:
            yield from _new_ones(follower, selection)


def _new_ones(follower: Follower, selection: Selection) -> Iterator[Found]:
    for entry in follower.follow(POLL_INTERVAL_S, sleep):
        if isinstance(entry, Missed):
            print(f"gossamer: {entry.position.segment} was removed before it was read", file=sys.stderr)
            continue
        record = entry if isinstance(entry, Garbled) else record_of(entry)
        if isinstance(record, Garbled):
            _report(record)
        elif selection.takes(record):
            yield Found(record, entry.data)


def _report(garbled: Garbled) -> None:
    position = garbled.position
    print(f"gossamer: no record at {position.segment}:{position.offset}: {garbled.reason}", file=sys.stderr)


def _show_json(found: Found) -> None:
    print(found.data.decode("utf-8", "replace"))


def _show_rows() -> Callable[[Found], None]:
    """On a terminal with a heading and in colour; elsewhere the rows alone."""
    is_coloured = sys.stdout.isatty()
    if is_coloured:
        print(HEADING)
    return lambda found: print(render_row(found.record, is_coloured=is_coloured))


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no number of records: give one such as 20")
    return int(text)


def _statuses(text: str) -> tuple[str, ...]:
    statuses = tuple(text.split(","))
    for status in statuses:
        if not re.fullmatch(r"[1-5](xx|\d\d)", status):
            raise argparse.ArgumentTypeError(f"{status!r} is no status: give one such as 429, or a class such as 5xx")
    return statuses


def _age_s(text: str) -> float:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd])", text)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no age: give one such as 30s, 10m, 2h or 1d")
    return float(found[1]) * UNITS_S[found[2]]
