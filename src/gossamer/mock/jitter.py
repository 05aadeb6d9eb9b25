"""How far a delay strays from its nominal length, as a pure function of numbers drawn from seed and request id.

Two arms of a benchmark that send the same ids see the same service times: nothing here asks a clock or a global
random generator.
"""

from hashlib import blake2b
from math import exp
from statistics import NormalDist
from typing import Literal

import msgspec

_NORMAL = NormalDist()
_DRAWS_A_BLOCK = 8
"""Eight numbers of 64 bits are one BLAKE2b digest of 64 bytes."""
_STEPS = 1 << 53
"""As many values as a double between 0 and 1 can tell apart."""
_SIGMA_LIMIT = 4.0
"""Beyond this a median of 10 ms has a mean of half a minute."""


class Jitter(msgspec.Struct, frozen=True):
    """`amount` is the fraction of `uniform` and the sigma of `lognormal`."""

    kind: Literal["none", "uniform", "lognormal"] = "none"
    amount: float = 0.0

    def factor(self, draw: float) -> float:
        """What a nominal delay is multiplied by. The median is 1."""
        if self.kind == "uniform":
            return 1.0 + self.amount * (2.0 * draw - 1.0)
        if self.kind == "lognormal":
            return exp(self.amount * _NORMAL.inv_cdf(draw))
        return 1.0


STEADY = Jitter()


def parse_jitter(text: str) -> Jitter:
    """From `none`, `uniform:0.2` or `lognormal:0.5`."""
    kind, _, rest = text.partition(":")
    if kind == "none" and not rest:
        return STEADY
    if kind == "uniform":
        return Jitter("uniform", _amount(rest, 1.0, "uniform:FRACTION"))
    if kind == "lognormal":
        return Jitter("lognormal", _amount(rest, _SIGMA_LIMIT, "lognormal:SIGMA"))
    raise ValueError(f"{text!r} is no jitter: use none, uniform:FRACTION or lognormal:SIGMA")


def draws(seed: bytes, request_id: bytes, count: int) -> list[float]:
    """Numbers strictly between 0 and 1. A longer list begins with the shorter one."""
    numbers: list[float] = []
    for block in range(-(-count // _DRAWS_A_BLOCK)):
        digest = blake2b(request_id, key=seed, salt=block.to_bytes(16, "big")).digest()
        for at in range(0, 64, 8):
            whole = int.from_bytes(digest[at : at + 8], "big") >> 11
            numbers.append((whole + 0.5) / _STEPS)
    return numbers[:count]


def _amount(text: str, limit: float, form: str) -> float:
    try:
        amount = float(text)
    except ValueError:
        amount = -1.0
    if not 0.0 <= amount <= limit:
        raise ValueError(f"the amount of {form} is {text!r}: give a number between 0 and {limit:g}")
    return amount
