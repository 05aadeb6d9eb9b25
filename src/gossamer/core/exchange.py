"""One request's life: what came in, who it is, what was decided, what went out, and the clock at every border.

An Exchange is data. What happens to it stands in gossamer.pipeline, the stages and gossamer.delivery.
"""

from gossamer.core.caller import Caller
from gossamer.core.ports import AgentClaims, Claims, Lease, Route, Services, Target
from gossamer.core.record import Attempt, CacheUse, Directed, Finish, Lookup, Usage
from gossamer.core.timing import Spent
from gossamer.core.translation import Translation
from gossamer.http.request import Request


class Exchange:
    """Class attributes are the defaults: only what a request changes costs it anything."""

    # decided while it is admitted
    id: str = ""
    request_id: str = ""
    """What the caller is shown: its own id, if it sent one."""
    caller: Caller
    claims: Claims | None = None
    lookup: Lookup | None = None
    """How its key was found, where it was not in memory."""
    agent: AgentClaims | None = None
    model: str | None = None
    target: Target | None = None
    """Of the attempt under way, or the last."""
    route: Route | None = None
    """Where there is more than one way."""
    body: bytes = b""
    """As the client sent it, with what its agent adds: a model where it named none, and its directive."""
    directed: Directed | None = None
    """The directive that it has been given."""
    outgoing: bytes = b""
    """What goes to the target of this attempt: mostly the same object."""
    translation: Translation | None = None
    """Where this attempt is made in another dialect than the caller's, or lost something on its way."""
    is_stream: bool = False
    hides_usage: bool = False
    """Whether the caller did not ask for the usage that we asked for on its behalf."""
    is_upload: bool = False
    """Whether the body is handed on as it comes, unread but for its beginning."""
    upload_beginning: bytes = b""
    """Of a form, where it may name a model."""
    upload_growth_bytes: int = 0
    lease: Lease | None = None
    """What it was let in with, where something limits it."""
    limit_lines: str = ""
    """What its answer says of the limits: x-ratelimit lines."""

    cached: CacheUse | None = None
    """What the cache had to do with it, where there is one."""
    cache_line: str = ""
    """What its answer says of that, where a provider is asked."""

    # learnt while it is delivered
    attempts: tuple[Attempt, ...] = ()
    """Those that failed, and the last one where any did."""
    usage: Usage | None = None
    finish: Finish | None = None
    """Why its answer ended."""
    sent_ns: int = 0
    """When the first attempt went out."""
    run: str | None = None
    """Of the agent that answers it: what its calls come to is in their records, and not in this one's."""
    key_place: int = 0
    """Of the provider's keys, where it has several: which one this attempt has."""
    answered_ns: int = 0
    """When the loop could first see the provider's answer."""
    spent: Spent | None = None
    """What it had cost when its answer began, where that is settled later."""
    response_bytes: int = 0
    streamed_events: int = 0
    """Of a stream that ended before its usage was told: about as many tokens were generated."""
    owes_nothing: bool = False
    """Whether its client left when all that had been asked had failed, or was about to be refused."""
    is_settled: bool = False

    def __init__(self, request: Request, services: Services, began_ns: int) -> None:
        self.request = request
        self.services = services
        self.stamps = [request.arrived_ns, began_ns]
        """A reading of the clock at every border: on arrival, then behind each stage."""
