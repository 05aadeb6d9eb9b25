"""`gossamer bench ...`: one verb a file, and what they share. The work is in gossamer.bench."""

import argparse

from gossamer.cli import (
    bench_faults,
    bench_gate,
    bench_peers,
    bench_profile,
    bench_read,
    bench_run,
    bench_selftest,
)


def add_commands(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Hang `bench` under the program's own parser; `args.run(args)` is the exit code."""
    bench = subparsers.add_parser("bench", help="measure what a gateway costs, this one or another, on your machine")
    verbs = bench.add_subparsers(title="commands", metavar="COMMAND", required=True)
    bench_run.add_verb(verbs)
    bench_read.add_verbs(verbs)
    bench_gate.add_verb(verbs)
    bench_faults.add_verb(verbs)
    bench_peers.add_verb(verbs)
    bench_selftest.add_verb(verbs)
    bench_profile.add_verb(verbs)
