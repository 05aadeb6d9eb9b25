"""What few requests ask for (a Heeding): the answer that their Idempotency-Key has, and an answer that tells of itself.

    nobody asked under this key        it goes its way, and its answer is kept (once.py)
    the same was asked and answered    that answer again
    something else was asked           422 `idempotency_key_reused`
    the same is under way              409 `idempotency_key_in_use`, or its answer when it is there (`running: wait`)
    nobody can say                     503 `unavailable`: to go on might be to pay twice

A key is known by whose it is and by the path: what two users call the same is not the same.
"""

from collections.abc import Iterable
from hashlib import sha256

from gossamer.config.idempotency import IdempotencySettings
from gossamer.core.exchange import Exchange
from gossamer.core.later import Later
from gossamer.core.ports import LookAgain
from gossamer.delivery.claim import Claim
from gossamer.delivery.telling import Telling
from gossamer.delivery.ticket import Desk


class Heeding:
    """One for the settings in force; the desk lives longer."""

    def __init__(self, settings: IdempotencySettings, desk: Desk) -> None:
        self.has_keys = settings.enabled
        self._settings = settings
        self._desk = desk

    def claim(self, exchange: Exchange, key: bytes, body: bytes, look_again: LookAgain) -> Later:
        claims, caller = exchange.claims, exchange.caller
        assert claims is not None
        house = f"key {claims.key_id}" if claims.user_id is None else f"user {claims.user_id}"
        name = _digest((house.encode(), caller.path.encode(), key))
        agent = exchange.agent.agent_id if exchange.agent is not None else ""
        print_ = _digest((exchange.request.head.target, agent.encode(), (caller.provider or "").encode(), body))
        claim = Claim(exchange, self._desk, self._settings, name, print_, look_again)
        claim.begin()
        return claim

    def tell_of_itself(self, exchange: Exchange) -> None:
        Telling(exchange)


def _digest(parts: Iterable[bytes]) -> bytes:
    """Each part with its length, so that no two lists of parts look alike."""
    digest = sha256()
    for part in parts:
        digest.update(b"%d:" % len(part))
        digest.update(part)
    return digest.digest()
