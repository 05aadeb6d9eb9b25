"""`gossamer bench profile`: where the worker's time goes."""

import argparse

from gossamer.bench.profiling import native_view, python_view
from gossamer.bench.rig import Plan, standing_rig
from gossamer.cli.bench_words import NOT_MEASURED, add_arm, can_measure, complaining, ending_well, positive, subject_of

PROFILE_SECONDS = 10
"""At the 100 samples a second that many kernels give, a thousand: 10 % is then 8 to 12."""
VIEWS = {"python": python_view, "native": native_view}


def add_verb(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Under `bench`."""
    profile = verbs.add_parser("profile", help="where the worker's time goes, by function and by library")
    profile.add_argument(
        "--view", choices=VIEWS, default="python", help="from within, or by perf (default: %(default)s)"
    )
    profile.add_argument(
        "--seconds", type=positive, default=PROFILE_SECONDS, metavar="N", help="(default: %(default)s)"
    )
    add_arm(profile)
    profile.set_defaults(run=run_bench_profile)


@complaining
def run_bench_profile(args: argparse.Namespace) -> int:
    """Print one view."""
    if not can_measure("profile"):
        return NOT_MEASURED
    plan = Plan(args.seconds, 1, subject_of(args))
    with ending_well(), standing_rig(plan, print, seed=0) as rig:
        print(VIEWS[args.view](rig))
    return 0
