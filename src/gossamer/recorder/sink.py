"""What every sink is: it takes batches, and knows where it stands. Its pump's thread alone calls it.

A sink keeps its position with what it took, in one transaction where it has any; where it has none, taking a batch a
second time must change nothing.
"""

from collections.abc import Mapping
from typing import Protocol

from gossamer.recorder.batch import Batch


class SinkAway(Exception):
    """It cannot be reached, or cannot take anything now. The batch is taken again later."""


class Sink(Protocol):
    @property
    def name(self) -> str:
        """As it is called in logs and metrics."""

    def open(self) -> Mapping[str, int]:
        """Reach it, and say how far it is. Called again after each failure. Raises SinkAway."""

    def take(self, batch: Batch) -> None:
        """All of it and its positions, or nothing. Raises SinkAway."""

    def rest(self) -> None:
        """Nothing is new: time for what can wait. Raises SinkAway."""

    def close(self) -> None:
        """Also where it was never open."""
