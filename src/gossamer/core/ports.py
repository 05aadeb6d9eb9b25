"""The Protocols through which the way of a request reaches what it needs, and the values that cross them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import msgspec

from gossamer.core.allowance import UNLIMITED, Limits, Spent, Subject
from gossamer.core.directives import Directive
from gossamer.core.endpoints import Dialect
from gossamer.core.failure import Failure, Step
from gossamer.core.later import Later
from gossamer.core.reading import Readings
from gossamer.core.record import Outcome, Record, Usage
from gossamer.core.timing import Timing
from gossamer.http.call import ResponseSink, Uploader
from gossamer.http.turn import Turn

if TYPE_CHECKING:
    from asyncio import TimerHandle

    from gossamer.core.exchange import Exchange


@dataclass(eq=False, slots=True)
class Claims:
    """What a valid key is allowed. Shared by all requests of the key: revoking clears `is_valid`, seen at once."""

    key_id: str
    name: str
    models: frozenset[str] | None = None
    """Names of models the key may ask for; None: all."""
    is_valid: bool = True
    user_id: str | None = None
    agents: frozenset[str] = frozenset()
    """The agents that it is bound to; none: all agents of its user."""
    limits: Limits = UNLIMITED
    user_limits: Limits = UNLIMITED
    may_infer: bool = True
    """Whether it may ask for anything below /v1: a key may be for administration alone."""
    may_share: bool = True
    """Whether it may ask for what lies in the provider's account, where all callers of the gateway are one."""
    used_at: float = 0.0
    """Unix time of its last request."""
    told_at: float = 0.0
    """As far as the store was told of that."""
    free_under: object | None = None
    """The limiter that found nothing to limit here, whatever the model: while it is in force, nobody need ask it."""
    plans: object | None = None
    """What a limiter has worked out for this key. Its own, and nobody else's to read."""


@dataclass(eq=False, slots=True)
class AgentClaims:
    """On whose behalf a key speaks. Shared and ended like Claims."""

    agent_id: str
    name: str
    user_id: str | None = None
    models: frozenset[str] | None = None
    default_model: str | None = None
    """Asked for where the request names none."""
    directive: Directive | None = None
    """What stands before everything that is asked in its name."""
    limits: Limits = UNLIMITED
    is_valid: bool = True


class Authenticator(Protocol):
    """From the digest of a token to its claims: at once from memory, or after asking; None means a bad key.

    Raises Unavailable where nobody can say, and RateLimitExceeded to an address that brings too many bad keys.
    """

    def claims_of(
        self, digest: bytes, peer: str, *, has_our_form: bool
    ) -> Claims | Awaitable[Claims | None] | Later | None:
        """Without our form the token can only be one that the configuration grants. A Later ends as a refusal."""


class AgentDirectory(Protocol):
    """From the id of an agent to what it is; None means that there is none. Raises Unavailable where nobody can say."""

    def agent_of(self, agent_id: str) -> AgentClaims | Awaitable[AgentClaims | None] | None: ...


class Lease(Protocol):
    """What a request was let in with: one of its concurrent places, estimated tokens and money."""

    nanos: int | None
    """What was reserved of its budgets; None where it has none, or has no price."""

    def settle(self, tokens: int | None, nanos: int | None) -> None:
        """Called once, at the end: what was used instead of what was estimated; None: nobody knows, so that stays."""


class Limiter(Protocol):
    """Counts for key, user, agent and model in one step: either all are charged, or none."""

    def admit(self, exchange: "Exchange") -> Later | None:
        """Leave a lease on the exchange where something limits it, and what its x-ratelimit lines are.

        Raises RateLimitExceeded and its kin, PriceUnknown, and Unavailable where counters that must answer do not.
        """

    def note(self, record: Record) -> None:
        """A finished request that cost money, just written down."""


class SpendBook(Protocol):
    """What was spent before this process began to count: the share of it that this process answers for."""

    async def spent(self, subjects: Sequence[Subject], day: int, month: int) -> Sequence[Spent]:
        """Of each subject, in this UTC day and month. Asked once for each subject that has a budget."""


class Tariff(Protocol):
    """What a model costs, in whole nano-dollars."""

    @property
    def is_flat(self) -> bool:
        """Whether it costs the same whatever was used."""

    def cost(self, usage: Usage) -> int: ...


class Tariffs(Protocol):
    """Whose price is which, by provider/model."""

    def get(self, label: str, /) -> Tariff | None: ...


class Sending(Protocol):
    """A request on its way to a provider."""

    def cancel(self) -> None: ...

    def pause(self) -> None: ...

    def resume(self) -> None: ...


class Wording(Protocol):
    """From a request of one dialect to what a provider takes that does not take it as it is."""

    def prepare(self, exchange: "Exchange", model: str | None) -> "Reply | None":
        """Set `exchange.outgoing`, and `exchange.translation` where the answer must be told in other words.

        A Reply where the gateway itself answers. Raises InvalidRequest for what cannot be said to this provider.
        """


class Keys(Protocol):
    """The keys of a provider that has several, by their places. Times are seconds of a clock that does not jump."""

    count: int

    def rest(self, place: int, pause_s: float | None, now: float) -> None:
        """The provider has had enough of this one, for so long as it said."""

    def has_free(self, now: float) -> bool: ...


