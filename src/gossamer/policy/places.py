"""How many at once of each: of what is counted in and out, and never waits."""

from collections.abc import Hashable


class Places:
    """So many for each subject."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken: dict[Hashable, int] = {}

    def take(self, subject: Hashable) -> bool:
        """Whether there was one; who took it gives it back."""
        taken = self._taken.get(subject, 0)
        if taken >= self._most:
            return False
        self._taken[subject] = taken + 1
        return True

    def give_back(self, subject: Hashable) -> None:
        left = self._taken[subject] - 1
        if left:
            self._taken[subject] = left
        else:
            del self._taken[subject]
