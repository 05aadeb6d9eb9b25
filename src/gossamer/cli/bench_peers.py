"""`gossamer bench peers`: other gateways, each installed from its registry, beside this one in one run."""

import argparse
import shlex
import sys
from collections.abc import Callable
from pathlib import Path

from gossamer.bench.analysis import figures_of
from gossamer.bench.errors import BenchError
from gossamer.bench.page import write_page
from gossamer.bench.peers.environment import default_root, environment_of, version_of
from gossamer.bench.peers.manifest import Manifest, read_manifests
from gossamer.bench.peers.standing import Peer, shortened
from gossamer.bench.peers.table import write_peers
from gossamer.bench.profiles import PEERS
from gossamer.bench.session import Wish, scratch_file
from gossamer.cli.bench_run import INTERRUPTED, take
from gossamer.cli.bench_words import (
    NOT_MEASURED,
    can_measure,
    check_writable,
    complaining,
    keep_text,
    new_say,
    positive,
    seed_of,
)

MANIFESTS = Path("benchmarks/peers")


def add_verb(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Under `bench`."""
    peers = verbs.add_parser(
        "peers",
        help="other gateways beside this one: install, start, measure, one table",
        description="Install each gateway of the manifests into an environment of its own, start all of them, and "
        "measure them in one run, block by block. One that cannot be had is named with its reason.",
        epilog="Exit code: 0 taken, 2 not measured, 130 interrupted. The first run installs: some minutes more.",
    )
    peers.add_argument("only", nargs="*", metavar="NAME", help="manifests by file name, without .toml (default: all)")
    peers.add_argument(
        "--manifests", type=Path, default=MANIFESTS, metavar="DIR", help="one TOML file a peer (default: %(default)s)"
    )
    peers.add_argument("--environments", type=Path, metavar="DIR", help="kept here (default: the user's cache)")
    peers.add_argument("--install-only", action="store_true", help="install, say what there is, and measure nothing")
    peers.add_argument("--rounds", type=positive, default=PEERS.rounds, metavar="N", help="(default: %(default)s)")
    peers.add_argument("--seed", type=int, metavar="N", help="of the order of everything (default: a new one)")
    peers.add_argument("--out", type=Path, metavar="FILE", help="the result (default: a new file in this folder)")
    peers.add_argument("--table", type=Path, metavar="FILE", help="write the table too, as Markdown")
    peers.set_defaults(run=run_bench_peers)


@complaining
def run_bench_peers(args: argparse.Namespace) -> int:
    """Install, measure, show."""
    if not can_measure("peers"):
        return NOT_MEASURED
    out: Path = args.out or scratch_file()
    check_writable(out, out.with_suffix(".html"), args.table)
    manifests = read_manifests(args.manifests, args.only)
    peers, missing = _installed(args, manifests, new_say())
    for name, reason in missing.items():
        print(f"{name}: NOT INSTALLED: {reason}", file=sys.stderr)
    if args.install_only:
        print("\n".join(f"{peer.manifest.name}: {peer.version}, in {peer.env}" for peer in peers))
        return NOT_MEASURED if missing else 0
    return _measure(args, out, manifests, peers, missing)


def _installed(
    args: argparse.Namespace, manifests: list[Manifest], say: Callable[[str], None]
) -> tuple[list[Peer], dict[str, str]]:
    """Those that are there, and why the others are not."""
    root: Path = args.environments or default_root()
    peers, missing = [], {}
    for manifest in manifests:
        try:
            env = environment_of(manifest, args.manifests, root, say)
        except BenchError as error:
            missing[manifest.name] = shortened(str(error))
        else:
            peers.append(Peer(manifest, env, version_of(manifest, env)))
    return peers, missing


def _measure(
    args: argparse.Namespace, out: Path, manifests: list[Manifest], peers: list[Peer], missing: dict[str, str]
) -> int:
    run = take(Wish(PEERS, args.rounds, seed_of(args), peers=peers, missing=missing), out)
    figures = figures_of(run)
    words = ["gossamer", "bench", "peers", *args.only, "--rounds", str(args.rounds), "--seed", str(run.seed)]
    table = write_peers(run, figures, manifests, shlex.join(words))
    print(table)
    if args.table is not None:
        keep_text(args.table, table)
    keep_text(out.with_suffix(".html"), write_page(figures))
    print(f"result: {out}\npage:   {out.with_suffix('.html')}")
    return 0 if run.is_complete else INTERRUPTED
