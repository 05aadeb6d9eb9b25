"""How the targets of routes fare, as this worker sees them. Kept over reloads, since a target is the same after one.

What changes the state of a circuit is told to whoever listens, and what other workers found is taken in here.
"""

import random
from collections.abc import Callable
from typing import Final

from gossamer.policy.balance import Latency
from gossamer.policy.circuit import Circuit
from gossamer.policy.retry import RetryBudget

UNTOLD_REST_S: Final = 1.0
"""Of a target that said 429 and not for how long."""
LONGEST_REST_S: Final = 60.0

Turned = Callable[[str, bool], None]
"""A target's label, and whether its circuit is open now."""


class Health:
    """Of one target. `is_suspect`: somebody has to look before it is asked."""

    __slots__ = (
        "_turned",
        "_was_open",
        "budget",
        "busy",
        "circuit",
        "is_suspect",
        "label",
        "latency",
        "requests",
        "rests_until",
    )

    def __init__(self, label: str, turned: Turned) -> None:
        self.label = label
        self.circuit = Circuit()
        self.latency = Latency()
        self.budget = RetryBudget()
        self.busy = 0
        """Requests under way."""
        self.requests = 0
        """All that there ever were."""
        self.is_suspect = False
        self.rests_until = 0.0
        """It said 429: others first."""
        self._turned = turned
        self._was_open = False

    def admits(self, now: float) -> bool:
        return not self.is_suspect or self.circuit.admits(now)

    def is_resting(self, now: float) -> bool:
        return self.is_suspect and now < self.rests_until

    def asked(self, now: float) -> None:
        self.busy += 1
        self.requests += 1
        if self.is_suspect:
            self.circuit.asked(now)

    def begun(self, asked_at: float, now: float) -> None:
        """Asked only of a suspect."""
        self.circuit.begun(asked_at, now)
        self._look(now)

    def good(self, asked_at: float, now: float) -> None:
        self.busy -= 1
        self.circuit.good(asked_at, now)
        if self.is_suspect:
            self._look(now)

    def bad(self, asked_at: float, now: float, *, is_refusal: bool) -> None:
        self.busy -= 1
        self.circuit.bad(asked_at, now, random.random(), is_refusal=is_refusal)  # noqa: S311 - no secret
        self._look(now)

    def left(self) -> None:
        """Nothing was learnt."""
        self.busy -= 1
        if self.is_suspect:
            self.circuit.left()

    def rest(self, pause_s: float | None, now: float) -> None:
        self.rests_until = now + (UNTOLD_REST_S if pause_s is None else min(pause_s, LONGEST_REST_S))
        self.is_suspect = True

    def hear(self, now: float, *, is_open: bool) -> None:
        """What another worker found. Nobody is told of it once more."""
        if not is_open:
            self.circuit.hurry(now)
        elif not self.circuit.was_well_lately(now):
            self.circuit.trip(now, random.random())  # noqa: S311 - no secret
            self.is_suspect = self._was_open = True

    def _look(self, now: float) -> None:
        is_open = self.circuit.state != "closed"
        self.is_suspect = is_open or now < self.rests_until
        if is_open != self._was_open:
            self._was_open = is_open
            self._turned(self.label, is_open)


class Unwatched(Health):
    """Of a target that has no other beside it: to refuse what might have gone well would help nobody."""

    __slots__ = ()

    def __init__(self, label: str) -> None:
        super().__init__(label, lambda label, is_open: None)  # noqa: ARG005 - nobody is told

    def bad(self, asked_at: float, now: float, *, is_refusal: bool) -> None:  # noqa: ARG002 - it counts for nothing
        self.left()


class Healths:
    """Of all targets that any route ever had in the life of this worker."""

    def __init__(self, turned: Turned) -> None:
        self._turned = turned
        self._all: dict[str, Health] = {}

    def of(self, label: str) -> Health:
        found = self._all.get(label)
        if found is None:
            found = self._all[label] = Health(label, self._turned)
        return found

    def circuits(self) -> dict[str, bool]:
        """Whether each is kept from being asked, but for a request that tries it."""
        return {label: health.circuit.state != "closed" for label, health in self._all.items()}

    def hear(self, label: str, now: float, *, is_open: bool) -> None:
        health = self._all.get(label)
        if health is not None:
            health.hear(now, is_open=is_open)
