"""`gossamer bench selftest`: does the yardstick see what is there, and nothing else? With hops of a known cost."""

import argparse
import sys
from collections.abc import Callable, Iterator

from gossamer.bench.changes import changes_within
from gossamer.bench.errors import BenchError
from gossamer.bench.judging import judge_changes
from gossamer.bench.profiles import SELFTEST
from gossamer.bench.session import Wish, take_run
from gossamer.bench.verdict import exit_code
from gossamer.cli.bench_words import NOT_MEASURED, can_measure, ending_well, new_say, positive, seed_of

WAIT_US = 1500
"""What the hop holds back: a rise by 30 % of all that it adds is then well over what the gate takes for felt."""
MORE_US = 500
"""30 % of the wait and of what any hop adds besides."""
SAME, DEARER = 20, 10
PASSED, FOUND = 19 / 20, 8 / 10


def add_verb(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Under `bench`."""
    test = verbs.add_parser(
        "selftest",
        help="a hop against itself, and against one that adds 30 % more: the first must pass, the second must not",
        description=f"Takes {SAME} small runs of a hop against itself and {DEARER} against one that adds 30 % more, "
        "some ten minutes. The first must pass 19 times of 20, the second must be found 8 times of 10.",
        epilog="Exit code: 0 the yardstick is good on this machine now, 1 it is not, 2 it could not be tried.",
    )
    test.add_argument("--same", type=positive, default=SAME, metavar="N", help="runs (default: %(default)s)")
    test.add_argument("--dearer", type=positive, default=DEARER, metavar="N", help="runs (default: %(default)s)")
    test.add_argument("--rounds", type=positive, default=SELFTEST.rounds, metavar="N", help="(default: %(default)s)")
    test.add_argument("--seed", type=int, metavar="N", help="(default: a new one, printed)")
    test.set_defaults(run=run_bench_selftest)


def run_bench_selftest(args: argparse.Namespace) -> int:
    """Both halves, and what they say."""
    if not can_measure("selftest"):
        return NOT_MEASURED
    seed, say = seed_of(args), new_say()
    try:
        with ending_well():
            same = [_code(args.rounds, seed + at, 0) for at in _told(args.same, "against itself", say)]
            dearer = [_code(args.rounds, seed + 1000 + at, MORE_US) for at in _told(args.dearer, "30 % dearer", say)]
    except BenchError as error:
        print(f"gossamer: {error}", file=sys.stderr)
        return NOT_MEASURED
    passed, found = same.count(0), dearer.count(1)
    print(f"against itself: passed {passed} of {len(same)}, false alarms {same.count(1)}, unclear {same.count(2)}")
    print(f"30 % dearer: found {found} of {len(dearer)}, missed {dearer.count(0)}, unclear {dearer.count(2)}")
    print(f"seed {seed}")
    return 0 if passed >= PASSED * len(same) and found >= FOUND * len(dearer) else 1


def _told(count: int, what: str, say: Callable[[str], None]) -> Iterator[int]:
    for at in range(count):
        say(f"{what}: {at + 1} of {count}")
        yield at


def _code(rounds: int, seed: int, more_us: int) -> int:
    """Of a gate that has the two hops before it."""
    wish = Wish(SELFTEST, rounds, seed, waits_us=(WAIT_US, WAIT_US + more_us))
    run = take_run(wish, print, lambda *_: None, lambda _: None)
    if not run.is_complete:
        raise KeyboardInterrupt
    return exit_code(judge_changes(changes_within(run), "x base"))
