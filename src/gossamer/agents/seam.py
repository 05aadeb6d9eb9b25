"""Where a run meets its tools and its pattern: nouns and Protocols, nothing that acts.

What a pattern wants is said by effects, and what came of them by events; the runner is the only one that does either.
So a pattern can be tested like a sum, and a tool knows nothing of models.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol, TypeAlias

import msgspec

TOOL_NAME: Final = r"[a-zA-Z0-9_-]{1,64}"
"""What models take as the name of a tool."""


# --- tools ---


class ToolSpec(msgspec.Struct, frozen=True):
    """A tool as the model is told of it. `name` is a TOOL_NAME, and the only one of its agent."""

    name: str
    description: str
    schema: Mapping[str, Any]
    """The JSON schema of its arguments, an object."""


class Observation(msgspec.Struct, frozen=True):
    """What the model is told of a call."""

    text: str
    is_error: bool = False


class Run(msgspec.Struct, frozen=True):
    """For whom something is done. `token` is the caller's own: it is sent to the front door, and shown to nobody."""

    id: str
    agent: str
    depth: int
    token: str
    headers: Mapping[str, str] = {}
    """What inner calls bring along: the trace, the session, the house's own mark."""
    callers: frozenset[str] = frozenset()
    """The ids that the caller has: of its key, its user, its agent of the state store."""
    house: str = ""
    """Whose its sessions are (core/house.py)."""


class ToolBox(Protocol):
    """What one agent may use, resolved from its allow-list, and of that what the caller of a run may."""

    async def specs(self, for_run: Run) -> Sequence[ToolSpec]:
        """Servers that are down are left out, or with what they last told; nothing is raised for them."""

    async def call(self, name: str, arguments: bytes, for_run: Run) -> Observation:
        """Whatever is wrong (no JSON, not by the schema, unknown or not allowed, too late, a dead server) is an
        Observation that tells the model. It ends early by the cancellation of its task.
        """


class AskAgent(Protocol):
    """Agents as tools, one level deeper. Given to Tools by the process."""

    async def __call__(self, agent: str, text: str, for_run: Run) -> Observation: ...


class Tools(Protocol):
    """Of the process: its servers, shared by all agents."""

    def box(self, agent: str, allowed: Sequence[str]) -> ToolBox: ...

    async def open(self) -> None: ...

    async def close(self) -> None: ...


# --- patterns: what came ---

Message: TypeAlias = Mapping[str, Any]
"""A message as chat completions know it: `role`, `content`, `tool_calls`, `tool_call_id`."""


class Call(msgspec.Struct, frozen=True):
    """One use of a tool, as the model wants it. `arguments` is its text, whether JSON or not."""

    id: str
    name: str
    arguments: str


class Began(msgspec.Struct, frozen=True):
    """The first event of a run. `messages` has the agent's directive first, and ends with what is asked."""

    messages: tuple[Message, ...]
    tools: tuple[ToolSpec, ...]


class TextCame(msgspec.Struct, frozen=True):
    """A piece of the model's text, split anywhere."""

    text: str


class ReasoningCame(msgspec.Struct, frozen=True):
    """A piece of what the model thinks aloud."""

    text: str


class CallCame(msgspec.Struct, frozen=True):
    """The model began to call a tool; which and how, TurnEnded says."""


class TurnEnded(msgspec.Struct, frozen=True):
    """The model is done: all of its text, and the calls that it wants, in its order."""

    text: str
    calls: tuple[Call, ...] = ()
    finish: str = "stop"
    """`stop`, `tool_calls`, `length` or `content_filter`."""
    details: tuple[Mapping[str, Any], ...] = ()
    """`reasoning_details`: what some models want back with their calls, beside the text."""


class Observed(msgspec.Struct, frozen=True):
    """All calls of a turn have ended: one for each, in the order of UseTools."""

    results: tuple[tuple[Call, Observation], ...]


class LimitReached(msgspec.Struct, frozen=True):
    """A limit ends the run, and its agent shall answer with what is there: the next AskModel is the last."""

    limit: str
    """`steps`, `time`, `tokens` or `cost`."""


Event: TypeAlias = Began | TextCame | ReasoningCame | CallCame | TurnEnded | Observed | LimitReached


# --- patterns: what is wanted ---


class AskModel(msgspec.Struct, frozen=True):
    """One call of the model. Each is a step of the run."""

    messages: tuple[Message, ...]
    tools: tuple[ToolSpec, ...] = ()
    stop: tuple[str, ...] = ()
    """Texts at which the model shall stop."""
    is_answer: bool = False
    """Known to be the last, as after LimitReached; with an output schema, the model is held to it."""
    calls_in_words: bool = False
    """The model may call for tools though it is told of none here: the pattern reads calls out of its text."""

    @property
    def may_lead_on(self) -> bool:
        """Whether a further call may have to follow."""
        return (bool(self.tools) or self.calls_in_words) and not self.is_answer


class UseTools(msgspec.Struct, frozen=True):
    """Calls side by side."""

    calls: tuple[Call, ...]


class Think(msgspec.Struct, frozen=True):
    """Shown as reasoning."""

    text: str


class Say(msgspec.Struct, frozen=True):
    """Shown as a piece of the answer."""

    text: str


class End(msgspec.Struct, frozen=True):
    """The run is over. What its Say said is the answer."""

    finish: str = "stop"


Effect: TypeAlias = AskModel | UseTools | Think | Say | End


class Pattern(Protocol):
    """One run's way through its states. Made anew for each by what an entry point (group `gossamer.patterns`) names,
    called without arguments.

    `take` answers an event with effects, in order; at most one of AskModel, UseTools and End among them, the last.
    TextCame, ReasoningCame and CallCame come between AskModel and TurnEnded. LimitReached may come instead of
    TurnEnded or Observed (whoever is asked or used is given up), or right after Began.
    """

    def take(self, event: Event) -> Sequence[Effect]: ...
