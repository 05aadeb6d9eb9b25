"""Limits as people write them: whole numbers a minute, and dollars as decimal text, which no rounding touches."""

from typing import Annotated, Final

from msgspec.structs import replace
from pydantic import AfterValidator, Field, StrictInt, StringConstraints

from gossamer.control.api.shapes.values import USD, Ask, Shape
from gossamer.core.allowance import NANOS_PER_USD, Limits

_NANO_DIGITS: Final = 9
MOST_USD: Final = 1_000_000_000
"""A billion: in nano-dollars it still fits the databases' 64 bits."""


def to_nanos(usd: str) -> int:
    """`5.00` is 5,000,000,000 nano-dollars, to the last digit."""
    whole, _, part = usd.partition(".")
    return int(whole) * NANOS_PER_USD + int(part.ljust(_NANO_DIGITS, "0") or "0")


def to_usd(nanos: int) -> str:
    """The shortest decimal with cents."""
    whole, part = divmod(nanos, NANOS_PER_USD)
    return f"{whole}.{f'{part:09d}'.rstrip('0').ljust(2, '0')}"


def _within_reason(usd: str) -> str:
    if to_nanos(usd) > MOST_USD * NANOS_PER_USD:
        raise ValueError(f"write at most {MOST_USD}: without a limit, write null")
    return usd


Usd = Annotated[str, StringConstraints(pattern=USD), AfterValidator(_within_reason)]
Requests = Annotated[StrictInt, Field(ge=1, le=1_000_000_000)]
Tokens = Annotated[StrictInt, Field(ge=1, le=1_000_000_000_000)]


class LimitsOut(Shape):
    """null: no limit of this kind. Days and months are those of UTC."""

    requests_per_min: int | None
    tokens_per_min: int | None
    concurrent: int | None
    usd_per_day: str | None
    usd_per_month: str | None

    @classmethod
    def of(cls, limits: Limits) -> "LimitsOut":
        return cls(
            requests_per_min=limits.requests_per_min,
            tokens_per_min=limits.tokens_per_min,
            concurrent=limits.concurrent,
            usd_per_day=None if limits.nanos_per_day is None else to_usd(limits.nanos_per_day),
            usd_per_month=None if limits.nanos_per_month is None else to_usd(limits.nanos_per_month),
        )


class LimitsIn(Ask):
    """What is left out stays as it is, in something new without a limit; null takes a limit away."""

    requests_per_min: Requests | None = None
    tokens_per_min: Tokens | None = None
    concurrent: Requests | None = None
    usd_per_day: Usd | None = None
    usd_per_month: Usd | None = None

    def over(self, limits: Limits) -> Limits:
        """`limits` with what is said here in its place."""
        said = {name: getattr(self, name) for name in self.model_fields_set}
        for usd, nanos in (("usd_per_day", "nanos_per_day"), ("usd_per_month", "nanos_per_month")):
            if usd in said:
                amount = said.pop(usd)
                said[nanos] = None if amount is None else to_nanos(amount)
        return replace(limits, **said)
