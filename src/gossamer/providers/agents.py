"""Our own agents as a provider: a process behind a Unix socket that only this user can reach.

It alone is handed the caller's own token, since what an agent asks is asked in the caller's name. Each request begins a
run: its mark goes with it, and comes back with each call that the agent makes.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from gossamer.core.endpoints import Dialect
from gossamer.core.errors import InvalidRequest, ModelNotFound
from gossamer.core.exchange import Exchange
from gossamer.core.house import house_of
from gossamer.core.ports import Keys, Wording
from gossamer.core.record import ID_PREFIX_CHARS, MINTED_SESSION
from gossamer.core.runs import (
    AGENT_HEADER,
    CALLERS_HEADER,
    HOUSE_HEADER,
    MOST_DEPTH,
    RUN_HEADER,
    RUN_PREFIX,
    STEPS_HEADER,
    RunMark,
    write_callers,
    write_mark,
)
from gossamer.http.call import Call, ResponseSink, Uploader
from gossamer.http.limits import JOIN_BYTES, CallTimeouts
from gossamer.http.pool import Pool
from gossamer.providers.trace_lines import TraceLines
from gossamer.providers.wordings import Estimating

_HANDED_ON: Final = frozenset(
    {b"authorization", b"x-api-key", b"x-agent-id", b"anthropic-beta", b"tracestate", STEPS_HEADER.encode()}
)  # fmt: skip
"""Who asks, and what its calls need to be asked in the same name."""


class AgentsProvider:
    """`names`: all agents that there are."""

    wordings: Mapping[Dialect, Wording] = {"count": Estimating()}
    keys: Keys | None = None

    def __init__(
        self, name: str, names: Sequence[str], secret: str, timeouts: CallTimeouts, pool: Pool, trace_lines: TraceLines
    ) -> None:
        self.name = name
        self.names = names
        self.pool = pool
        self._secret = secret
        self._timeouts = timeouts
        self._trace_lines = trace_lines

    def send(self, exchange: Exchange, sink: ResponseSink, uploader: Uploader | None = None) -> Call:
        del uploader  # what has no model to be asked is none of an agent's, and is refused there
        agent = self._agent_of(exchange)
        caller = exchange.caller
        depth = _depth_of(caller.run)
        exchange.run = run = RUN_PREFIX + exchange.id[ID_PREFIX_CHARS:]
        session = caller.session or MINTED_SESSION + exchange.id[ID_PREFIX_CHARS:]
        head = exchange.request.head
        handed = b"".join(b"%b: %b\r\n" % field for field in head.headers if field[0] in _HANDED_ON)
        own = (
            f"host: agents\r\n{RUN_HEADER}: {write_mark(self._secret, RunMark(run, depth))}\r\n"
            f"{AGENT_HEADER}: {agent}\r\n{CALLERS_HEADER}: {_callers(exchange)}\r\n"
            f"{HOUSE_HEADER}: {_house(exchange)}\r\n"
            f"x-session-id: {session}\r\nx-request-id: {exchange.request_id}\r\n"
        )
        body = exchange.outgoing
        length = len(body)
        body, more = (body, b"") if length <= JOIN_BYTES else (b"", body)
        lines = b"%b%b%b" % (own.encode("latin-1"), handed, self._trace_lines.of(exchange))
        call = Call(
            b"%b %b HTTP/1.1\r\n%bcontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b"
            % (head.method, head.target, lines, length, body),
            sink,
            self._timeouts,
        )
        call.more = more
        self.pool.send(call)
        return call

    def _agent_of(self, exchange: Exchange) -> str:
        """Clients write `agents/NAME` with any name they like, line ends too, and it becomes a line of the head: only
        those that there are go on.
        """
        target = exchange.target
        agent = target.model or "" if target is not None else ""
        if agent not in self.names:
            known = ", ".join(sorted(self.names))
            raise ModelNotFound(f"There is no agent {agent[:100]!r}. Known: {known}.", param="model")
        return agent


def _depth_of(above: RunMark | None) -> int:
    """Of the run that begins. The agent that asks for one too many is told so, and goes on without it."""
    depth = above.depth if above is not None else 0
    if depth >= MOST_DEPTH:
        raise InvalidRequest(f"Agents use each other more than {MOST_DEPTH} deep here. Do without this one.")
    return depth


def _callers(exchange: Exchange) -> str:
    claims, agent = exchange.claims, exchange.agent
    assert claims is not None, "nobody asks an agent without a key"
    return write_callers(claims.key_id, claims.user_id, agent.agent_id if agent is not None else None)


def _house(exchange: Exchange) -> str:
    claims = exchange.claims
    assert claims is not None, "nobody asks an agent without a key"
    return write_callers(house_of(claims.user_id, claims.key_id))


class AgentsLister:
    """A Lister: nobody has to be asked."""

    def __init__(self, provider: AgentsProvider) -> None:
        self.name = provider.name
        self._names = provider.names

    async def models(self) -> list[str]:
        return list(self._names)
