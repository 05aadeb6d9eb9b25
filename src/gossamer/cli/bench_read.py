"""`gossamer bench report` and `gossamer bench compare`: what is in results, without taking anything."""

import argparse
import sys
from pathlib import Path

import msgspec

from gossamer.bench.analysis import figures_of
from gossamer.bench.changes import is_same_machine, why_not_comparable
from gossamer.bench.comparison import judged_between, not_comparable
from gossamer.bench.errors import RigBroken
from gossamer.bench.figures import KIND, Figures, decode_figures, write_figures
from gossamer.bench.limits import hard_limits
from gossamer.bench.markdown import verdict, write_markdown
from gossamer.bench.page import write_page
from gossamer.bench.record import Run, read_run
from gossamer.bench.report import summary, table
from gossamer.bench.soundness import why_unsound
from gossamer.bench.verdict import Result, exit_code
from gossamer.cli.bench_words import check_writable, complaining, keep_text


def add_verbs(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Under `bench`."""
    report = verbs.add_parser(
        "report",
        help="a result as Markdown, as one HTML page, or as figures for a baseline",
        description="Compute the figures of a result and print them as Markdown; write a page and the figures alone "
        "where they are asked for. The verdict in it is by the hard limits.",
        epilog="Exit code: 0 shown, whatever the verdict; 2 the result cannot be read, or a file not written.",
    )
    report.add_argument("result", type=Path, metavar="FILE", help="of `bench run`, or figures of one")
    report.add_argument("--html", type=Path, metavar="FILE", help="write the page")
    report.add_argument("--figures", type=Path, metavar="FILE", help="write the figures alone: what a baseline is")
    report.set_defaults(run=run_bench_report)
    compare = verbs.add_parser(
        "compare",
        help="two results, by their ratios to the null hop",
        description="Hold result B against result A. Both may be results of `bench run` or figures of one.",
        epilog="Exit code: 0 nothing is dearer or worse, 1 something is, 2 something could not be told, "
        "3 not comparable.",
    )
    compare.add_argument("old", type=Path, metavar="A")
    compare.add_argument("new", type=Path, metavar="B")
    compare.set_defaults(run=run_bench_compare)


@complaining
def run_bench_report(args: argparse.Namespace) -> int:
    """PASS or FAIL is by the hard limits: a result alone has nothing else to be held against."""
    check_writable(args.html, args.figures, inputs=[args.result])
    print(f"{args.result}: computing its figures; of a full run that takes half a minute", file=sys.stderr, flush=True)
    figures = read_figures(args.result)
    results = hard_limits(figures)
    print(write_markdown(figures, results))
    if args.html is not None:
        keep_text(args.html, write_page(figures, results))
    if args.figures is not None:
        write_figures(figures, args.figures)
    return 0


@complaining
def run_bench_compare(args: argparse.Namespace) -> int:
    """Answers as a gate does."""
    return exit_code(show_comparison(read_figures(args.old), read_figures(args.new)))


def show_comparison(old: Figures, new: Figures) -> list[Result]:
    """The table, and what it means."""
    if why := why_not_comparable(old, new):
        print(f"not comparable: {why}")
        return [not_comparable(why)]
    results = judged_between(old, new)
    print(table(results))
    if not is_same_machine(old, new):
        print("\nanother machine or setup: judged by ratios to the null hop alone, absolute times are not compared")
    for name, figures in (("before", old), ("now", new)):
        if any(cell.is_disturbed for cell in figures.cells):
            print(f"\nthe figures of {name} were taken beside other processes, which hides much: take them anew")
    print(f"\n{verdict(results)}: {summary(results)}")
    return results


def read_figures(file: Path) -> Figures:
    """Of a result, or of figures that were kept alone."""
    try:
        is_kept = msgspec.json.decode(file.read_bytes(), type=_Envelope).kind == KIND
    except (OSError, msgspec.DecodeError):
        is_kept = False
    return decode_figures(file.read_bytes(), file) if is_kept else figures_of(read_sound_run(file))


def read_sound_run(file: Path) -> Run:
    """RigBroken says what is wrong with it."""
    run = read_run(file)
    if why := why_unsound(run):
        raise RigBroken(f"{file} is damaged: {why}")
    return run


class _Envelope(msgspec.Struct):
    kind: str = ""
