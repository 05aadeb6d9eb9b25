"""The table of prices that comes with the package: price_table.toml, read once a process, and whose prices they are.

What the settings say of a price is not here: it goes before the table (PriceList).
"""

import tomllib
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from gossamer.policy.price import PICOS_A_MILLION, Price
from gossamer.policy.price_list import Listed

TABLE: Final = Path(__file__).with_name("price_table.toml")
VERSION: Final = 1
"""Of the table's own layout."""

Usd = Decimal | int


class Rates(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """US dollars for a million tokens, as the file has them."""

    input: Usd
    output: Usd
    cached: Usd | None = None
    cache_write: Usd | None = None
    cache_write_1h: Usd | None = None
    reasoning: Usd | None = None
    audio_input: Usd | None = None
    audio_output: Usd | None = None
    image_input: Usd | None = None
    image_output: Usd | None = None

    def picos(self) -> dict[str, int]:
        """Whole pico-dollars for one token. ValueError where a price has more places than there are."""
        told = {name: getattr(self, name) for name in Rates.__struct_fields__}
        return {f"{name}_picos": _whole(usd) for name, usd in told.items() if usd is not None}


class LongRates(Rates, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """With more tokens of input than `above`."""

    above: int


class Model(Rates, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One line of the file."""

    context: int | None = None
    max_output: int | None = None
    long: LongRates | None = None

    @property
    def listed(self) -> Listed:
        long = self.long
        price: dict[str, Any] = {**self.picos()}
        if long is not None:
            price |= {"long": long.picos(), "long_above": long.above}
        return Listed(msgspec.convert(price, Price), self.context, self.max_output)


class Vendor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Prices of one vendor, for providers whose URL has one of its hosts, or whose kind has its name."""

    source: str
    date: date
    hosts: tuple[str, ...]
    models: Mapping[str, Model]


class PriceTable(msgspec.Struct, frozen=True):
    """All of it."""

    date: date
    vendors: Mapping[str, Vendor]

    def vendor_of(self, kind: str, base_url: str) -> str | None:
        """Whose prices a provider has; None for one that the table does not know."""
        if kind in self.vendors:
            return kind
        host = urlsplit(base_url).hostname
        return next((name for name, vendor in self.vendors.items() if host in vendor.hosts), None)


@cache
def price_table() -> PriceTable:
    return read_table(TABLE.read_text(encoding="utf-8"))


@cache
def listed_models(vendor: str) -> Mapping[str, Listed]:
    """What a vendor's models cost, as it is charged."""
    return {name: model.listed for name, model in price_table().vendors[vendor].models.items()}


def read_table(text: str) -> PriceTable:
    """No float on the way: 0.1 in the file is 0.1."""
    found = tomllib.loads(text, parse_float=Decimal)
    version = found.pop("version")
    if version != VERSION:
        raise ValueError(f"a table of prices of version {version}, and this release reads {VERSION}")
    when = found.pop("date")
    return PriceTable(when, msgspec.convert(found, dict[str, Vendor]))


def _whole(usd: Usd) -> int:
    picos = usd * PICOS_A_MILLION
    if picos != int(picos) or picos < 0:
        raise ValueError(f"{usd} dollars for a million tokens are no whole pico-dollars for one")
    return int(picos)
