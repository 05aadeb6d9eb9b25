"""As much of a request as the stages about its sender look at."""

from collections.abc import Awaitable
from typing import Any, cast

from gossamer.core.exchange import Exchange
from gossamer.core.ports import AgentClaims, Claims
from gossamer.http.heads import RequestHead, parse_request_head
from gossamer.stages.identify import read_caller

AGENT_ID = "01900000-0000-7000-8000-000000000001"
OUR_TOKEN = f"gsm_{'a' * 26}_{'b' * 32}"


class Stub:
    """Stands for the exchange, its request and its services all in one."""

    def __init__(self, *lines: str, claims: Any = None, agent: Any = None) -> None:
        self.caller = read_caller(head(*lines))
        self.claims: Claims | None = None
        self.lookup: str | None = None
        self.agent: AgentClaims | None = None
        self.peer = "10.0.0.1:5000"
        self.request = self.services = self.authenticator = self.agents = self
        self.found_claims: Any = claims
        self.found_agent: Any = agent
        self.asked: list[object] = []

    def claims_of(self, digest: bytes, peer: str, *, has_our_form: bool) -> Any:
        self.asked.append(has_our_form)
        return self.found_claims

    def agent_of(self, agent_id: str) -> Any:
        self.asked.append(agent_id)
        return self.found_agent

    @property
    def exchange(self) -> Exchange:
        return cast("Exchange", self)


def head(*lines: str) -> RequestHead:
    return parse_request_head("\r\n".join(["GET /v1/models HTTP/1.1", "host: g", *lines, "", ""]).encode())


def later(value: Any) -> Awaitable[Any]:
    async def answer() -> Any:
        return value

    return answer()
