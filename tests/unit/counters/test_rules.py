"""What limits whom."""

from gossamer.core.allowance import Limits, Subject
from gossamer.counters.rules import Check, Rules, checks_of, filled, shared
from tests.unit.counters.asking import agent, claims

ONE = Limits(requests_per_min=1)
TWO = Limits(requests_per_min=2)


def said(checks: tuple[Check, ...]) -> list[tuple[str, str, Limits, str]]:
    return [(check.subject.kind, check.subject.id, check.limits, check.home) for check in checks]


def test_all_four_and_where_they_are_at_home():
    checks = checks_of(Rules(models={"p/m": TWO}), claims("k", ONE, "ann", TWO), agent("bot", ONE, "ann"), "p/m")
    assert said(checks) == [
        ("key", "k", ONE, "u:ann"),
        ("user", "ann", TWO, "u:ann"),
        ("agent", "bot", ONE, "u:ann"),
        ("model", "p/m", TWO, "m:p/m"),
    ]


def test_a_key_without_a_user_is_at_home_with_itself():
    assert said(checks_of(Rules(), claims("k", ONE), None, None)) == [("key", "k", ONE, "k:k")]


def test_what_has_no_limit_is_not_counted():
    assert checks_of(Rules(), claims("k", user="ann", of_user=ONE), agent("bot", Limits()), None) == (
        Check(Subject("user", "ann"), "The user of this key", ONE, "u:ann"),
    )


def test_the_default_fills_what_the_key_leaves_open():
    default = Limits(requests_per_min=9, concurrent=3)
    assert filled(ONE, default) == Limits(requests_per_min=1, concurrent=3)
    assert filled(Limits(), default) == default
    rules = Rules(default=default)
    checks = checks_of(rules, claims("k", ONE, "ann", Limits()), agent("bot", Limits()), None)
    assert said(checks) == [("key", "k", Limits(requests_per_min=1, concurrent=3), "u:ann")]


def test_workers_divide_a_limit_and_none_is_left_with_nothing_to_do():
    whole = Limits(10, 1001, 2, 5, 3)
    shares = [shared(whole, 4, number) for number in range(4)]
    assert [share.requests_per_min for share in shares] == [3, 3, 2, 2]
    assert [share.tokens_per_min for share in shares] == [251, 250, 250, 250]
    assert [share.concurrent for share in shares] == [1, 1, 1, 1]
    assert [share.nanos_per_day for share in shares] == [2, 1, 1, 1]
    assert [share.nanos_per_month for share in shares] == [1, 1, 1, 0]
    assert shared(Limits(), 4, 0) == Limits()
    assert shared(Limits(requests_per_min=0), 4, 0).requests_per_min == 0, "nothing is nothing for all"
