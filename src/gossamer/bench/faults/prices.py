"""What the tokens of the two targets cost here: the second is dearer, so that a bill says who was paid."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for a million tokens; a dollar for a million is 1,000 nano-dollars for one."""

    input: int
    output: int

    def nanos(self, read: int, written: int) -> int:
        return 1000 * (read * self.input + written * self.output)


FIRST: Final = Price(1, 2)
SECOND: Final = Price(3, 5)
SECOND_NAME: Final = "second"
"""Of the provider that is well, and answers where the first does not."""


def price_of(target: str) -> Price:
    """By provider/model."""
    return SECOND if target.startswith(f"{SECOND_NAME}/") else FIRST
