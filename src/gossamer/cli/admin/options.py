"""The options that the administering commands share, and how the words of a command line become members of a body."""

import argparse
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

from gossamer.cli.admin.door import Door
from gossamer.cli.admin.entrance import TOKEN_VARIABLE, URL_VARIABLE, at_door
from gossamer.config.units import parse_duration

Members = Mapping[str, object]
Act = Callable[[Door, argparse.Namespace], None]

LISTED_AT_ONCE: Final = 50
NONE: Final = "none"
"""The word that takes a limit or a list away."""


class Limit(NamedTuple):
    member: str
    shown: str
    """What it is called behind the number."""
    is_money: bool = False


LIMITS: Final = (
    Limit("requests_per_min", "requests/min"),
    Limit("tokens_per_min", "tokens/min"),
    Limit("concurrent", "at once"),
    Limit("usd_per_day", "USD/day", is_money=True),
    Limit("usd_per_month", "USD/month", is_money=True),
)


def add_verb(
    verbs: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, help_text: str, act: Act
) -> argparse.ArgumentParser:
    """A verb with what all of them have."""
    parser = verbs.add_parser(name, help=help_text, description=help_text[:1].upper() + help_text[1:] + ".")
    parser.add_argument("--json", action="store_true", help="print the answer of the admin API as it is")
    parser.add_argument("--config", type=Path, metavar="FILE", help="work on the store that this file names")
    parser.add_argument("--url", metavar="URL", help=f"work on the gateway there; {URL_VARIABLE} is the same")
    parser.add_argument("--token", metavar="TOKEN", help=f"a key with the scope admin; {TOKEN_VARIABLE} is the same")
    parser.set_defaults(run=at_door(act))
    return parser


def add_page_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--limit", type=int, default=LISTED_AT_ONCE, metavar="N", help="how many (default: %(default)s)"
    )
    parser.add_argument("--after", metavar="ID", help="go on behind this one")


def page_of(args: argparse.Namespace) -> dict[str, object]:
    return {"limit": args.limit, "after": args.after}


def add_limit_options(parser: argparse.ArgumentParser) -> None:
    for limit in LIMITS:
        parser.add_argument(
            f"--{limit.member.replace('_', '-')}",
            type=_money if limit.is_money else _count,
            metavar="USD" if limit.is_money else "N",
            help=f"at most so many {limit.shown}; `{NONE}` for no limit",
        )


def limits_of(args: argparse.Namespace) -> dict[str, object]:
    """`limits`, if anything was said of them."""
    said = {limit.member: getattr(args, limit.member) for limit in LIMITS}
    limits = {name: None if value == NONE else value for name, value in said.items() if value is not None}
    return {"limits": limits} if limits else {}


def said(args: argparse.Namespace, *names: str) -> dict[str, object]:
    """The members of a body that were given as options of the same name."""
    return {name: getattr(args, name) for name in names if getattr(args, name) is not None}


def listed(args: argparse.Namespace, member: str, option: str, nothing: object = None) -> dict[str, object]:
    """A list from an option that may be repeated; `none` alone stands for `nothing`."""
    words = getattr(args, option)
    if words is None:
        return {}
    return {member: nothing if words == [NONE] else words}


def moment(text: str) -> str:
    """`30d` from now, or a moment as it is written."""
    return _moved(text, 1)


def past_moment(text: str) -> str:
    """`30d` ago, or a moment as it is written."""
    return _moved(text, -1)


def past_moment_s(text: str) -> float:
    """The same, in Unix time."""
    try:
        return datetime.fromisoformat(past_moment(text)).timestamp()
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no time: write one such as 12h or 2030-01-31") from None


def _moved(text: str, direction: int) -> str:
    if text == NONE or re.match(r"\d{4}-", text):
        return text + ("T00:00:00Z" if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else "")
    try:
        seconds = parse_duration(text)
        at = datetime.now(UTC) + direction * timedelta(seconds=seconds)
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no time: write one such as 12h or 30d, or 2030-01-31, or 2030-01-31T12:00:00Z"
        ) from None
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")


def _count(text: str) -> int | str:
    if text == NONE or text.isdecimal():
        return text if text == NONE else int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no whole number: write one, or {NONE} for no limit")


def _money(text: str) -> str:
    if text == NONE or re.fullmatch(r"\d+(\.\d+)?", text):
        return text
    raise argparse.ArgumentTypeError(
        f"{text!r} is no amount in dollars: write one such as 5.00, or {NONE} for no limit"
    )
