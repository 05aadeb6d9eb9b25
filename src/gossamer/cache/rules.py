"""What may be kept of whose requests, for how long, and who gets it: the settings, worked out for each caller once."""

from collections.abc import Iterable
from typing import Final

import msgspec

from gossamer.config.cache import CacheRule, CacheSettings, Share
from gossamer.core.exchange import Exchange
from gossamer.core.ports import Claims

_MOST_CALLERS: Final = 10_000
"""Whose terms are remembered. Beyond, all are worked out anew."""


class Terms(msgspec.Struct, frozen=True):
    """Of one key, agent and model. `temperature`: the highest that is kept; None: any."""

    is_kept: bool
    l1_ttl_s: float
    l2_ttl_s: float
    temperature: float | None
    tools: bool
    max_bytes: int
    share: Share


class CacheRules:
    """A request's terms, by what it is and whose."""

    def __init__(self, settings: CacheSettings) -> None:
        self._settings = settings
        self._has_rules = bool(settings.models or settings.agents or settings.keys)
        self._common = self._terms(())
        self.common = None if self._has_rules else self._common
        """Of all requests, where no rule says otherwise."""
        self._known: dict[tuple[str, str, str, str], Terms] = {}

    def terms_of(self, exchange: Exchange) -> Terms:
        """After the route is known."""
        if not self._has_rules:
            return self._common
        claims, agent, target = exchange.claims, exchange.agent, exchange.target
        assert claims is not None
        assert target is not None
        caller = (claims.key_id, agent.agent_id if agent is not None else "", exchange.model or "", target.label)
        terms = self._known.get(caller)
        if terms is None:
            if len(self._known) >= _MOST_CALLERS:
                self._known.clear()
            terms = self._known[caller] = self._terms(self._rules_of(*caller))
        return terms

    def _rules_of(self, key: str, agent: str, model: str, label: str) -> Iterable[CacheRule]:
        """The nearest first."""
        settings = self._settings
        found = (
            settings.keys.get(key),
            settings.agents.get(agent),
            settings.models.get(model),
            settings.models.get(label),
        )
        return [rule for rule in found if rule is not None]

    def _terms(self, rules: Iterable[CacheRule]) -> Terms:
        settings = self._settings
        said: dict[str, object] = {}
        for rule in rules:
            for name, value in msgspec.structs.asdict(rule).items():
                if value is not None:
                    said.setdefault(name, value)
        ttl_s = said.get("ttl_s")
        common = {
            "is_kept": said.get("enabled", True),
            "l1_ttl_s": ttl_s or settings.l1_ttl_s,
            "l2_ttl_s": ttl_s or settings.l2_ttl_s,
        }
        rest = {
            name: said.get(name, getattr(settings, name)) for name in ("temperature", "tools", "max_bytes", "share")
        }
        return msgspec.convert(common | rest, Terms)


def sharers(share: Share, claims: Claims, agent_id: str | None) -> bytes:
    """Who gets each other's answers, as a part of the key. A key of the configuration has no user: it is alone."""
    if share == "global":
        return b"global"
    if share == "agent" and agent_id is not None:
        return b"agent " + agent_id.encode()
    if share == "key" or claims.user_id is None:
        return b"key " + claims.key_id.encode()
    return b"user " + claims.user_id.encode()
