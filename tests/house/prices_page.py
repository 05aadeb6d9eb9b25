"""docs/reference/prices.md, written from the table of prices that comes with the package.

    python -m tests.house.prices_page      writes it anew

A test compares it with what would be written now.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from gossamer.config.price_table import Model, Rates, Vendor, price_table
from tests.house.pages import ROOT

PAGE: Final = "docs/reference/prices.md"

INTRODUCTION: Final = """\
# Prices

Written from `src/gossamer/config/price_table.toml` by `python -m tests.house.prices_page`; do not edit it by hand.

What an answer costs is worked out when it is whole, exactly, from the tokens that the provider counted, and charged
to the target that answered. It is `cost_nanos` in the [journal](journal.md), and what budgets are kept by.

- A price in [`prices`](config.md#pricesname) goes before this table, one model at a time and with all its kinds.
- The table is for providers of a vendor: by their kind, or by the host of their `base_url`.
- A model is found by its exact name; one without an entry, but with a date at its end (`-2024-07-18` or `-20240718`),
  costs what it costs without. Nothing else is guessed: no `-latest`, no fine-tuned model, no model at another vendor.
- A model without a price costs an unknown amount, never 0: its records have no `cost_nanos`, and a key with a budget
  may not ask for it, unless `limits.unpriced` allows that.
- Each token is charged once. Those of a kind with a price of its own (read from a cache, put into one, sound, pictures,
  thoughts) cost that; all others cost what input or output does.
- Vendors change their prices, and have others for other tiers (batch, flex, priority), which the table does not know.
  It is of DATE, and each vendor's prices are of the date below. One that must be right today belongs into `prices`.
- Hours of storage, searches and other tools of a vendor are in no answer's usage, and so in no cost.

`GET /v1/models` shows for each model its `price`, `context_window` and `max_output_tokens`; `null`: nobody knows.
"""

_HEADS: Final = ("model", "input", "cached", "output", "other kinds", "context", "most output")
_KINDS: Final = (
    "cache_write",
    "cache_write_1h",
    "reasoning",
    "audio_input",
    "audio_output",
    "image_input",
    "image_output",
)


def write_page() -> str:
    table = price_table()
    parts = [INTRODUCTION.replace("DATE", str(table.date))]
    parts += [_chapter(name, vendor) for name, vendor in table.vendors.items()]
    return "\n".join(parts)


def _chapter(name: str, vendor: Vendor) -> str:
    intro = f"## {name}\n\nOf {vendor.date}, from {vendor.source}, for {', '.join(vendor.hosts)}.\n"
    if not vendor.models:
        return intro + "\nNo model: its prices change with the time of day, and the table would not be exact.\n"
    heads = _row(list(_HEADS)) + _row(["---"] * len(_HEADS))
    return intro + "\n" + heads + "".join(row for model in vendor.models.items() for row in _rows(*model))


def _rows(name: str, model: Model) -> Iterator[str]:
    limits = [_count(model.context), _count(model.max_output)]
    yield _row([f"`{name}`", *_prices(model), *limits])
    if model.long is not None:
        yield _row([f"above {model.long.above:,} of input", *_prices(model.long), "", ""])


def _prices(rates: Rates) -> list[str]:
    others = [f"`{kind}` {_usd(usd)}" for kind in _KINDS if (usd := getattr(rates, kind)) is not None]
    return [_usd(rates.input), _usd(rates.cached), _usd(rates.output), ", ".join(others)]


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |\n"


def _usd(usd: Decimal | int | None) -> str:
    return "" if usd is None else str(usd)


def _count(tokens: int | None) -> str:
    return "" if tokens is None else f"{tokens:,}"


if __name__ == "__main__":
    (ROOT / PAGE).write_text(write_page(), encoding="utf-8")
