"""`gossamer bench selftest`: does the yardstick see what is there, and nothing else? With hops of a known cost."""

import argparse
from collections.abc import Callable, Iterator

from gossamer.bench.changes import changes_within
from gossamer.bench.judging import judge_changes
from gossamer.bench.profiles import PROFILES, SELFTEST, Profile
from gossamer.bench.record import Run
from gossamer.bench.session import Wish, take_run
from gossamer.bench.stages import grown_stages
from gossamer.bench.verdict import exit_code
from gossamer.cli.bench_gate import unclear_cells
from gossamer.cli.bench_words import (
    NOT_MEASURED,
    can_measure,
    complaining,
    ending_well,
    natural,
    new_say,
    positive,
    seed_of,
)

WAIT_US = 1500
"""What the hop holds back: a rise by 30 % of all that it adds is then well over what the gate takes for felt."""
MORE_US = 500
"""30 % of the wait and of what any hop adds besides."""
STAGE, STAGE_US = "authenticate", 100
SLOWED = f"gossamer.stages.{STAGE}:{STAGE}:{STAGE_US}"
SAME, DEARER, GROWN = 20, 10, 5
PASSED, FOUND, NAMED = 19 / 20, 8 / 10, 1.0
APART = {"same": 0, "dearer": 1_000, "grown": 2_000}
"""Seeds of the runs lie so far apart."""


def add_verb(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Under `bench`."""
    test = verbs.add_parser(
        "selftest",
        help="a hop against itself, against one that is 30 %% dearer, and a gateway with one stage made slower",
        description=f"Runs a hop against itself ({SAME} times, 19 of 20 must pass), against one that adds 30 % more "
        f"({DEARER} times, 8 of 10 must be found), and Gossamer against itself with {STAGE_US} us more in one stage "
        f"({GROWN} times, that stage must be named, and no other). Small runs take some 15 minutes together.",
        epilog="Exit code: 0 the yardstick is good on this machine now, 1 it is not, 2 it could not be tried.",
    )
    test.add_argument("--same", type=natural, default=SAME, metavar="N", help="runs (default: %(default)s)")
    test.add_argument("--dearer", type=natural, default=DEARER, metavar="N", help="runs (default: %(default)s)")
    test.add_argument("--grown", type=natural, default=GROWN, metavar="N", help="runs (default: %(default)s)")
    names = {SELFTEST.name: SELFTEST, **PROFILES}
    test.add_argument("--profile", choices=names, default=SELFTEST.name, help="of each run (default: a small one)")
    test.add_argument("--rounds", type=positive, metavar="N", help="(default: the profile's own)")
    test.add_argument("--seed", type=int, metavar="N", help="(default: a new one, printed)")
    test.set_defaults(run=run_bench_selftest, complain=test.error)


@complaining
def run_bench_selftest(args: argparse.Namespace) -> int:
    """All three parts, and what they say."""
    if not args.same + args.dearer + args.grown:
        args.complain("nothing to try: let one of --same, --dearer and --grown be more than 0")
    if not can_measure("selftest"):
        return NOT_MEASURED
    seed, say = seed_of(args), new_say()
    tried = _Tries(PROFILES.get(args.profile, SELFTEST), args.rounds, seed)
    with ending_well():
        same = [tried.judged("same", at, 0) for at in _told(args.same, "against itself", say)]
        dearer = [tried.judged("dearer", at, MORE_US) for at in _told(args.dearer, "30 % dearer", say)]
        grown = [tried.named(at) for at in _told(args.grown, f"{STAGE} {STAGE_US} us dearer", say)]
    passed, found, named = same.count(0), dearer.count(1), grown.count([STAGE])
    print(f"against itself: passed {passed} of {len(same)}, false alarms {same.count(1)}, unclear {same.count(2)}")
    print(f"30 % dearer: found {found} of {len(dearer)}, missed {dearer.count(0)}, unclear {dearer.count(2)}")
    print(f"one stage {STAGE_US} us dearer: named {named} of {len(grown)}{_others(grown)}")
    print(f"seed {seed}")
    is_good = passed >= PASSED * len(same) and found >= FOUND * len(dearer) and named >= NAMED * len(grown)
    return 0 if is_good else 1


def _others(grown: list[list[str]]) -> str:
    wrong = [", ".join(names) or "nothing" for names in grown if names != [STAGE]]
    return f"; named instead: {'; '.join(wrong)}" if wrong else ""


def _told(count: int, what: str, say: Callable[[str], None]) -> Iterator[int]:
    for at in range(count):
        say(f"{what}: {at + 1} of {count}")
        yield at


class _Tries:
    """Runs of one profile, each with a seed of its own."""

    def __init__(self, profile: Profile, rounds: int | None, seed: int) -> None:
        self._profile = profile
        self._rounds = rounds or profile.rounds
        self._seed = seed

    def judged(self, part: str, at: int, more_us: int) -> int:
        """The exit code of a gate that has the two hops before it: what is unclear gets a second look, as there."""
        waits_us = (WAIT_US, WAIT_US + more_us)
        run = self._take(Wish(self._profile, self._rounds, self._number(part, at), waits_us=waits_us))
        return exit_code(judge_changes(changes_within(run), "x base"))

    def named(self, at: int) -> list[str]:
        """The stages that are called grown."""
        run = self._take(Wish(self._profile, self._rounds, self._number("grown", at), slowed=SLOWED))
        return [finding.text.split("`")[1] for finding in grown_stages(run)]

    def _number(self, part: str, at: int) -> int:
        return self._seed + APART[part] + at

    def _take(self, wish: Wish) -> Run:
        run = take_run(wish, print, lambda *_: None, lambda _: None, unclear=unclear_cells)
        if not run.is_complete:
            raise KeyboardInterrupt
        return run
