"""How much somebody may use: of a key, a user, an agent or a model, each has one of these.

Money is counted in nano-dollars, whole numbers: the cheapest token costs tens of them, and sums stay exact.
"""

from typing import Final, Literal, NamedTuple

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

Kind = Literal["key", "user", "agent", "model"]
KINDS: Final[tuple[Kind, ...]] = ("key", "user", "agent", "model")


class Subject(NamedTuple):
    """Whose use is counted. `id` is that of a key, user or agent, or the provider/model that answers."""

    kind: Kind
    id: str


class Spent(NamedTuple):
    """Nano-dollars of one UTC day, and of its month."""

    day: int = 0
    month: int = 0


NOTHING: Final = Spent()
