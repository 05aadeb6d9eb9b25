"""`gossamer mock`: a provider that is no provider, as a process of its own."""

import argparse
import sys
from collections.abc import Callable
from typing import TypeVar

from gossamer.mock.faults import FAULTS, OUTAGE, OUTAGE_SAYS, parse_fault
from gossamer.mock.jitter import STEADY, parse_jitter
from gossamer.mock.orders import DELAY_LIMIT_MS, TOKENS_LIMIT
from gossamer.mock.plan import Settings
from gossamer.mock.serving import run

_PORT = 8081
"""Beside the gateway's 8080."""
_PROCESSES_LIMIT = 256
_PORT_LIMIT = 65_535

Parsed = TypeVar("Parsed")


def add_commands(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The one command of this group."""
    parser = subparsers.add_parser(
        "mock",
        help="a provider that nobody pays, as a process of its own",
        description="Serve OpenAI's and Anthropic's APIs with seeded answers, delays and faults.",
        epilog=_faults(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument(
        "--port", type=_whole(0, _PORT_LIMIT), default=_PORT, help="0: a free one (default: %(default)s)"
    )
    parser.add_argument(
        "--processes", type=_whole(1, _PROCESSES_LIMIT), default=1, metavar="N", help="that share the port"
    )
    parser.add_argument("--ttft", type=_milliseconds, default=0.0, metavar="MS", help="time to the first byte")
    parser.add_argument("--gap", type=_milliseconds, default=0.0, metavar="MS", help="between two tokens of a stream")
    parser.add_argument(
        "--tokens", type=_whole(1, TOKENS_LIMIT), default=60, metavar="N", help="(default: %(default)s)"
    )
    parser.add_argument(
        "--jitter",
        type=_told(parse_jitter),
        default=STEADY,
        metavar="HOW",
        help="none, uniform:FRACTION or lognormal:SIGMA (default: none)",
    )
    parser.add_argument("--fault", type=_told(parse_fault), metavar="FAULT", help="one of the faults below")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of answers and jitter (default: %(default)s)")
    parser.add_argument("--stamp", action="store_true", help="tell in each answer when it was sent")
    parser.add_argument("--text-orders", action="store_true", help="obey orders in a prompt too: [mock 17 ttft-ms=50]")
    parser.set_defaults(run=run_mock)


def run_mock(args: argparse.Namespace) -> int:
    """Serve until told to stop."""
    settings = Settings(
        seed=args.seed,
        ttft_ms=args.ttft,
        gap_ms=args.gap,
        tokens=args.tokens,
        jitter=args.jitter,
        fault=args.fault,
        is_stamped=args.stamp,
        reads_text=args.text_orders,
    )
    try:
        return run(settings, args.host, args.port, args.processes, _announce)
    except OSError as error:
        print(
            f"gossamer mock cannot listen on {args.host}:{args.port}: {error}. Choose another --port.", file=sys.stderr
        )
        return 1


def _announce(url: str) -> None:
    print(f"mock provider at {url} (base URL for OpenAI's SDK: {url}/v1)", flush=True)


def _faults() -> str:
    width = max(map(len, FAULTS)) + 2
    rows = [f"  {name:<{width}}{behaviour.says}" for name, behaviour in FAULTS.items()]
    rows.append(f"  {OUTAGE:<{width}}{OUTAGE_SAYS}")
    return "\n".join(
        [
            "faults, also asked for by the header X-Mock-Fault or by a model named mock-FAULT:",
            *rows,
            "",
            "headers of a request: X-Mock-TTFT-Ms, X-Mock-Gap-Ms, X-Mock-Tokens, X-Mock-Jitter, X-Mock-Fault,",
            "X-Mock-Stamp: 1, X-Mock-Echo: 1; X-Request-ID seeds the answer.",
            "GET /mock/stats, GET /mock/requests/{id} and POST /mock/reset tell of the process that they reach;",
            "what strikes the first attempt only is remembered by each process for itself.",
        ]
    )


def _told(parse: Callable[[str], Parsed]) -> Callable[[str], Parsed]:
    """argparse shows the message of its own error only."""

    def parsed(text: str) -> Parsed:
        try:
            return parse(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return parsed


def _whole(least: int, most: int) -> Callable[[str], int]:
    def parsed(text: str) -> int:
        number = int(text) if text.isascii() and text.isdigit() else -1
        if not least <= number <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number between {least} and {most}")
        return number

    return parsed


def _milliseconds(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0.0 <= number <= DELAY_LIMIT_MS:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of milliseconds up to {DELAY_LIMIT_MS:g}")
    return number
