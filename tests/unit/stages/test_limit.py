from types import SimpleNamespace
from typing import Any, cast

from gossamer.core.allowance import UNLIMITED, Limits
from gossamer.core.exchange import Exchange
from gossamer.core.later import Later
from gossamer.stages.limit import limit
from tests.unit.counters.asking import agent, claims, exchange


class Asked:
    """A Limiter that only tells that it was asked."""

    def __init__(self) -> None:
        self.count = 0
        self.later = Later()

    def admit(self, exchange: Exchange) -> Later:
        self.count += 1
        return self.later


def made(limiter: Asked, **more: Any) -> Exchange:
    one = exchange(claims(), **more)
    one.services = cast("Any", SimpleNamespace(limiter=limiter))
    return one


def test_who_is_free_is_not_counted():
    limiter = Asked()
    one = made(limiter)
    assert one.claims is not None
    one.claims.free_under = limiter
    assert limit(one) is None
    assert limiter.count == 0


def test_who_is_free_by_an_earlier_limiter_is_looked_at_anew():
    limiter = Asked()
    one = made(limiter)
    assert one.claims is not None
    one.claims.free_under = Asked()
    assert limit(one) is limiter.later


def test_an_agent_may_have_limits_where_its_key_has_none():
    limiter = Asked()
    one = made(limiter, of=agent("bot", Limits(requests_per_min=1)))
    assert one.claims is not None
    one.claims.free_under = limiter
    assert limit(one) is limiter.later


def test_an_agent_without_limits_is_as_free_as_its_key():
    limiter = Asked()
    one = made(limiter, of=agent("bot", UNLIMITED))
    assert one.claims is not None
    one.claims.free_under = limiter
    assert limit(one) is None
    one.claims.free_under = None
    assert limit(one) is limiter.later
