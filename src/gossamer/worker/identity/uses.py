"""When keys were last used, as far as nobody was told yet. The way of a request only writes the time on its claims."""

from collections.abc import Iterable
from typing import Final

from gossamer.core.ports import Claims

MOST: Final = 10_000
"""Of keys that are no longer remembered: more in one round, and the oldest uses are not told."""


class Uses:
    def __init__(self) -> None:
        self._gone: dict[str, float] = {}

    def note(self, claims: Claims) -> None:
        """These claims have ended: their last use would be forgotten with them."""
        if claims.used_at > claims.told_at and len(self._gone) < MOST:
            self._gone[claims.key_id] = max(claims.used_at, self._gone.get(claims.key_id, 0.0))

    def take(self, present: Iterable[Claims]) -> dict[str, float]:
        """All that is new; what is taken is not given again."""
        taken, self._gone = self._gone, {}
        for claims in present:
            used_at = claims.used_at
            if used_at > claims.told_at:
                claims.told_at = used_at
                taken[claims.key_id] = max(used_at, taken.get(claims.key_id, 0.0))
        return taken
