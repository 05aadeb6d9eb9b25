"""How far a run has come, and whether it may go on: numbers in, a word out.

An agent that answers at its limit needs one more call for that: room is kept for it, as much as the dearest call so far
took. So what a run comes to stays within its limits wherever its calls are alike.
"""

from gossamer.config.agents import AgentLimits
from gossamer.core.record import Usage


class Meter:
    """Of one run. What agents that it uses as tools come to is added by whoever asks them."""

    def __init__(self, limits: AgentLimits, *, keeps_room: bool) -> None:
        self._limits = limits
        self._keeps_room = keeps_room
        self.steps = 0
        self.usage = Usage()
        self.cost_nanos = 0
        self._most_tokens = 0
        self._most_nanos = 0

    @property
    def counts_money(self) -> bool:
        return self._limits.tokens is not None or self._limits.cost_nanos is not None

    @property
    def tokens(self) -> int:
        return self.usage.input + self.usage.output

    def reached(self, *, may_lead_on: bool) -> str | None:
        """The limit that forbids another step, if one does. `may_lead_on`: a further one may have to follow it."""
        limits = self._limits
        room = 2 if self._keeps_room and may_lead_on else 1
        if self.steps + room > limits.steps:
            return "steps"
        if limits.tokens is not None and self.tokens + room * self._most_tokens > limits.tokens:
            return "tokens"
        if limits.cost_nanos is not None and self.cost_nanos + room * self._most_nanos > limits.cost_nanos:
            return "cost"
        return None

    def spent(self) -> str | None:
        """The limit of tokens or money that is reached already, if one is."""
        limits = self._limits
        if limits.tokens is not None and self.tokens >= limits.tokens:
            return "tokens"
        if limits.cost_nanos is not None and self.cost_nanos >= limits.cost_nanos:
            return "cost"
        return None

    def step(self) -> None:
        self.steps += 1

    def used(self, usage: Usage | None, nanos: int) -> None:
        """What one call of the model came to."""
        if usage is not None:
            self.usage = _sum(self.usage, usage)
            self._most_tokens = max(self._most_tokens, usage.input + usage.output)
        self.cost_nanos += nanos
        self._most_nanos = max(self._most_nanos, nanos)

    def used_below(self, usage: Usage, nanos: int) -> None:
        """What an agent that was used as a tool came to."""
        self.usage = _sum(self.usage, usage)
        self.cost_nanos += nanos


def _sum(one: Usage, other: Usage) -> Usage:
    return Usage(*(getattr(one, name) + getattr(other, name) for name in Usage.__struct_fields__))
