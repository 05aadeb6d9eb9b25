"""What a voice can say of a run, and what a run comes to in the end."""

from typing import Any, Protocol

import msgspec

from gossamer.agents.seam import Call, Observation
from gossamer.core.record import Usage
from gossamer.dialects.answer import Counts, Fault, Stop
from gossamer.dialects.terms import Echo

SERVER_MARK = "__"
"""Between the name of a server and that of its tool, as models are told them."""
OWN_SERVER = "gossamer"
"""Where functions and other agents are."""


class Thought(msgspec.Struct, frozen=True):
    text: str


class Said(msgspec.Struct, frozen=True):
    text: str


class Used(msgspec.Struct, frozen=True):
    """`seen`: None where the run ended first."""

    call: Call
    seen: Observation | None = None


Part = Thought | Said | Used


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A run that is over."""

    parts: tuple[Part, ...]
    stop: Stop
    usage: Usage
    cost_nanos: int
    steps: int
    limit: str | None = None
    """That ended it."""

    @property
    def counts(self) -> Counts:
        used = self.usage
        return Counts(used.input, used.cached, used.cache_write + used.cache_write_1h, used.output, used.reasoning)

    @property
    def answer(self) -> str:
        return "".join(part.text for part in self.parts if isinstance(part, Said))

    def summary(self, run: str) -> dict[str, Any]:
        """What the run was, as answers have it beside what the dialect has."""
        return {
            "run": run,
            "steps": self.steps,
            "tokens": {"input": self.usage.input, "output": self.usage.output},
            "cost_nano_usd": self.cost_nanos,
            "limit": self.limit,
        }


class Manner(msgspec.Struct, frozen=True, kw_only=True):
    """What a voice needs to know before it begins."""

    run: str
    agent: str
    now_s: int
    echo: Echo
    shows_steps: bool


class Voice(Protocol):
    """Each call returns bytes to send; `whole` is for those who do not want a stream."""

    def begin(self) -> bytes: ...

    def think(self, text: str) -> bytes: ...

    def say(self, text: str) -> bytes: ...

    def use(self, call: Call) -> bytes: ...

    def observe(self, call: Call, seen: Observation) -> bytes: ...

    def ping(self) -> bytes: ...

    def end(self, told: Told) -> bytes: ...

    def fail(self, fault: Fault) -> bytes: ...

    def whole(self, told: Told) -> bytes: ...


def server_and_tool(name: str) -> tuple[str, str]:
    server, mark, tool = name.partition(SERVER_MARK)
    return (server, tool) if mark and server and tool else (OWN_SERVER, name)
