"""Rates, counts, budgets and prices as people write them: `600/min`, `50 USD/month`, `0.15`.

Text in, whole numbers out, and back. No float on the way: a price of 0.1 is 0.1.
"""

import re
from decimal import Decimal
from typing import Final, Literal

from msgspec import Struct

from gossamer.core.allowance import NANOS_PER_USD

RATE_FORM = r"^[0-9]+(\.[0-9]+)? ?[kKmM]? ?/ ?min$"
COUNT_FORM = r"^[0-9]+(\.[0-9]+)? ?[kKmM]?$"
BUDGET_FORM = r"^[0-9]+(\.[0-9]{1,9})? ?USD ?/ ?(day|month)$"
"""In the dialect that Python and JSON Schema share, since editors check by the same forms."""

_COUNT = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?([kKmM]?)")
_RATE = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?([kKmM]?) ?/ ?min")
_BUDGET = re.compile(r"([0-9]+(?:\.[0-9]{1,9})?) ?USD ?/ ?(day|month)")
_AMOUNT = re.compile(r"[0-9]+(\.[0-9]+)?")
_THOUSANDS = {"": 1, "k": 1000, "m": 1_000_000}
_MOST: Final = 10**15
"""Of anything: beyond it nobody counts exactly, and nobody means it."""

Period = Literal["day", "month"]


class Budget(Struct, frozen=True):
    """So much in each UTC day or month."""

    nanos: int
    period: Period


def parse_rate(text: str) -> int:
    """How many a minute; ValueError where the text is no rate, or no whole number."""
    match = _RATE.fullmatch(text)
    if match is None:
        raise ValueError(text)
    return _whole(Decimal(match[1]) * _THOUSANDS[match[2].lower()], text)


def format_rate(rate: int) -> str:
    return f"{format_count(rate)}/min"


def parse_count(text: str) -> int:
    """Thousands and millions as tokens are counted: 128k is 128,000."""
    match = _COUNT.fullmatch(text)
    if match is None:
        raise ValueError(text)
    return _whole(Decimal(match[1]) * _THOUSANDS[match[2].lower()], text)


def format_count(count: int) -> str:
    for letter, factor in (("M", 1_000_000), ("k", 1000)):
        if count and count % factor == 0:
            return f"{count // factor}{letter}"
    return str(count)


def parse_budget(text: str) -> Budget:
    match = _BUDGET.fullmatch(text)
    if match is None:
        raise ValueError(text)
    nanos = _whole(Decimal(match[1]) * NANOS_PER_USD, text)
    return Budget(nanos, "day" if match[2] == "day" else "month")


def format_budget(budget: Budget) -> str:
    return f"{_shortest(Decimal(budget.nanos) / NANOS_PER_USD)} USD/{budget.period}"


def parse_usd(text: str, parts: int) -> int:
    """Dollars in parts of one, to the last place; ValueError where it has more places than there are parts."""
    if not _AMOUNT.fullmatch(text):
        raise ValueError(text)
    return _whole(Decimal(text) * parts, text)


def format_usd(amount: int, parts: int) -> float | int:
    """As a YAML number."""
    usd = Decimal(amount) / parts
    return int(usd) if usd == int(usd) else float(usd)


def _whole(number: Decimal, text: str) -> int:
    if number != int(number) or number > _MOST:
        raise ValueError(text)
    return int(number)


def _shortest(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
