"""Agents that the store knows: from memory, else asked for. An AgentDirectory.

That there is no such agent is remembered too, until any agent or user has changed: whoever has a key could ask on
and on. Whether a key may speak for an agent is not decided here.
"""

import asyncio
from collections.abc import Awaitable, Iterator
from time import monotonic
from typing import Final

from msgspec.structs import replace

from gossamer.config.settings import AuthSettings
from gossamer.core.allowance import UNLIMITED
from gossamer.core.directives import Directive
from gossamer.core.ports import AgentClaims
from gossamer.feed.messages import AgentGrant, Agents, AskAgents, Changed
from gossamer.policy.template import directive_of
from gossamer.worker.identity.questions import News, Questions, unavailable
from gossamer.worker.identity.shelf import Shelf
from gossamer.worker.identity.voice import Say

ID_CHARS: Final = 36
"""Of a UUID in text. What is longer or shorter is no agent's id."""
MOST_ABSENT: Final = 10_000
"""Ids of no agent that are remembered; one more, and all are forgotten."""


class StoredAgents:
    def __init__(self, say: Say, news: News, ids: Iterator[int], auth: AuthSettings) -> None:
        self._auth = auth
        self._say = say
        self._claims: Shelf[str, AgentClaims] = Shelf(auth.cache_entries, lambda _: 0.0, lambda _: None)
        self._absent: set[str] = set()
        self._questions: Questions[str, AgentGrant, AgentClaims] = Questions(
            self._send, self._keep, _touches, news, ids
        )

    def agent_of(self, agent_id: str) -> AgentClaims | Awaitable[AgentClaims | None] | None:
        known = self._claims.get(agent_id)
        if known is not None:
            return known
        if len(agent_id) != ID_CHARS or agent_id in self._absent:
            return None
        return self._look_up(agent_id)

    async def _look_up(self, agent_id: str) -> AgentClaims | None:
        limit_s = self._auth.ask_timeout_s
        try:
            async with asyncio.timeout(limit_s):
                while True:
                    if not self._questions.is_open(agent_id):
                        self._questions.put(agent_id)
                    claims = await self._questions.answer(agent_id)
                    if claims is None or claims.is_valid:
                        return claims  # else it ended in the very turn in which it was found
        except TimeoutError:
            raise unavailable(f"no answer within {limit_s:g} s") from None

    # --- told by the feed ---

    def connected(self) -> None:
        self._questions.connected()

    def lost(self) -> None:
        self._questions.lost()

    def answered(self, said: Agents) -> None:
        texts = said.directives
        grants = {
            agent_id: replace(grant, directive=texts.get(grant.directive_id)) if grant.directive_id else grant
            for agent_id, grant in said.grants.items()
        }
        self._questions.answered(said.id, said.revision, grants)

    def unavailable(self, question_id: int, reason: str) -> None:
        self._questions.unavailable(question_id, reason)

    def changed(self, change: Changed) -> None:
        self._claims.end_subjects(change.agents)
        self._claims.end_subjects(change.users)
        self._claims.end_subjects(change.directives)
        if change.agents or change.users:
            self._absent.clear()

    def forget(self) -> None:
        self._claims.end_all()
        self._absent.clear()

    # --- once a second, and on a reload ---

    def sweep(self, now: float) -> None:
        self._claims.sweep(now)

    def take_over(self, auth: AuthSettings) -> None:
        self._auth = auth
        self._claims.most = auth.cache_entries

    # --- inside ---

    def _send(self, question_id: int, agent_ids: tuple[str, ...]) -> bool:
        return self._say(AskAgents(question_id, agent_ids))

    def _keep(self, agent_id: str, grant: AgentGrant | None) -> AgentClaims | None:
        if grant is None:
            if len(self._absent) >= MOST_ABSENT:
                self._absent.clear()
            self._absent.add(agent_id)
            return None
        claims = AgentClaims(
            agent_id=grant.agent_id,
            name=grant.name,
            user_id=grant.user_id,
            models=grant.models,
            default_model=grant.default_model,
            directive=_directive(grant),
            limits=UNLIMITED if grant.limits == UNLIMITED else grant.limits,  # the stage knows it by sight
        )
        subjects = tuple(filter(None, (grant.agent_id, grant.user_id, grant.directive_id)))
        self._claims.put(agent_id, claims, subjects, monotonic() + self._auth.cache_ttl_s)
        return claims


def _touches(change: Changed, agent_id: str, grant: AgentGrant | None) -> bool:
    if grant is None:
        return agent_id in change.agents or bool(change.users)
    return agent_id in change.agents or grant.user_id in change.users or grant.directive_id in change.directives


def _directive(grant: AgentGrant) -> Directive | None:
    found = grant.directive
    if found is None or grant.directive_id is None:
        return None
    return directive_of(grant.directive_id, found.number, found.text, found.variables, grant.metadata)
