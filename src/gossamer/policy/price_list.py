"""What is known of a model before it is asked: its price and its limits, by the name that its provider gives it.

The one rule: a name costs what its entry says; one without an entry, but with a date at its end, what it costs without.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

import msgspec
from msgspec.structs import replace

from gossamer.core.allowance import NANOS_PER_USD
from gossamer.policy.price import PICOS_A_MILLION, Price

_DATED: Final = re.compile(r"(.+)-(?:\d{4}-\d{2}-\d{2}|\d{8})")


class Listed(msgspec.Struct, frozen=True):
    """One entry. None: nobody here knows, which is not zero."""

    price: Price | None = None
    context: int | None = None
    """Tokens that one request and its answer may have together, or the request alone: vendors differ."""
    max_output: int | None = None


UNKNOWN: Final = Listed()


class PriceList:
    """By provider/model. Prices of the settings go before those of the tables, one model at a time."""

    def __init__(self, own: Mapping[str, Price], tables: Mapping[str, Mapping[str, Listed]]) -> None:
        """`tables`: by the name that the settings give a provider, then by model."""
        self._listed = {
            f"{provider}/{model}": listed for provider, models in tables.items() for model, listed in models.items()
        }
        self._listed |= {label: replace(self.listed(label), price=price) for label, price in own.items()}

    def get(self, label: str) -> Price | None:
        """The price of provider/model."""
        found = self._listed.get(label)
        return found.price if found is not None else self.listed(label).price

    def listed(self, label: str) -> Listed:
        """All that is known of provider/model."""
        found = self._listed.get(label)
        if found is None and (dated := _DATED.fullmatch(label)) is not None:
            found = self._listed.get(dated[1])
        return found or UNKNOWN


NO_PRICES: Final = PriceList({}, {})


def in_dollars(price: Price) -> dict[str, object]:
    """As people read it: dollars for a million tokens, and for one request. What costs as all others is not said."""
    shown: dict[str, object] = {
        name.removesuffix("_picos"): _usd(picos, PICOS_A_MILLION)
        for name in Price.__struct_fields__
        if name.endswith("_picos") and (picos := getattr(price, name)) is not None
    }
    if price.request_nanos:
        shown["request"] = _usd(price.request_nanos, NANOS_PER_USD)
    if price.long is not None:
        shown["long"] = {"above": price.long_above, **in_dollars(price.long)}
    return shown


def _usd(amount: int, parts: int) -> float:
    return float(Decimal(amount) / parts)
