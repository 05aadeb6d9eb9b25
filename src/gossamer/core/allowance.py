"""How much somebody may use: of a key, a user, an agent or a model, each has one of these.

Money is counted in nano-dollars, whole numbers: the cheapest token costs tens of them, and sums stay exact.
"""

from typing import Final

import msgspec

NANOS_PER_USD: Final = 1_000_000_000


class Limits(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """None: no limit of this kind. Days and months are those of UTC."""

    requests_per_min: int | None = None
    tokens_per_min: int | None = None
    concurrent: int | None = None
    nanos_per_day: int | None = None
    nanos_per_month: int | None = None


UNLIMITED: Final = Limits()
