"""Questions for the cache: as much of an exchange as it looks at."""

from typing import Any, cast

import msgspec

from gossamer.cache.entry import Entry
from gossamer.cache.question import Question, read_question, said_by
from gossamer.cache.rules import CacheRules
from gossamer.config.cache import CacheSettings
from gossamer.core.caller import Caller
from gossamer.core.endpoints import endpoint_of
from gossamer.core.exchange import Exchange
from gossamer.core.ports import AgentClaims, Claims, Provider, Target
from gossamer.http.request import Request

CHAT = "/v1/chat/completions"
ASK: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}


class Head:
    def __init__(self, target: bytes, headers: list[tuple[bytes, bytes]]) -> None:
        self.target = target
        self.headers = headers


class Asked:
    """A request, without its connection."""

    arrived_ns = 0
    owner = None

    def __init__(self, head: Head) -> None:
        self.head = head


def exchange(
    body: object = None,
    *,
    key: str = "key-1",
    user: str | None = "user-1",
    agent: str | None = None,
    label: str = "p/m",
    path: str = CHAT,
    headers: list[tuple[bytes, bytes]] | None = None,
) -> Exchange:
    asked = ASK if body is None else body
    made = Exchange(cast("Request", Asked(Head(path.encode(), headers or []))), cast("Any", None), 0)
    made.caller = Caller(
        endpoint=endpoint_of("POST", path.partition("?")[0]), method="POST", path=path, is_crooked=False,
        token_digest=None, has_our_form=False, request_id=None, provider=None, agent_id=agent,
        metadata=None, session=None,
    )  # fmt: skip
    made.claims = Claims(key_id=key, name=key, user_id=user)
    made.agent = AgentClaims(agent_id=agent, name=agent, user_id=user) if agent is not None else None
    made.body = asked if isinstance(asked, bytes) else msgspec.json.encode(asked)
    made.is_stream = b'"stream":true' in made.body
    made.model = "m"
    made.target = Target(cast("Provider", None), label.partition("/")[2], label)
    return made


def question(made: Exchange, settings: CacheSettings | None = None) -> Question | None:
    rules = CacheRules(settings or CacheSettings())
    vary = frozenset(name.encode() for name in (settings.vary if settings is not None else ()))
    assert made.target is not None
    return read_question(made, rules.terms_of(made), said_by(made, vary), made.target.label)


def key(made: Exchange, settings: CacheSettings | None = None) -> bytes:
    found = question(made, settings)
    assert found is not None
    return found.key


def entry(body: bytes = b"{}", at: float = 0.0, *, is_stream: bool = False) -> Entry:
    return Entry(body, is_stream, "chat", b"content-type: application/json\r\n", "p/m", 5, at, ("k", "", "u", "m"))
