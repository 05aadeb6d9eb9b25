"""What the head of a request says of its sender. Derived once, kept with the head for as long as it comes back."""

from dataclasses import dataclass

from gossamer.core.endpoints import Endpoint
from gossamer.core.ports import AgentClaims, Claims
from gossamer.core.runs import RunMark


@dataclass(frozen=True, slots=True)
class Extras:
    """Wishes of a head that most heads do not have: all others pay one look for them together."""

    idempotency_key: bytes | None
    wants_metadata: bool


class Caller:
    """Everything here follows from the bytes of one head alone."""

    __slots__ = (
        "agent",
        "agent_id",
        "caching",
        "claims",
        "endpoint",
        "extras",
        "forwarded",
        "has_our_form",
        "is_crooked",
        "is_plain",
        "metadata",
        "method",
        "path",
        "provider",
        "rendered",
        "request_id",
        "run",
        "session",
        "token_digest",
        "trace",
    )

    def __init__(
        self,
        endpoint: Endpoint,
        method: str,
        path: str,
        *,
        is_crooked: bool,
        token_digest: bytes | None,
        has_our_form: bool,
        agent_id: str | None,
        request_id: str | None,
        provider: str | None,
        metadata: bytes | None,
        session: str | None,
        trace: str | None = None,
        extras: "Extras | None" = None,
    ) -> None:
        self.endpoint = endpoint
        self.method = method
        self.path = path
        self.is_crooked = is_crooked
        self.token_digest = token_digest
        self.has_our_form = has_our_form
        """Whether the token could be one that this gateway has made."""
        self.agent_id = agent_id
        """X-Agent-ID."""
        self.request_id = request_id
        """The caller's own X-Request-ID, where it sent one that can be shown again."""
        self.provider = provider
        """X-Gossamer-Provider."""
        self.metadata = metadata
        """X-Gossamer-Metadata, unread: only a directive may ask for what it says."""
        self.session = session
        """X-Session-ID, where it can be shown again."""
        self.trace = trace
        """What a valid traceparent says; without one, None."""
        self.extras = extras
        """What few ask for. None: nothing of it."""
        self.run: RunMark | None = None
        """Of the agent's run that this is a call of, where it bears a mark of our own."""
        self.claims: Claims | None = None
        """What the token was last found to be allowed: believed for as long as it says of itself that it is valid."""
        self.is_plain = False
        """Whether, with these claims, no agent speaks: neither named, nor bound to the key."""
        self.agent: AgentClaims | None = None
        """Who was last found to speak, with these claims; believed like them."""
        self.forwarded: tuple[object, bytes] | None = None
        """The provider that this head last went to, and the head that it was sent."""
        self.caching: object | None = None
        """What the head says to the cache, as that last read it. Its own, and nobody else's to read."""
        self.rendered: dict[object, bytes] | None = None
        """The same of each provider, where it went to several."""
