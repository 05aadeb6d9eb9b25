"""What was found, by what it was asked for: bounded in number and in time, and ended at once where it has changed.

Whoever holds something from here looks at its `is_valid` and nothing else: what leaves the shelf is ended first, so
that nothing is believed which a change could not reach any more. The clock is handed in.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Final, Generic, Protocol, TypeVar

SECOND_CHANCES: Final = 8
"""How many that were used meanwhile are passed over to find one to drop: a bound on the work of one look-up."""


class Ending(Protocol):
    is_valid: bool


Name = TypeVar("Name", bound=Hashable)
Kept = TypeVar("Kept", bound=Ending)


class Place(Generic[Kept]):
    """One thing on the shelf, and all that is needed to take it off again."""

    __slots__ = ("kept", "placed_at", "second", "subjects")

    def __init__(self, kept: Kept, subjects: tuple[str, ...], second: int, placed_at: float) -> None:
        self.kept = kept
        self.subjects = subjects
        self.second = second
        self.placed_at = placed_at


class Shelf(Generic[Name, Kept]):
    """`last_used` says when a thing was used last, `ended` hears of each that leaves."""

    def __init__(self, most: int, last_used: Callable[[Kept], float], ended: Callable[[Kept], None]) -> None:
        self.most = most
        self._last_used = last_used
        self._ended = ended
        self._places: dict[Name, Place[Kept]] = {}
        self._of_subject: dict[str, set[Name]] = {}
        self._due: dict[int, set[Name]] = {}
        self._swept_to: int | None = None

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[Kept]:
        return (place.kept for place in self._places.values())

    def get(self, name: Name) -> Kept | None:
        place = self._places.pop(name, None)
        if place is None:
            return None
        self._places[name] = place  # it is the youngest again
        return place.kept

    def put(self, name: Name, kept: Kept, subjects: tuple[str, ...], until: float) -> None:
        """`subjects`: the ids whose change ends it; `until`: ends it as well, a second late at most."""
        self.end(name)
        while len(self._places) >= self.most:
            self._drop_one()
        # A second that was swept already is not swept again: what is out of time goes with the next one.
        second = max(int(until), self._swept_to or 0) + 1
        self._places[name] = Place(kept, subjects, second, self._last_used(kept))
        self._due.setdefault(second, set()).add(name)
        for subject in subjects:
            self._of_subject.setdefault(subject, set()).add(name)

    def end(self, name: Name) -> None:
        place = self._places.pop(name, None)
        if place is None:
            return
        place.kept.is_valid = False
        _take_out(self._due, place.second, name)
        for subject in place.subjects:
            _take_out(self._of_subject, subject, name)
        self._ended(place.kept)

    def end_subjects(self, subjects: Iterable[str]) -> None:
        for subject in subjects:
            for name in tuple(self._of_subject.get(subject, ())):
                self.end(name)

    def end_all(self) -> None:
        for name in tuple(self._places):
            self.end(name)

    def sweep(self, now: float) -> None:
        """End what is out of time. Its cost follows what ends, not what is kept."""
        second = int(now)
        if self._swept_to is None:
            overdue: Iterable[int] = [each for each in self._due if each <= second]
        else:
            overdue = range(self._swept_to + 1, second + 1)
        for each in overdue:
            for name in tuple(self._due.get(each, ())):
                self.end(name)
        self._swept_to = second

    def _drop_one(self) -> None:
        """The oldest that was not used since it was put where it stands."""
        for _ in range(SECOND_CHANCES):
            name, place = next(iter(self._places.items()))
            last_used = self._last_used(place.kept)
            if last_used <= place.placed_at:
                break
            place.placed_at = last_used
            self._places[name] = self._places.pop(name)
        self.end(next(iter(self._places)))


Group = TypeVar("Group", bound=Hashable)


def _take_out(groups: dict[Group, set[Name]], group: Group, name: Name) -> None:
    members = groups[group]
    members.discard(name)
    if not members:
        del groups[group]
