"""The control process as the books hear it: what they asked, and answers by hand."""

import asyncio
from collections.abc import Awaitable
from hashlib import sha256
from itertools import count
from typing import Any

from gossamer.config.settings import AuthSettings
from gossamer.core.ports import AgentClaims, Claims
from gossamer.feed.messages import AgentGrant, Agents, AskAgents, AskKeys, Changed, FromWorker, KeyGrant, Keys
from gossamer.worker.identity.agents import StoredAgents
from gossamer.worker.identity.keys import StoredKeys
from gossamer.worker.identity.questions import News

PATIENT = AuthSettings(ask_timeout_s=20.0)
PEER = "10.0.0.1:5000"


def digest_of(token: str) -> bytes:
    return sha256(token.encode()).digest()


def grant(key_id: str, **more: Any) -> KeyGrant:
    return KeyGrant(key_id=key_id, name=key_id, **more)


class Ear:
    """`is_there`: whether anybody listens. `heard` is what was said to it."""

    def __init__(self) -> None:
        self.is_there = True
        self.heard: list[FromWorker] = []
        self.news = News()

    def say(self, message: FromWorker) -> bool:
        if self.is_there:
            self.heard.append(message)
        return self.is_there


class KeyBook(Ear):
    def __init__(self, auth: AuthSettings = PATIENT) -> None:
        super().__init__()
        self.keys = StoredKeys(self.say, self.news, count(1), auth)

    def at_once(self, token: str) -> Claims | None:
        """What is known without asking; it is a mistake to ask."""
        found = self.keys.claims_of(digest_of(token), PEER, has_our_form=True)
        assert found is None or isinstance(found, Claims), "it had to be asked for"
        return found

    def ask(self, token: str, peer: str = PEER) -> "asyncio.Task[Claims | None]":
        found = self.keys.claims_of(digest_of(token), peer, has_our_form=True)
        assert isinstance(found, Awaitable), "it was known"

        async def wait() -> Claims | None:
            return await found

        return asyncio.create_task(wait())

    async def question(self) -> AskKeys:
        """The last one, once it is out."""
        await turns()
        last = self.heard[-1]
        assert isinstance(last, AskKeys)
        return last

    def answer(self, question: AskKeys, revision: int = 1, **grants: KeyGrant) -> None:
        by_digest = {digest_of(token).hex(): each for token, each in grants.items()}
        self.keys.answered(Keys(question.id, revision, by_digest))

    def change(self, revision: int, **ids: Any) -> None:
        change = Changed(revision, **ids)
        self.news.add(change)
        self.keys.changed(change)

    async def known(self, token: str, key: KeyGrant, revision: int = 1) -> Claims:
        asking = self.ask(token)
        self.answer(await self.question(), revision, **{token: key})
        claims = await asking
        assert claims is not None
        return claims


class AgentBook(Ear):
    def __init__(self) -> None:
        super().__init__()
        self.agents = StoredAgents(self.say, self.news, count(1), PATIENT)

    def ask(self, agent_id: str) -> "asyncio.Task[AgentClaims | None]":
        found = self.agents.agent_of(agent_id)
        assert isinstance(found, Awaitable), "it was known"

        async def wait() -> AgentClaims | None:
            return await found

        return asyncio.create_task(wait())

    async def question(self) -> AskAgents:
        await turns()
        last = self.heard[-1]
        assert isinstance(last, AskAgents)
        return last

    def answer(self, question: AskAgents, revision: int = 1, **grants: AgentGrant) -> None:
        self.agents.answered(Agents(question.id, revision, {each.agent_id: each for each in grants.values()}))

    def change(self, revision: int, **ids: Any) -> None:
        change = Changed(revision, **ids)
        self.news.add(change)
        self.agents.changed(change)


async def turns(count: int = 5) -> None:
    """A few turns of the loop: for what tasks and callbacks still have to do."""
    for _ in range(count):
        await asyncio.sleep(0)
