"""Routes of the store: all of them are here, and asked for again whenever one has changed.

What they lead to is not decided here: whoever listens is handed all of them, by name.
"""

from collections.abc import Callable, Iterator, Mapping

from gossamer.feed.messages import AskRoutes, Changed, RouteGrant, Routes
from gossamer.worker.identity.voice import Say


class StoredRoutes:
    """`changed` hears of new ones; it is set by whoever acts on them."""

    def __init__(self, say: Say, ids: Iterator[int]) -> None:
        self.known: Mapping[str, RouteGrant] = {}
        self.changed: Callable[[], None] = _nobody_listens
        self._say = say
        self._ids = ids
        self._asked = 0
        """The id of the last question: an answer to one before it may be out of date."""

    def ask(self) -> None:
        self._asked = next(self._ids)
        self._say(AskRoutes(self._asked))

    def answered(self, said: Routes) -> None:
        if said.id != self._asked or said.routes == self.known:
            return
        self.known = said.routes
        self.changed()

    def heard(self, change: Changed) -> None:
        if change.routes:
            self.ask()

    def unavailable(self, question_id: int) -> bool:
        """Whether it was ours: then it is to be asked again, once the store can be."""
        return question_id == self._asked


def _nobody_listens() -> None:
    """Nothing is served yet."""