class Provider(Protocol):
    """Somebody who answers. `send` never waits; the sink hears of the answer."""

    name: str
    wordings: Mapping[Dialect, Wording]
    """Of the dialects that it does not take as they are; all others go to it as they came."""

    @property
    def keys(self) -> Keys | None:
        """None where there is nothing to choose."""

    def send(self, exchange: "Exchange", sink: ResponseSink, uploader: Uploader | None = None) -> Sending: ...


class Target(msgspec.Struct, frozen=True, eq=False):
    """A model of a provider, found."""

    provider: Provider
    model: str | None
    """The provider's own name of the model; None where the path knows none."""
    label: str
    """provider/model, as it is shown."""
    headers: str = ""
    """X-Gossamer-Target and a single attempt, rendered once."""
    price: Tariff | None = None
    """None where nobody said what it costs."""
    is_agent: bool = False
    """Its calls come back in through the front door, and are what is counted and paid."""


class Route(Protocol):
    """The way of one request, where there is more than one, or it may be tried again. What is not so has none."""

    target: Target
    """Of the attempt under way, or the next."""
    watch: "TimerHandle | None"
    """Of the deadline."""

    @property
    def label(self) -> str:
        """How the limits of the settings know it."""

    @property
    def targets(self) -> Sequence[Target]:
        """All that may come to answer."""

    @property
    def deadline_s(self) -> float | None:
        """From the arrival of the request to the first byte of its answer."""

    def asked(self, at_ns: int) -> None:
        """An attempt goes out."""

    def begun(self, at_ns: int) -> None:
        """The answer is on its way to the client, and may take long."""

    def failed(self, exchange: "Exchange", failure: Failure, at_ns: int) -> Step | None:
        """What to do next; None: nothing, the failure is the answer."""

    def settled(self, exchange: "Exchange", outcome: Outcome, status: int) -> None:
        """The request is over, its record not written yet."""


class Way(Protocol):
    """Several targets and what to do with them: a Route for each request. Raises ProviderBusy where none is ready,
    and InvalidRequest where none can do what is asked.
    """

    label: str

    def begin(self, exchange: "Exchange") -> Route: ...


class Router(Protocol):
    """Finds who answers. Raises ModelNotFound, or NotFound where no provider is meant."""

    def target_of(self, model: str) -> Target | Way: ...

    def provider_named(self, name: str, model: str | None) -> Target | Way: ...

    def default_target(self) -> Target | Way: ...

    @property
    def catalog_target(self) -> Target:
        """Who answers which models there are."""


class Lister(Protocol):
    """Knows which models one provider has. Raises OSError where it cannot be asked."""

    name: str

    async def models(self) -> list[str]: ...


class Journal(Protocol):
    """Where finished requests are written down. When `append` returns, the line outlives the process."""

    def append(self, record: Record) -> None: ...

    def close(self) -> None: ...


class AnswerCache(Protocol):
    """Answers that are given again."""

    @property
    def readings(self) -> Readings:
        """Of bodies whose answers were known."""

    def admit(self, exchange: "Exchange") -> "Later | Reply | None":
        """The answer, where it is known; None or the end of a Later: the provider is to be asked."""


class ResponseKeeper(Protocol):
    """Who keeps responses, so that later requests can go on from them."""

    def recall(self, exchange: "Exchange", members: Mapping[str, msgspec.Raw]) -> Awaitable[None] | None:
        """Write what went before into the body, and see to it that the answer is kept, as its members ask for it.

        Raises InvalidRequest and its kin, and Unavailable where nobody can say what went before.
        """

    def serve(self, exchange: "Exchange") -> Awaitable["Reply"]:
        """What a client asks of what is kept."""


LookAgain = Callable[["Exchange"], Awaitable[None] | None]
"""Behind a wait: None, where nothing has changed; else it ends when the request may go on, or raises why not."""


class Heeding(Protocol):
    """What few requests ask for."""

    has_keys: bool
    """Whether idempotency keys mean anything here."""

    def claim(self, exchange: "Exchange", key: bytes, body: bytes, look_again: LookAgain) -> Later:
        """Ends when the request may go on, or with a refusal; with PeerGone, where it was answered already.

        Nobody is given anything before `look_again`. Raises IdempotencyKeyInUse and IdempotencyKeyReused where that is
        known at once.
        """

    def tell_of_itself(self, exchange: "Exchange") -> None:
        """Its answer is to say what it cost and who gave it."""


class Reply(msgspec.Struct, frozen=True):
    """An answer that the gateway itself has. `headers` is a rendered block of lines."""

    status: int
    headers: bytes
    body: bytes


Stage = Callable[["Exchange"], "Awaitable[Reply | None] | Later | Reply | None"]
"""Go on (None), answer now (a Reply), or wait: Later, where no task is needed. Refusing is raising a GatewayError."""


@dataclass(frozen=True, slots=True)
class Services:
    """What the stages reach for. Replaced as a whole when the configuration is read again; a request keeps its own."""

    authenticator: Authenticator
    agents: AgentDirectory
    router: Router
    limiter: Limiter
    journal: Journal
    next_id: Callable[[], str]
    next_seq: Callable[[], int]
    turn: Turn
    timing: Timing
    worker: int
    body_limit_bytes: int
    admit: tuple[Stage, ...]
    """In their order. Without a cache there is no stage for it."""
    cache: AnswerCache | None = None
    responses: ResponseKeeper | None = None
    """None: whatever is said of keeping goes to the providers."""
    heeding: Heeding | None = None
    run_secret: str = ""
    """By which calls of our own agents are known; empty where there are none."""
