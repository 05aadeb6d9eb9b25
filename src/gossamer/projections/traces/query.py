"""What can be asked of traces, whoever stores them. A page goes on where the one before it ended."""

from typing import Final, Literal

import msgspec

MOST_A_PAGE: Final = 200
PATIENCE_S: Final = 1.0
PATIENCE_WITH_TEXT_S: Final = 0.1
"""For so long a page is looked for; then it has what was found by then, and says where to go on. Values are found by
what is noted of them. For a text everything is read, and it would be in vain to wait for the last of it.
"""

Order = Literal["newest", "oldest"]


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Behind which trace a page begins. Traces of one microsecond are told apart by their id."""

    at_us: int
    id: str


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """All that is given must hold. `None` asks nothing."""

    since_us: int | None = None
    """Arrived then or later."""
    until_us: int | None = None
    """Arrived before."""
    key: str | None = None
    user: str | None = None
    agent: str | None = None
    model: str | None = None
    """As it was asked for."""
    target: str | None = None
    """Who answered: provider/model."""
    session: str | None = None
    """As the caller named it."""
    status_least: int | None = None
    status_most: int | None = None
    outcome: str | None = None
    cost_least_nanos: int | None = None
    total_least_us: int | None = None
    text: str | None = None
    """Anywhere in the id that the caller was shown, the path, the error, or what was captured. Bound the time: this
    reads every trace.
    """
    limit: int = 50
    after: Place | None = None
    order: Order = "newest"

    @property
    def patience_s(self) -> float:
        return PATIENCE_S if self.text is None else PATIENCE_WITH_TEXT_S
