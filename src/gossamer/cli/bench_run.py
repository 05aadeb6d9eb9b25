"""`gossamer bench run`: takes a run, keeps it as JSON, and prints its figures."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from gossamer.bench.analysis import figures_of
from gossamer.bench.arms import Outside
from gossamer.bench.cells import Cell
from gossamer.bench.diagnosis import NO_FIGURES
from gossamer.bench.errors import RigBroken
from gossamer.bench.figures import Figures
from gossamer.bench.limits import hard_limits
from gossamer.bench.markdown import write_markdown
from gossamer.bench.page import write_page
from gossamer.bench.profiles import PROFILES, Profile
from gossamer.bench.progress import Progress
from gossamer.bench.record import Run, write_run
from gossamer.bench.schedule import Visit
from gossamer.bench.session import Wish, scratch_file, take_run
from gossamer.bench.traffic import MODEL
from gossamer.cli.bench_read import read_sound_run
from gossamer.cli.bench_words import (
    NOT_MEASURED,
    add_arm,
    can_measure,
    check_writable,
    complaining,
    ending_well,
    keep_text,
    new_say,
    positive,
    seed_of,
    subject_of,
)

INTERRUPTED = 130


def add_verb(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Under `bench`."""
    run = verbs.add_parser(
        "run",
        help="what a gateway adds, with intervals: latency, streams, CPU, capacity, errors",
        description="Measure what a gateway adds between a client and a provider, beside a null hop and no hop at all.",
        epilog="Ctrl-C keeps what there is; --resume goes on. Exit code: 0 taken, 2 not measured, or not all "
        "of it, 130 interrupted.",
    )
    add_plan(run)
    run.add_argument("--out", type=Path, metavar="FILE", help="the result (default: a new file in this folder)")
    run.add_argument("--html", type=Path, metavar="FILE", help="the page (default: beside the result)")
    run.add_argument("--resume", type=Path, metavar="FILE", help="go on with an interrupted run; FILE is written to")
    add_targets(run)
    add_arm(run)
    run.set_defaults(run=run_bench_run)


def add_plan(parser: argparse.ArgumentParser) -> None:
    """How much."""
    parser.add_argument("--profile", choices=PROFILES, default="short", help="(default: %(default)s)")
    parser.add_argument("--rounds", type=positive, metavar="N", help="of every cell (default: the profile's own)")
    parser.add_argument("--seed", type=int, metavar="N", help="of the order of everything (default: a new one)")


def add_targets(parser: argparse.ArgumentParser) -> None:
    """Gateways that run already."""
    parser.add_argument("--target", action="append", default=[], metavar="[NAME=]URL", help=_TARGET_HELP)
    parser.add_argument("--token", default="", metavar="TOKEN", help="that the targets know")
    parser.add_argument("--model", default=MODEL, metavar="NAME", help="that the targets know (default: %(default)s)")
    parser.add_argument("--header", action="append", default=[], metavar="NAME:VALUE", help="for the targets; repeat")
    parser.add_argument("--metrics", action="append", default=[], metavar="[NAME=]URL", help=_METRICS_HELP)
    parser.add_argument("--provider-port", type=positive, metavar="PORT", help="where the mock shall listen")


_TARGET_HELP = (
    "a gateway that runs already, by its base URL up to /v1; it must have the mock as its provider: "
    "http://127.0.0.1:PORT/v1 with the PORT of --provider-port. May be repeated"
)


_METRICS_HELP = "the page that a target has for Prometheus: its histograms are shown beside what was measured"


@complaining
def run_bench_run(args: argparse.Namespace) -> int:
    """Take it, keep it, show it."""
    if not can_measure("run"):
        return NOT_MEASURED
    out: Path = args.resume or args.out or scratch_file()
    page: Path = args.html or out.with_suffix(".html")
    resumed = read_sound_run(args.resume) if args.resume is not None else None
    check_writable(out, page)
    run = take(wish_of(args, resumed), out, resumed)
    figures = figures_of(run)
    results = hard_limits(figures)
    print(write_markdown(figures, results))
    write_run(run, out)
    keep_text(page, write_page(figures, results))
    print(f"result: {out}\npage:   {page}")
    return how_it_ended(figures)


def how_it_ended(figures: Figures) -> int:
    """0 where every gateway has figures in every cell."""
    if not figures.is_complete:
        return INTERRUPTED
    names = {arm.name for arm in figures.gateways}
    lacks = any(finding.kind == NO_FIGURES and finding.arm in names for finding in figures.findings)
    return NOT_MEASURED if lacks else 0


def take(
    wish: Wish,
    out: Path,
    resumed: Run | None = None,
    unclear: Callable[[Run], Sequence[Cell]] | None = None,
    before: Callable[[Run], None] = lambda _: None,
) -> Run:
    """With progress on stderr, kept in the file after each round. `before` the first block it can be looked at."""
    say = new_say()
    progress = Progress(sys.stderr, wish.profile.cells, is_terminal=sys.stderr.isatty())

    def visit(run: Run, visit: Visit, position: int) -> None:
        if not run.blocks:
            before(run)
        progress.visit(run, visit, position)

    with ending_well(is_kept=True):
        run = take_run(wish, say, visit, lambda run: _keep_if_it_goes(run, out, say), resumed, unclear)
    progress.end()
    return run


def _keep_if_it_goes(run: Run, out: Path, say: Callable[[str], None]) -> None:
    """A disk that is full now may not be at the end, and what is in memory can still be shown."""
    try:
        write_run(run, out)
    except RigBroken as error:
        say(f"!!! {error}; the run goes on")


def wish_of(args: argparse.Namespace, resumed: Run | None = None) -> Wish:
    """What was asked for; a resumed run asks for what it began with."""
    if resumed is not None:
        profile = Profile(resumed.profile, resumed.cells, resumed.rounds)
        rounds, seed = resumed.rounds, resumed.seed
    else:
        profile, rounds, seed = PROFILES[args.profile], args.rounds or PROFILES[args.profile].rounds, seed_of(args)
    if args.target and args.provider_port is None:
        raise RigBroken("a --target needs the mock as its provider: choose its port with --provider-port")
    return Wish(profile, rounds, seed, subject_of(args), outside_of(args), provider_port=args.provider_port)


def outside_of(args: argparse.Namespace) -> tuple[Outside, ...]:
    """NAME=URL, or a URL that is its own name."""
    headers = tuple(_header(text) for text in args.header)
    pages = _pages(args)
    targets = [_named(text) for text in args.target]
    return tuple(Outside(name, url, args.token, args.model, headers, pages.get(name, "")) for name, url in targets)


def _named(text: str) -> tuple[str, str]:
    name, _, url = text.rpartition("=")
    return name or url, url


def _pages(args: argparse.Namespace) -> dict[str, str]:
    """By the name of the target, which may be left out where there is one only."""
    names = [_named(text)[0] for text in args.target]
    found = {}
    for text in args.metrics:
        name, _, url = text.rpartition("=")
        name = name or (names[0] if len(names) == 1 else "")
        if name not in names:
            raise RigBroken(f"--metrics {text}: of which target? Write NAME=URL with the NAME of a --target")
        found[name] = url
    return found


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon:
        raise RigBroken(f"--header {text}: write it like NAME:VALUE")
    return name.strip().lower(), value.strip()
