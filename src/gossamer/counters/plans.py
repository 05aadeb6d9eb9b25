"""Which counters a request touches, worked out once for a key, agent and model, and kept with the key's claims."""

from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from gossamer.core.exchange import Exchange
from gossamer.core.ports import AgentClaims, Claims
from gossamer.counters.rules import Check, Rules, checks_of

P = TypeVar("P")


class Known(Generic[P]):
    """What one limiter has worked out for one key, by the model's label; of an agent, while it is the same."""

    __slots__ = ("agents", "inner", "limiter", "plain")

    def __init__(self, limiter: object) -> None:
        self.limiter = limiter
        self.inner: Known[P] | None = None
        """For the calls of runs, which take no places of their caller."""
        self.plain: dict[str | None, P | None] = {}
        self.agents: dict[str, tuple[AgentClaims, dict[str | None, P | None]]] = {}


class Plans(Generic[P]):
    """Finds plans for a limiter, which says how one is made of its checks."""

    def __init__(self, limiter: object, rules: Rules, make: Callable[[tuple[Check, ...]], P]) -> None:
        self._limiter = limiter
        self._rules = rules
        self._models = rules.models
        self._make = make

    def plan_of(self, exchange: Exchange) -> P | None:
        """None where nothing limits the request."""
        claims, agent = exchange.claims, exchange.agent
        assert claims is not None
        known = claims.plans
        if not isinstance(known, Known) or known.limiter is not self._limiter:
            known = self._meet(claims)
        is_inner = exchange.caller.run is not None
        if is_inner:
            known.inner = known = known.inner or Known(self._limiter)
        label = self._label_of(exchange) if self._models else None
        plans = known.plain if agent is None else self._of_agent(known, agent)
        if label in plans:
            found: P | None = plans[label]
            return found
        plans[label] = plan = self._work_out(claims, agent, label, is_inner=is_inner)
        return plan

    def _label_of(self, exchange: Exchange) -> str | None:
        """Of the target or the route, if it has limits of its own."""
        target, route = exchange.target, exchange.route
        if target is not None and target.label in self._models:
            return target.label
        return route.label if route is not None and route.label in self._models else None

    def _meet(self, claims: Claims) -> Known[P]:
        claims.plans = known = Known[P](self._limiter)
        known.plain[None] = plan = self._work_out(claims, None, None)
        claims.free_under = self._limiter if plan is None and not self._models else None
        return known

    def _of_agent(self, known: Known[P], agent: AgentClaims) -> dict[str | None, P | None]:
        found = known.agents.get(agent.agent_id)
        if found is None or found[0] is not agent:
            known.agents[agent.agent_id] = found = (agent, {})
        return found[1]

    def _work_out(
        self, claims: Claims, agent: AgentClaims | None, label: str | None, *, is_inner: bool = False
    ) -> P | None:
        checks = checks_of(self._rules, claims, agent, label, is_inner=is_inner)
        return self._make(checks) if checks else None


def has_budget(checks: Iterable[Check]) -> bool:
    return any(check.limits.nanos_per_day is not None or check.limits.nanos_per_month is not None for check in checks)


def has_tokens(checks: Iterable[Check]) -> bool:
    return any(check.limits.tokens_per_min is not None for check in checks)
