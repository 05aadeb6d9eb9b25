"""`gossamer bench gate`: one question, may this go out, against one of three: the budgets, a baseline, a revision.

All three answer with the same table, the same document and the same exit codes.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gossamer.bench.analysis import figures_of
from gossamer.bench.cells import Cell
from gossamer.bench.changes import changes_between, changes_within, why_not_comparable
from gossamer.bench.comparison import judged_within, not_comparable
from gossamer.bench.errors import BenchError
from gossamer.bench.figures import Figures
from gossamer.bench.gate import NAMES, run_gate
from gossamer.bench.judging import Change, judge_changes
from gossamer.bench.page import write_page
from gossamer.bench.profiles import PROFILES, SHORT
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
    gate.add_argument("--profile", choices=PROFILES, help=f"with --baseline or --base (default: {SHORT.name})")
    gate.add_argument("--out", type=Path, metavar="FILE", help="with --baseline or --base: keep the run")
    gate.add_argument("--only", action="append", choices=NAMES, default=[], metavar="NAME", help=_ONLY_HELP)
    gate.add_argument(
        "--seconds", type=positive, metavar="N", help=f"against the budgets: a CPU turn's (default: {DEFAULT_SECONDS})",
    )  # fmt: skip
    gate.add_argument("--rounds", type=positive, metavar="N", help="in a look (default: what is asked for has its own)")
    gate.add_argument("--seed", type=int, metavar="N", help="of the order of the arms (default: a new one, printed)")
    gate.add_argument("--json", type=Path, metavar="FILE", help="write the verdict and what it was made of to FILE")
    add_arm(gate)
    gate.set_defaults(run=run_bench_gate, complain=gate.error)


@complaining
def run_bench_gate(args: argparse.Namespace) -> int:
    """Measure, show, and answer with the exit code."""
    if lost := unheard(args):
        args.complain(lost)
    if not can_measure("gate"):
        return NOT_MEASURED
    page = args.out.with_suffix(".html") if args.base is not None and args.out is not None else None
    check_writable(args.out, page, args.json, inputs=[args.baseline] if args.baseline is not None else [])
    if args.baseline is not None:
        return _against_baseline(args)
    if args.base is not None:
        return _against_revision(args)
    return _against_budgets(args)


def unheard(args: argparse.Namespace) -> str:
    """What was asked for and would not be done; empty where all of it is."""
    against = "--baseline" if args.baseline is not None else "--base" if args.base is not None else ""
    of_budgets = {"--only": args.only, "--seconds": args.seconds}
    of_runs = {"--profile": args.profile, "--out": args.out}
    if against:
        if lost := [name for name, value in of_budgets.items() if value]:
            return f"{' and '.join(lost)}: of the budgets alone; leave out either that or {against}"
    elif lost := [name for name, value in of_runs.items() if value]:
        return f"{' and '.join(lost)}: of a comparison; name what to compare with, --base REV or --baseline FILE"
    return ""


def _against_budgets(args: argparse.Namespace) -> int:
    seed = seed_of(args)
    plan = Plan(args.seconds or DEFAULT_SECONDS, args.rounds or DEFAULT_ROUNDS, subject_of(args))
    with ending_well():
        results = run_gate(plan, args.only, new_say(), seed)
    _show(results, seed)
    facts = {"against": "budgets", "seconds": plan.seconds, "rounds": plan.rounds, "seed": seed}
    _keep(args, results, facts)
    return exit_code(results)


def _against_baseline(args: argparse.Namespace) -> int:
    """Ratios to the null hop, which carry from machine to machine."""
    old = read_figures(args.baseline)
    out: Path = args.out or scratch_file()
    wish = _wish(args)
    facts = {"against": "baseline", "baseline": str(args.baseline), **_facts_of(wish)}
    try:
        run = take_beside(old, wish, out)
    except NotComparable as error:
        print(f"not comparable: {error}")
        results = [not_comparable(str(error))]
        _keep(args, results, facts)
        return exit_code(results)
    write_run(run, out)
    print(f"result: {out}\n")
    results = show_comparison(old, figures_of(run))
    _keep(args, results, {**facts, "result": str(out), "is_complete": run.is_complete})
    return exit_code(results) if run.is_complete else INTERRUPTED


class NotComparable(BenchError):
    """Seen before the first block, so that nobody waits for it."""


def take_beside(old: Figures, wish: Wish, out: Path) -> Run:
    """A run to hold against figures: whether it can be is asked as soon as its ways stand."""

    def before(run: Run) -> None:
        if why := why_not_comparable(old, figures_of(run)):
            raise NotComparable(why)

    return take(wish, out, unclear=lambda run: open_cells(run, changes_between(old, figures_of(run))), before=before)


def _against_revision(args: argparse.Namespace) -> int:
    """Both in one run, block by block: what is unclear after it gets as many rounds again."""
    out: Path = args.out or scratch_file()
    wish = _wish(args, args.base)
    run = take(wish, out, unclear=unclear_cells)
    figures, grown = figures_of(run), tuple(grown_stages(run))
    results = judged_within(run, figures)
    figures.findings = (*grown, *figures.findings)
    keep_text(out.with_suffix(".html"), write_page(figures, results))
    _show(results, run.seed)
    for finding in grown:
        print(f"{finding.arm}: {finding.text} ({finding.cell})")
    print(f"result: {out}\npage:   {out.with_suffix('.html')}")
    facts = {"against": "base", "base": args.base, **_facts_of(wish), "result": str(out)}
    _keep(args, results, {**facts, "is_complete": run.is_complete})
    return exit_code(results) if run.is_complete else INTERRUPTED


def unclear_cells(run: Run) -> Sequence[Cell]:
    """Beside a base."""
    return open_cells(run, changes_within(run))


def open_cells(run: Run, changes: Sequence[Change]) -> Sequence[Cell]:
    """Cells that did not pass: a failure is worth a second look too. What broke is not: it has been seen."""
    doubted = [result.name for result in judge_changes(changes, "") if _is_open(result)]
    return [cell for cell in run.cells if any(name.startswith(f"{cell.name} ") for name in doubted)]


def _is_open(result: Result) -> bool:
    return result.answer in (Answer.INCONCLUSIVE, Answer.FAIL)


def _wish(args: argparse.Namespace, base: str | None = None) -> Wish:
    profile = PROFILES[args.profile or SHORT.name]
    return Wish(profile, args.rounds or profile.rounds, seed_of(args), subject_of(args), base=base)


def _facts_of(wish: Wish) -> dict[str, Any]:
    return {"profile": wish.profile.name, "rounds": wish.rounds, "seed": wish.seed}


def _keep(args: argparse.Namespace, results: Sequence[Result], facts: dict[str, Any]) -> None:
    """Where it was asked for."""
    if args.json is not None:
        command = args.arm_command or "gossamer serve"
        args.json.write_bytes(document(results, {**facts, "command": command}))


def _show(results: Sequence[Result], seed: int) -> None:
    print(table(results))
    print(f"\n{summary(results)}; seed {seed}")
