"""`gossamer bench gate`: one question, may this go out, against one of three: the budgets, a baseline, a revision.

All three answer with the same table and the same exit codes.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from gossamer.bench.analysis import figures_of
from gossamer.bench.cells import Cell
from gossamer.bench.changes import changes_within
from gossamer.bench.gate import NAMES, run_gate
from gossamer.bench.judging import judge_changes
from gossamer.bench.limits import hard_limits
from gossamer.bench.page import write_page
from gossamer.bench.profiles import PROFILES
from gossamer.bench.record import Run, write_run
from gossamer.bench.report import document, summary, table
from gossamer.bench.rig import DEFAULT_ROUNDS, DEFAULT_SECONDS, Plan
from gossamer.bench.session import Wish, scratch_file
from gossamer.bench.stages import grown_stages
from gossamer.bench.verdict import Answer, Result, exit_code
from gossamer.cli.bench_read import read_figures, show_comparison
from gossamer.cli.bench_run import INTERRUPTED, take
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

_ONLY_HELP = f"against the budgets: one of {', '.join(NAMES)}; may be repeated"


def add_verb(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Under `bench`."""
    gate = verbs.add_parser(
        "gate",
        help="hold a gateway to its budgets, to a baseline, or to another revision beside it",
        description="May this go out? By the budgets beside nginx (nothing said), by the figures of an earlier run "
        "(--baseline), or by another revision that runs beside it (--base). Takes two to six minutes.",
        epilog="Exit code: 0 all within limits, 1 something is over, 2 something could not be told, 3 not comparable, "
        "130 interrupted.",
    )
    against = gate.add_mutually_exclusive_group()
    against.add_argument(
        "--baseline", type=Path, metavar="FILE", help="figures, as `bench report --figures` keeps them"
    )
    against.add_argument("--base", metavar="REV", help="a revision of this repository; it is started beside this one")
    gate.add_argument("--profile", choices=PROFILES, default="short", help="with --baseline or --base")
    gate.add_argument("--out", type=Path, metavar="FILE", help="with --baseline or --base: keep the run")
    gate.add_argument("--only", action="append", choices=NAMES, default=[], metavar="NAME", help=_ONLY_HELP)
    gate.add_argument(
        "--seconds", type=positive, default=DEFAULT_SECONDS, metavar="N",
        help="against the budgets: a CPU turn's (default: %(default)s)",
    )  # fmt: skip
    gate.add_argument("--rounds", type=positive, metavar="N", help="in a look (default: what is asked for has its own)")
    gate.add_argument("--seed", type=int, metavar="N", help="of the order of the arms (default: a new one, printed)")
    gate.add_argument("--json", type=Path, metavar="FILE", help="against the budgets: write every round to FILE")
    add_arm(gate)
    gate.set_defaults(run=run_bench_gate)


@complaining
def run_bench_gate(args: argparse.Namespace) -> int:
    """Measure, show, and answer with the exit code."""
    if not can_measure("gate"):
        return NOT_MEASURED
    check_writable(args.out, args.json)
    if args.baseline is not None:
        return _against_baseline(args)
    if args.base is not None:
        return _against_revision(args)
    return _against_budgets(args)


def _against_budgets(args: argparse.Namespace) -> int:
    seed = seed_of(args)
    plan = Plan(args.seconds, args.rounds or DEFAULT_ROUNDS, subject_of(args))
    with ending_well():
        results = run_gate(plan, args.only, new_say(), seed)
    _show(results, seed)
    if args.json is not None:
        command = plan.subject.template or "gossamer serve"
        facts = {"seconds": plan.seconds, "rounds": plan.rounds, "seed": seed, "command": command}
        args.json.write_bytes(document(results, facts))
    return exit_code(results)


def _against_baseline(args: argparse.Namespace) -> int:
    """Ratios to the null hop, which carry from machine to machine."""
    old = read_figures(args.baseline)
    out = args.out or scratch_file()
    run = take(_wish(args), out)
    write_run(run, out)
    print(f"result: {out}\n")
    code = show_comparison(old, figures_of(run))
    return code if run.is_complete else INTERRUPTED


def _against_revision(args: argparse.Namespace) -> int:
    """Both in one run, block by block: what is unclear after it gets as many rounds again."""
    out: Path = args.out or scratch_file()
    run = take(_wish(args, args.base), out, unclear=unclear_cells)
    results, figures = _judge(run), figures_of(run)
    figures.findings = (*grown_stages(run), *figures.findings)
    keep_text(out.with_suffix(".html"), write_page(figures, results))
    _show(results, run.seed)
    for finding in grown_stages(run):
        print(f"{finding.arm}: {finding.text} ({finding.cell})")
    print(f"result: {out}\npage:   {out.with_suffix('.html')}")
    return exit_code(results) if run.is_complete else INTERRUPTED


def _judge(run: Run) -> list[Result]:
    return [*judge_changes(changes_within(run), "x base"), *hard_limits(figures_of(run))]


def unclear_cells(run: Run) -> Sequence[Cell]:
    """Cells that did not pass: a failure is worth a second look too."""
    doubted = [result.name for result in judge_changes(changes_within(run), "x base") if _is_open(result)]
    return [cell for cell in run.cells if any(name.startswith(f"{cell.name} ") for name in doubted)]


def _is_open(result: Result) -> bool:
    return result.answer in (Answer.INCONCLUSIVE, Answer.FAIL)


def _wish(args: argparse.Namespace, base: str | None = None) -> Wish:
    profile = PROFILES[args.profile]
    return Wish(profile, args.rounds or profile.rounds, seed_of(args), subject_of(args), base=base)


def _show(results: Sequence[Result], seed: int) -> None:
    print(table(results))
    print(f"\n{summary(results)}; seed {seed}")
