"""The words of the feed: JSON lines, many questions under way at once, and the changes between the answers.

The order on the wire is the order of truth. Each answer carries the revision of the store that it was read at, and
each change the one that it made: an answer older than a change to what it speaks of is asked for again.
"""

from typing import Any, Final, Literal

import msgspec

from gossamer.core.allowance import UNLIMITED, Limits
from gossamer.core.directives import Variable
from gossamer.core.routing import Sticky, Strategy

AGENTS: Final = -1
"""The agents' process, where a worker would say its number."""
PROTOCOL: Final = 2
"""Goes up when an older side would misread the lines; the control process refuses another number by name."""


class KeyGrant(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one key may do, its user's share included. Only good keys have one."""

    key_id: str
    name: str
    user_id: str | None = None
    scopes: tuple[str, ...] = ("inference",)
    models: frozenset[str] | None = None
    """Names of models it may ask for; None: all."""
    agents: frozenset[str] = frozenset()
    """The agents that it is bound to; none: all agents of its user."""
    limits: Limits = UNLIMITED
    user_limits: Limits = UNLIMITED
    expires_at: float | None = None
    """Unix time."""


class DirectiveGrant(msgspec.Struct, frozen=True, omit_defaults=True):
    """The version of a directive that is in force."""

    number: int
    text: str
    variables: dict[str, Variable] = {}


class AgentGrant(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one agent is. Only active agents of active users have one."""

    agent_id: str
    name: str
    user_id: str | None = None
    models: frozenset[str] | None = None
    default_model: str | None = None
    limits: Limits = UNLIMITED
    directive_id: str | None = None
    directive: DirectiveGrant | None = None
    """None where it has none, or none of its versions is in force."""
    metadata: dict[str, str] = {}


class RouteGrant(msgspec.Struct, frozen=True, omit_defaults=True):
    """A name that leads to several targets. Of each: provider/model, weight, priority."""

    targets: tuple[tuple[str, int, int], ...]
    strategy: Strategy = "fallback"
    sticky: Sticky = "none"
    retries: int = 0
    deadline_s: float | None = None


# --- a worker's ---


class Hello(msgspec.Struct, frozen=True, tag="hello"):
    """The first line of a connection. `since`: the last revision that this worker has heard of, 0 for none."""

    worker: int
    since: int = 0
    protocol: int = PROTOCOL


class AskKeys(msgspec.Struct, frozen=True, tag="keys?"):
    """SHA-256 digests of tokens, in hex: all that one turn of the loop wanted to know."""

    id: int
    digests: tuple[str, ...]


class AskAgents(msgspec.Struct, frozen=True, tag="agents?"):
    id: int
    agent_ids: tuple[str, ...]


class AskRoutes(msgspec.Struct, frozen=True, tag="routes?"):
    """For all that there are."""

    id: int


class Used(msgspec.Struct, frozen=True, tag="used"):
    """Unix times at which keys were last used, by key id. Told now and then."""

    keys: dict[str, float]


# --- the recorder's ---


class AskEvents(msgspec.Struct, frozen=True, tag="events?"):
    """For the next audit events. `taken`: those up to this number lie where they are to go."""

    id: int
    holder: str
    """Which node asks: one at a time is handed them."""
    taken: int = 0


# --- either's ---


class Turned(msgspec.Struct, frozen=True, tag="turned"):
    """The circuit of a target opened or closed, as one worker found; the control process tells the others."""

    target: str
    is_open: bool


# --- the control process's ---


class State(msgspec.Struct, frozen=True, omit_defaults=True, tag="state"):
    """The answer to Hello. With `is_whole`, whatever the worker remembers from before is to be forgotten."""

    revision: int
    is_whole: bool = False


class Keys(msgspec.Struct, frozen=True, omit_defaults=True, tag="keys"):
    """What was asked for. A digest that is not in `grants` is no good key."""

    id: int
    revision: int
    grants: dict[str, KeyGrant]


class Agents(msgspec.Struct, frozen=True, omit_defaults=True, tag="agents"):
    id: int
    revision: int
    grants: dict[str, AgentGrant]
    directives: dict[str, DirectiveGrant] = {}
    """Those in force that the agents are given, by their ids; here, since many agents are given the same."""


class Routes(msgspec.Struct, frozen=True, omit_defaults=True, tag="routes"):
    """All that there are, by name."""

    id: int
    revision: int
    routes: dict[str, RouteGrant]


class Told(msgspec.Struct, frozen=True, omit_defaults=True):
    """One administrative change, and who made it. No secret is in it."""

    number: int
    """Counts up by one from change to change of one store, whichever node made it."""
    id: str
    at: float
    """Unix time."""
    by: Literal["user", "key", "operator", "gateway"]
    """A user, a key, the operator at the machine, or the gateway itself."""
    action: str
    actor_id: str | None = None
    user_id: str | None = None
    address: str = ""
    subject: str | None = None
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None


class Events(msgspec.Struct, frozen=True, omit_defaults=True, tag="events"):
    """In the order of their numbers. None: there is nothing new, or another node is handing on."""

    id: int
    events: tuple[Told, ...] = ()


class Unavailable(msgspec.Struct, frozen=True, tag="unavailable"):
    """The store could not be asked. Says nothing about what was asked for."""

    id: int
    reason: str


class Changed(msgspec.Struct, frozen=True, omit_defaults=True, tag="changed"):
    """What differs since the revision before: by id, never by content. Whoever needs it asks again."""

    revision: int
    keys: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    """Their keys and agents are meant as well."""
    routes: tuple[str, ...] = ()
    """Whatever they are: all are asked for again."""
    directives: tuple[str, ...] = ()
    """The agents that are given them are meant."""
    purged: tuple[str, ...] = ()
    """What is to be forgotten of what was kept (core/purge.py)."""
    responses: tuple[str, ...] = ()
    """Deleted ones, or conversations or sessions of them: whoever remembers any forgets all."""
    sessions: tuple[str, ...] = ()
    """Deleted ones, and when (core/tombstone.py)."""


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    """The last line of a connection that cannot be: another protocol."""

    reason: str


FromWorker = Hello | AskKeys | AskAgents | AskRoutes | AskEvents | Used | Turned
FromControl = State | Keys | Agents | Routes | Unavailable | Changed | Turned | Refused
ForRecorder = Events | Unavailable
