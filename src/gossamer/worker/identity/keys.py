"""Keys that the store knows: from memory, else asked for. Bad ones are remembered too, and slowed down by address.

An Authenticator. What it remembers ends when the control process says that it has changed, or when its time is over.
"""

import asyncio
from collections.abc import Awaitable, Iterator
from functools import partial
from time import monotonic

from gossamer.config.settings import AuthSettings
from gossamer.core.clock import wall_time
from gossamer.core.later import Later
from gossamer.core.ports import Claims
from gossamer.feed.messages import AskKeys, Changed, KeyGrant, Keys
from gossamer.worker.identity.bad_tokens import BadTokens
from gossamer.worker.identity.doorman import Doorman, address_of
from gossamer.worker.identity.questions import News, Questions, unavailable
from gossamer.worker.identity.shelf import Shelf
from gossamer.worker.identity.uses import Uses
from gossamer.worker.identity.voice import Say


class StoredKeys:
    def __init__(self, say: Say, news: News, ids: Iterator[int], auth: AuthSettings) -> None:
        self.uses = Uses()
        self._auth = auth
        self._say = say
        self._claims: Shelf[bytes, Claims] = Shelf(auth.cache_entries, lambda claims: claims.used_at, self.uses.note)
        self._bad = BadTokens()
        self._doorman = Doorman()
        self._questions: Questions[bytes, KeyGrant, Claims] = Questions(self._send, self._keep, _touches, news, ids)

    def claims_of(
        self, digest: bytes, peer: str, *, has_our_form: bool
    ) -> Claims | Awaitable[Claims | None] | Later | None:
        known = self._claims.get(digest)
        if known is not None:
            return known
        if not has_our_form or digest in self._bad:
            return None
        address = address_of(peer)
        if not self._questions.is_open(digest) and (refusal := self._doorman.knock(address)):
            return refusal
        return self._look_up(digest, address)

    async def _look_up(self, digest: bytes, address: str) -> Claims | None:
        limit_s = self._auth.ask_timeout_s
        try:
            async with asyncio.timeout(limit_s):
                while True:
                    claims = await self._ask(digest, address)
                    if claims is None or claims.is_valid:
                        return claims  # else it ended in the very turn in which it was found
        except TimeoutError:
            raise unavailable(f"no answer within {limit_s:g} s") from None

    async def _ask(self, digest: bytes, address: str) -> Claims | None:
        if not self._questions.is_open(digest):
            await self._doorman.enter(address)
            known = self._claims.get(digest)
            if known is not None or digest in self._bad or self._questions.is_open(digest):
                self._leave(address, None)  # somebody else has asked while this one stood at the door
            else:
                self._questions.put(digest, partial(self._leave, address))
            if known is not None or digest in self._bad:
                return known
        return await self._questions.answer(digest)

    def _leave(self, address: str, is_good: bool | None) -> None:
        self._doorman.leave(address, is_bad=is_good is False)

    # --- told by the feed ---

    def connected(self) -> None:
        self._questions.connected()

    def lost(self) -> None:
        self._questions.lost()

    def answered(self, said: Keys) -> None:
        grants = {bytes.fromhex(digest): grant for digest, grant in said.grants.items()}
        self._questions.answered(said.id, said.revision, grants)

    def unavailable(self, question_id: int, reason: str) -> None:
        self._questions.unavailable(question_id, reason)

    def changed(self, change: Changed) -> None:
        self._claims.end_subjects(change.keys)
        self._claims.end_subjects(change.users)
        if change.keys or change.users:
            self._bad.forget()

    def forget(self) -> None:
        self._claims.end_all()
        self._bad.forget()

    # --- once a second, and on a reload ---

    def sweep(self, now: float) -> None:
        self._claims.sweep(now)
        self._bad.sweep(now)

    def used(self) -> dict[str, float]:
        """Unix times of last uses that were not told before, by key id."""
        return self.uses.take(self._claims)

    def take_over(self, auth: AuthSettings) -> None:
        self._auth = auth
        self._claims.most = auth.cache_entries

    # --- inside ---

    def _send(self, question_id: int, digests: tuple[bytes, ...]) -> bool:
        return self._say(AskKeys(question_id, tuple(digest.hex() for digest in digests)))

    def _keep(self, digest: bytes, grant: KeyGrant | None) -> Claims | None:
        now = monotonic()
        if grant is None:
            self._bad.add(digest, now)
            return None
        claims = Claims(
            key_id=grant.key_id,
            name=grant.name,
            models=grant.models,
            user_id=grant.user_id,
            agents=grant.agents,
            limits=grant.limits,
            user_limits=grant.user_limits,
            may_infer="inference" in grant.scopes,
            may_share="passthrough" in grant.scopes,
        )
        left_s = self._auth.cache_ttl_s
        if grant.expires_at is not None:
            left_s = min(left_s, grant.expires_at - wall_time())
        subjects = (grant.key_id,) if grant.user_id is None else (grant.key_id, grant.user_id)
        self._claims.put(digest, claims, subjects, now + left_s)
        return claims


def _touches(change: Changed, digest: bytes, grant: KeyGrant | None) -> bool:  # noqa: ARG001 - a bad one could be any
    if grant is None:
        return bool(change.keys or change.users)
    return grant.key_id in change.keys or grant.user_id in change.users
