"""`gossamer bench ...`: parses what was asked, prints what was found. The work is in gossamer.bench."""

import argparse
import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType

from gossamer.bench.errors import BenchError
from gossamer.bench.gate import NAMES, run_gate
from gossamer.bench.profiling import native_view, python_view
from gossamer.bench.report import document, summary, table
from gossamer.bench.rig import DEFAULT_ROUNDS, DEFAULT_SECONDS, Plan, standing_rig
from gossamer.bench.subject import DEFAULT_TOKEN, Subject
from gossamer.bench.verdict import exit_code

ENDED_BY_TERM = 128 + signal.SIGTERM
"""As a shell reports it."""
NOT_MEASURED = 2
PROFILE_SECONDS = 10
"""At the 100 samples a second that many kernels give, a thousand: 10 % is then 8 to 12."""
VIEWS = {"python": python_view, "native": native_view}


def add_commands(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Hang `bench` under the program's own parser; `args.run(args)` is the exit code."""
    bench = subparsers.add_parser("bench", help="measure what a gateway costs, this one or another, on your machine")
    verbs = bench.add_subparsers(title="commands", metavar="COMMAND", required=True)
    gate = verbs.add_parser(
        "gate",
        help="hold a gateway to its budgets, beside nginx in the same run",
        description="Hold a gateway to its budgets, beside nginx on this machine. Takes two to four minutes.",
        epilog="Exit code: 0 all within budget, 1 something is over it, 2 something could not be told.",
    )
    _add_plan(gate)
    gate.add_argument("--only", action="append", choices=NAMES, default=[], metavar="NAME", help=_ONLY_HELP)
    gate.add_argument("--json", type=Path, metavar="FILE", help="write every round to FILE")
    gate.set_defaults(run=run_bench_gate)
    profile = verbs.add_parser("profile", help="where the worker's time goes, by function and by library")
    profile.add_argument(
        "--view", choices=VIEWS, default="python", help="from within, or by perf (default: %(default)s)"
    )
    profile.add_argument(
        "--seconds", type=_positive, default=PROFILE_SECONDS, metavar="N", help="(default: %(default)s)"
    )
    _add_arm(profile)
    profile.set_defaults(run=run_bench_profile)


_ONLY_HELP = f"one of {', '.join(NAMES)}; may be repeated"
_COMMAND_HELP = "another gateway; filled in: {port}, {upstream} (base URL with /v1), {upstream_port}, {folder}"


def _add_plan(gate: argparse.ArgumentParser) -> None:
    """How to measure, and what."""
    gate.add_argument(
        "--seconds", type=_positive, default=DEFAULT_SECONDS, metavar="N", help="a CPU turn's (default: %(default)s)"
    )
    gate.add_argument(
        "--rounds", type=_positive, default=DEFAULT_ROUNDS, metavar="N", help="in a look (default: %(default)s)"
    )
    gate.add_argument("--seed", type=int, metavar="N", help="of the order of the arms (default: a new one, printed)")
    _add_arm(gate)


def _add_arm(parser: argparse.ArgumentParser) -> None:
    """Which gateway; Gossamer if nothing is said."""
    parser.add_argument("--arm-command", metavar="COMMAND", help=_COMMAND_HELP)
    parser.add_argument("--arm-token", default=DEFAULT_TOKEN, metavar="TOKEN", help="the bearer token that it knows")


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is not 1 or more")
    return number


def run_bench_gate(args: argparse.Namespace) -> int:
    """Measure, show, and answer with the exit code."""
    if not hasattr(os, "sched_setaffinity"):
        print("gossamer: bench gate reads /proc and pins processes to cores: run it on Linux", file=sys.stderr)
        return NOT_MEASURED
    seed: int = args.seed if args.seed is not None else int.from_bytes(os.urandom(4))
    plan = Plan(args.seconds, args.rounds, Subject(args.arm_command, args.arm_token))
    began = time.monotonic()

    def say(text: str) -> None:
        print(f"{time.monotonic() - began:4.0f} s  {text}", file=sys.stderr, flush=True)

    before = signal.signal(signal.SIGTERM, _end)
    try:
        results = run_gate(plan, args.only, say, seed)
    finally:
        signal.signal(signal.SIGTERM, before)
    print(table(results))
    print(f"\n{summary(results)}; {time.monotonic() - began:.0f} s, seed {seed}")
    if args.json is not None:
        command = plan.subject.template or "gossamer serve"
        facts = {"seconds": plan.seconds, "rounds": plan.rounds, "seed": seed, "command": command}
        args.json.write_bytes(document(results, facts))
    return exit_code(results)


def run_bench_profile(args: argparse.Namespace) -> int:
    """Print one view."""
    plan = Plan(args.seconds, 1, Subject(args.arm_command, args.arm_token))
    try:
        with standing_rig(plan, print, seed=0) as rig:
            print(VIEWS[args.view](rig))
    except BenchError as error:
        print(f"gossamer: {error}", file=sys.stderr)
        return 1
    return 0


def _end(_signal: int, _frame: FrameType | None) -> None:
    """An exception, so that everything started is ended on the way out."""
    sys.exit(ENDED_BY_TERM)
