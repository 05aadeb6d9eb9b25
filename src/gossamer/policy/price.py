"""What an answer costs: whole numbers from the price list to the sum, so that a million cents are 10,000 dollars."""

from typing import Final

import msgspec

from gossamer.core.record import Usage

PICOS_PER_NANO: Final = 1000


class Price(msgspec.Struct, frozen=True):
    """Of one model. A dollar for a million tokens is a million pico-dollars for one token (a Tariff)."""

    input_picos: int = 0
    output_picos: int = 0
    cached_picos: int | None = None
    """Of input that the provider had in its cache; None: as any other."""
    request_nanos: int = 0
    """On top, for each request."""

    @property
    def is_flat(self) -> bool:
        return not (self.input_picos or self.output_picos or self.cached_picos)

    def cost(self, usage: Usage) -> int:
        """In nano-dollars; what is left of one is rounded up, once an answer."""
        cached_picos = self.input_picos if self.cached_picos is None else self.cached_picos
        cached = min(usage.cached, usage.input)
        picos = (usage.input - cached) * self.input_picos + cached * cached_picos + usage.output * self.output_picos
        return self.request_nanos - (-picos // PICOS_PER_NANO)
