"""How much may be used, and what it costs, as the file says it.

Part of settings.py, in a file of its own. Limits of keys, users and agents are theirs: the file has what all share.
"""

from collections.abc import Mapping
from typing import Annotated, Literal

from msgspec import Meta, field

from gossamer.config.money import Budget
from gossamer.config.section import ModelName, Rate, Section
from gossamer.core.allowance import Limits

BudgetText = Annotated[Budget, Meta(extra={"leaf": "budget"})]
UsdAMillion = Annotated[int, Meta(ge=0, extra={"leaf": "usd_a_million"})]
Usd = Annotated[int, Meta(ge=0, extra={"leaf": "usd"})]
CountersUrl = Annotated[str, Meta(extra={"leaf": "counters"})]

CountersDown = Literal["local", "refuse"]


class QuotaSettings(Section, frozen=True, kw_only=True):
    """What is left out has no limit."""

    requests: Annotated[Rate | None, Meta(description="Requests in any 60 seconds.")] = None
    tokens: Annotated[Rate | None, Meta(description="Tokens in any 60 seconds: estimated before, settled after.")] = (
        None
    )
    concurrent: Annotated[Annotated[int, Meta(ge=1)] | None, Meta(description="Requests under way at once.")] = None
    budget: Annotated[
        tuple[BudgetText, ...],
        Meta(extra={"takes_one": True}, description="Dollars a UTC day or month; one of each at most."),
    ] = ()

    @property
    def limits(self) -> Limits:
        """As they are counted."""
        budgets = {budget.period: budget.nanos for budget in self.budget}
        return Limits(
            requests_per_min=self.requests,
            tokens_per_min=self.tokens,
            concurrent=self.concurrent,
            nanos_per_day=budgets.get("day"),
            nanos_per_month=budgets.get("month"),
        )


class UsageSettings(Section, frozen=True, kw_only=True):
    """How much may be used."""

    default: Annotated[QuotaSettings, Meta(description="Of each key, where it has no limit of that kind itself.")] = (
        field(default_factory=QuotaSettings)
    )
    models: Annotated[
        Mapping[ModelName, QuotaSettings],
        Meta(description="Of a model, all its callers together: an alias or provider/model, whatever name it goes by."),
    ] = field(default_factory=dict)
    output_estimate: Annotated[
        int, Meta(ge=1, description="Tokens expected of an answer whose request bounds it by nothing.")
    ] = 1000
    unpriced: Annotated[
        Literal["refuse", "allow"],
        Meta(description="What becomes of a request with a budget for a model that has no price."),
    ] = "refuse"


class PriceSettings(Section, frozen=True, kw_only=True):
    """In US dollars, instead of what the table that comes with Gossamer says of this model."""

    input_picos: Annotated[UsdAMillion, Meta(description="For a million tokens of input.")] = field(
        name="input", default=0
    )
    output_picos: Annotated[UsdAMillion, Meta(description="For a million tokens of output.")] = field(
        name="output", default=0
    )
    cached_picos: Annotated[
        UsdAMillion | None, Meta(description="For a million tokens of input that was cached; left out, as any input.")
    ] = field(name="cached", default=None)
    request_nanos: Annotated[Usd, Meta(description="For each request, on top.")] = field(name="request", default=0)
    cache_write_picos: Annotated[
        UsdAMillion | None, Meta(description="Of input that is put into the cache; left out, as any input.")
    ] = field(name="cache_write", default=None)
    cache_write_1h_picos: Annotated[
        UsdAMillion | None, Meta(description="Of the same for an hour; left out, as cache_write.")
    ] = field(name="cache_write_1h", default=None)
    reasoning_picos: Annotated[
        UsdAMillion | None, Meta(description="Of output that is thought, not said; left out, as any output.")
    ] = field(name="reasoning", default=None)
    audio_input_picos: Annotated[
        UsdAMillion | None, Meta(description="Of sound that is read; left out, as any input.")
    ] = field(name="audio_input", default=None)
    audio_output_picos: Annotated[
        UsdAMillion | None, Meta(description="Of sound that is made; left out, as any output.")
    ] = field(name="audio_output", default=None)
    image_input_picos: Annotated[
        UsdAMillion | None, Meta(description="Of pictures that are read; left out, as any input.")
    ] = field(name="image_input", default=None)
    image_output_picos: Annotated[
        UsdAMillion | None, Meta(description="Of pictures that are made; left out, as any output.")
    ] = field(name="image_output", default=None)
