"""What patterns are made of: a table from a state and what came to the method that answers it, and the next state."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, cast

from gossamer.agents.seam import CallCame, Effect, Event, ReasoningCame, Say, TextCame, Think

Step = tuple[str, Sequence[Effect]]
"""The next state, and what is wanted."""


class PatternBroken(Exception):
    """Something came for which a pattern has no row: a defect of the pattern, and the end of the run."""


class TablePattern:
    """`TABLE`: the name of a method by state and kind of event; the methods return a Step."""

    TABLE: ClassVar[Mapping[tuple[str, type], str]] = {}

    def __init__(self) -> None:
        self.state = "new"

    def take(self, event: Event) -> Sequence[Effect]:
        name = self.TABLE.get((self.state, type(event)))
        if name is None:
            raise PatternBroken(f"{type(self).__name__} knows no {type(event).__name__} while {self.state}")
        self.state, effects = cast("Step", getattr(self, name)(event))
        return effects

    # --- what most tables have a row for ---

    def _think(self, event: TextCame | ReasoningCame) -> Step:
        return self.state, (Think(event.text),)

    def _say(self, event: TextCame) -> Step:
        return self.state, (Say(event.text),)

    def _go_on(self, event: CallCame) -> Step:
        """What is called, the end of the turn says."""
        del event
        return self.state, ()
