"""One request's life: what came in, who it is, what was decided, what went out, and the clock at every border.

An Exchange is data. What happens to it stands in gossamer.pipeline, the stages and gossamer.delivery.
"""

import msgspec

from gossamer.core.caller import Caller
from gossamer.core.ports import AgentClaims, Claims, Lease, Route, Services, Target
from gossamer.core.record import Attempt, CacheUse, Directed, Finish, Lookup, Usage
from gossamer.core.timing import Spent
from gossamer.core.translation import Translation
from gossamer.http.request import Request


class Exchange:
    """All in slots, and all of them set when it begins: a default that is looked up on the class costs ten times as
    much with each look as it costs to set it once."""

    __slots__ = (
        "agent", "answered_ns", "attempts", "body", "cache_line", "cached", "caller", "claims", "compact",
        "directed", "finish", "hides_usage", "id", "is_settled", "is_stream", "is_upload", "key_place", "lease",
        "limit_lines", "lookup", "model", "outgoing", "owes_nothing", "request", "request_id", "response_bytes",
        "route", "run", "sent_ns", "services", "spent", "stamps", "streamed_events", "target", "translation",
        "upload_beginning", "upload_growth_bytes", "usage",
    )  # fmt: skip

    # decided while it is admitted
    id: str
    request_id: str
    """What the caller is shown: its own id, if it sent one."""
    caller: Caller
    claims: Claims | None
    lookup: Lookup | None
    """How its key was found, where it was not in memory."""
    agent: AgentClaims | None
    model: str | None
    target: Target | None
    """Of the attempt under way, or the last."""
    route: Route | None
    """Where there is more than one way."""
    body: bytes
    """As the client sent it, with what its agent adds: a model where it named none, and its directive."""
    compact: dict[str, msgspec.Raw] | None
    """What is in that body, where it is no other than these, written compactly."""
    directed: Directed | None
    """The directive that it has been given."""
    outgoing: bytes
    """What goes to the target of this attempt: mostly the same object."""
    translation: Translation | None
    """Where this attempt is made in another dialect than the caller's, or lost something on its way."""
    is_stream: bool
    hides_usage: bool
    """Whether the caller did not ask for the usage that we asked for on its behalf."""
    is_upload: bool
    """Whether the body is handed on as it comes, unread but for its beginning."""
    upload_beginning: bytes
    """Of a form, where it may name a model."""
    upload_growth_bytes: int
    lease: Lease | None
    """What it was let in with, where something limits it."""
    limit_lines: str
    """What its answer says of the limits: x-ratelimit lines."""

    cached: CacheUse | None
    """What the cache had to do with it, where there is one."""
    cache_line: str
    """What its answer says of that, where a provider is asked."""

    # learnt while it is delivered
    attempts: tuple[Attempt, ...]
    """Those that failed, and the last one where any did."""
    usage: Usage | None
    finish: Finish | None
    """Why its answer ended."""
    sent_ns: int
    """When the first attempt went out."""
    run: str | None
    """Of the agent that answers it: what its calls come to is in their records, and not in this one's."""
    key_place: int
    """Of the provider's keys, where it has several: which one this attempt has."""
    answered_ns: int
    """When the loop could first see the provider's answer."""
    spent: Spent | None
    """What it had cost when its answer began, where that is settled later."""
    response_bytes: int
    streamed_events: int
    """Of a stream that ended before its usage was told: about as many tokens were generated."""
    owes_nothing: bool
    """Whether its client left when all that had been asked had failed, or was about to be refused."""
    is_settled: bool

    def __init__(self, request: Request, services: Services, began_ns: int) -> None:
        self.request = request
        self.services = services
        self.stamps = [request.arrived_ns, began_ns]
        """A reading of the clock at every border: on arrival, then behind each stage."""
        self.claims = self.lookup = self.agent = self.model = self.target = self.route = self.directed = None
        self.compact = self.translation = self.lease = self.cached = self.usage = self.finish = self.run = (
            self.spent
        ) = None
        self.is_stream = self.hides_usage = self.is_upload = self.owes_nothing = self.is_settled = False
        self.id = self.request_id = self.limit_lines = self.cache_line = ""
        self.body = self.outgoing = self.upload_beginning = b""
        self.sent_ns = self.answered_ns = self.upload_growth_bytes = 0
        self.key_place = self.response_bytes = self.streamed_events = 0
        self.attempts = ()
