"""What an answer costs: whole numbers from the price list to the sum, so that a million cents are 10,000 dollars.

Kinds of tokens are parts of the input or of the output. Each is charged once, at its own price or at that of the whole.
"""

from typing import Final

import msgspec

from gossamer.core.record import Usage

PICOS_PER_NANO: Final = 1000
PICOS_A_MILLION: Final = 1_000_000
"""A dollar for a million tokens is a millionth of a dollar for one: so many pico-dollars."""


class Price(msgspec.Struct, frozen=True):
    """Of one model. A dollar for a million tokens is a million pico-dollars for one token (a Tariff)."""

    input_picos: int = 0
    output_picos: int = 0
    cached_picos: int | None = None
    """Of input that the provider had in its cache; None: as any other."""
    request_nanos: int = 0
    """On top, for each request."""
    cache_write_picos: int | None = None
    """Of input that the provider puts into its cache; None: as any other."""
    cache_write_1h_picos: int | None = None
    """The same, where it is kept for an hour; None: as if it were not."""
    reasoning_picos: int | None = None
    """Of output that is thought and not said; None: as any other. So below."""
    audio_input_picos: int | None = None
    audio_output_picos: int | None = None
    image_input_picos: int | None = None
    image_output_picos: int | None = None
    long_above: int | None = None
    """With more tokens of input than this, the whole request costs what `long` says."""
    long: "Price | None" = None

    @property
    def is_flat(self) -> bool:
        kinds = (
            self.cached_picos, self.cache_write_picos, self.cache_write_1h_picos, self.reasoning_picos,
            self.audio_input_picos, self.audio_output_picos, self.image_input_picos, self.image_output_picos, self.long,
        )  # fmt: skip
        return not (self.input_picos or self.output_picos or any(kinds))

    def cost(self, usage: Usage) -> int:
        """In nano-dollars; what is left of one is rounded up, once an answer."""
        if self.long is not None and self.long_above is not None and usage.input > self.long_above:
            return self.long.cost(usage)
        picos = usage.input * self.input_picos + usage.output * self.output_picos
        if usage.cached:
            price = self.cached_picos
            picos += min(usage.cached, usage.input) * (
                (self.input_picos if price is None else price) - self.input_picos
            )
        if (
            usage.cache_write or usage.cache_write_1h or usage.reasoning or usage.audio_input or usage.audio_output
            or usage.image_input or usage.image_output
        ):  # fmt: skip
            picos += self._rarer(usage)
        return self.request_nanos - (-picos // PICOS_PER_NANO)

    def _rarer(self, usage: Usage) -> int:
        """Pico-dollars that these kinds cost more, or less, than the whole of which they are parts."""
        write = self.cache_write_picos
        hour = write if self.cache_write_1h_picos is None else self.cache_write_1h_picos
        read_kinds = (
            (usage.cache_write_1h, hour),
            (usage.cache_write, write),
            (usage.audio_input, self.audio_input_picos),
            (usage.image_input, self.image_input_picos),
        )
        written_kinds = (
            (usage.audio_output, self.audio_output_picos),
            (usage.image_output, self.image_output_picos),
            (usage.reasoning, self.reasoning_picos),
        )
        read = usage.input - min(usage.cached, usage.input)
        return _more(read_kinds, read, self.input_picos) + _more(written_kinds, usage.output, self.output_picos)


def _more(kinds: tuple[tuple[int, int | None], ...], left: int, usual: int) -> int:
    """No token is charged twice, whatever a provider counts as what: a kind gets what is left of the whole."""
    picos = 0
    for told, price in kinds:
        if told and price is not None:
            tokens = min(told, left)
            left -= tokens
            picos += tokens * (price - usual)
    return picos
