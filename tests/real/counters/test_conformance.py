"""What every limiter must do, over all that there are: in memory, over a Redis, over a cluster of them."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from gossamer.core.allowance import Limits
from gossamer.core.errors import BudgetExceeded, PriceUnknown, RateLimitExceeded, TokenLimitExceeded
from gossamer.core.ports import Limiter
from gossamer.counters.counting import Counting
from gossamer.counters.rules import Rules
from gossamer.policy.price import Price
from gossamer.redis.address import parse_redis_url
from tests.real.redis import RedisCluster, RedisServer
from tests.unit.counters.asking import (
    A_CENT_EACH,
    CENT,
    admit,
    admit_all,
    agent,
    chat,
    claims,
    exchange,
    finish,
    lines,
)

Make = Callable[[Rules], Limiter]
DOLLAR = 100 * CENT


def quiet(trouble: str) -> None:
    raise AssertionError(trouble)


@pytest.fixture(params=["memory", "redis", "cluster"])
async def make(request: pytest.FixtureRequest) -> AsyncIterator[Make]:
    """Makes a limiter for some rules. All of them count together."""
    address = None
    if request.param == "redis":
        server: RedisServer = request.getfixturevalue("redis")
        address = parse_redis_url(server.url)
    elif request.param == "cluster":
        cluster: RedisCluster = request.getfixturevalue("redis_cluster")
        address = parse_redis_url(cluster.url)
    counting = Counting(address, quiet, timeout_s=20.0)
    yield counting.limiter
    await counting.close()


async def heard() -> None:
    """Long enough for a settlement on the loopback; in memory it takes none."""
    await asyncio.sleep(0.05)


async def test_exactly_as_many_requests_as_the_limit_pass_at_once(make: Make):
    limiter, key = make(Rules()), claims(limits=Limits(requests_per_min=100))
    answers = await admit_all(limiter, [exchange(key) for _ in range(1000)])
    assert answers.count(None) == 100
    assert {type(answer) for answer in answers} == {type(None), RateLimitExceeded}


async def test_a_refusal_names_whose_limit_it_was_and_when_to_come_back(make: Make):
    limiter, key = make(Rules()), claims("team", Limits(requests_per_min=1))
    assert await admit(limiter, exchange(key)) is None
    refused = exchange(key)
    error = await admit(limiter, refused)
    assert isinstance(error, RateLimitExceeded)
    assert "The key 'team' may make 1 requests a minute" in error.message
    assert error.retry_after_s is not None
    assert 59 < error.retry_after_s <= 61
    assert refused.lease is None
    told = lines(refused)
    assert told["x-ratelimit-limit-requests"] == "1"
    assert told["x-ratelimit-remaining-requests"] == "0"
    assert told["x-ratelimit-reset-requests"] in ("1m0s", "1m1s")


async def test_an_admission_says_what_is_left(make: Make):
    limiter, key = make(Rules()), claims(limits=Limits(requests_per_min=10, tokens_per_min=1000))
    made = exchange(key, body=chat("x" * 400, max_tokens=100))
    assert await admit(limiter, made) is None
    estimate = -(-len(made.body) // 4) + 100
    assert lines(made) == {
        "x-ratelimit-limit-requests": "10",
        "x-ratelimit-remaining-requests": "9",
        "x-ratelimit-reset-requests": "1m1s",
        "x-ratelimit-limit-tokens": "1000",
        "x-ratelimit-remaining-tokens": str(1000 - estimate),
        "x-ratelimit-reset-tokens": "1m1s",
    }


async def test_nothing_is_said_of_what_is_not_limited(make: Make):
    limiter, key = make(Rules()), claims(limits=Limits(concurrent=1))
    made = exchange(key)
    assert await admit(limiter, made) is None
    assert made.limit_lines == ""
    assert made.lease is not None


async def test_of_several_subjects_the_one_with_least_left_is_told(make: Make):
    limiter = make(Rules())
    shared = Limits(requests_per_min=3)
    one, other = (claims(name, Limits(requests_per_min=5), "ann", shared) for name in ("one", "other"))
    assert await admit(limiter, exchange(one)) is None
    made = exchange(other)
    assert await admit(limiter, made) is None
    assert lines(made)["x-ratelimit-limit-requests"] == "3"
    assert lines(made)["x-ratelimit-remaining-requests"] == "1"


@pytest.mark.parametrize("kind", ["key", "user", "agent", "model"])
async def test_each_subject_is_counted_and_if_one_refuses_none_is_charged(make: Make, kind: str):
    tight, wide = Limits(requests_per_min=2), Limits(requests_per_min=3)
    limits = {name: tight if name == kind else wide for name in ("key", "user", "agent", "model")}
    limiter = make(Rules(models={"mock/mock": limits["model"]}))
    key = claims("k", limits["key"], "ann", limits["user"])
    bot = agent("bot", limits["agent"], "ann")
    answers = [await admit(limiter, exchange(key, of=bot)) for _ in range(4)]
    assert [type(answer) for answer in answers] == [type(None)] * 2 + [RateLimitExceeded] * 2
    await heard()
    named = {"key": "key 'k'", "user": "user", "agent": "agent 'bot'", "model": "model 'mock/mock'"}
    assert named[kind] in str(answers[3])
    # The others were not charged for what was refused: each has one left, for somebody else.
    left = {
        "key": exchange(claims("k", limits["key"], "ann"), label="mock/x"),
        "user": exchange(claims("k2", wide, "ann", limits["user"]), label="mock/x"),
        "agent": exchange(claims("k3", wide), of=bot, label="mock/x"),
        "model": exchange(claims("k4", wide)),
    }
    for name, made in left.items():
        answer = await admit(limiter, made)
        assert (answer is None) == (name != kind), name


async def test_a_limit_of_a_model_holds_for_all_keys_together(make: Make):
    limiter = make(Rules(models={"mock/mock": Limits(requests_per_min=10)}))
    answers = await admit_all(limiter, [exchange(claims(f"k{n}")) for n in range(50)])
    assert answers.count(None) == 10


async def test_the_default_is_of_each_key_that_has_no_such_limit_itself(make: Make):
    limiter = make(Rules(default=Limits(requests_per_min=2, concurrent=5)))
    own = claims("own", Limits(requests_per_min=4))
    assert (await admit_all(limiter, [exchange(own) for _ in range(9)])).count(None) == 4
    assert (await admit_all(limiter, [exchange(claims("none")) for _ in range(9)])).count(None) == 2


async def test_without_any_limit_there_is_no_lease(make: Make):
    limiter, key = make(Rules()), claims()
    made = exchange(key)
    assert limiter.admit(made) is None
    assert (made.lease, made.limit_lines) == (None, "")
    assert key.free_under is limiter


# --- tokens ---


async def test_tokens_are_estimated_before_and_settled_after(make: Make):
    limiter, key = make(Rules()), claims(limits=Limits(tokens_per_min=1000))
    first = exchange(key, body=chat(max_tokens=900))
    assert await admit(limiter, first) is None
    assert isinstance(await admit(limiter, exchange(key, body=chat(max_tokens=900))), TokenLimitExceeded)
    finish(limiter, first, tokens=50)
    await heard()
    second = exchange(key, body=chat(max_tokens=900))
    assert await admit(limiter, second) is None
    left = 1000 - 50 - 900 - -(-len(second.body) // 4)
    assert lines(second)["x-ratelimit-remaining-tokens"] == str(left)


async def test_tokens_beyond_the_estimate_count_too(make: Make):
    limiter, key = make(Rules()), claims(limits=Limits(tokens_per_min=1000))
    first = exchange(key, body=chat(max_tokens=1))
    assert await admit(limiter, first) is None
    finish(limiter, first, tokens=2000)
    await heard()
    error = await admit(limiter, exchange(key, body=chat(max_tokens=1)))
    assert isinstance(error, TokenLimitExceeded)
    assert error.retry_after_s is not None
    assert 58 < error.retry_after_s <= 61


async def test_where_nobody_counted_the_estimate_stays(make: Make):
    limiter, key = make(Rules()), claims(limits=Limits(tokens_per_min=1000))
    first = exchange(key, body=chat(max_tokens=900))
    assert await admit(limiter, first) is None
    finish(limiter, first)
    await heard()
    assert isinstance(await admit(limiter, exchange(key, body=chat(max_tokens=900))), TokenLimitExceeded)


async def test_what_is_larger_than_the_limit_is_told_that_no_wait_helps(make: Make):
    limiter, key = make(Rules()), claims(limits=Limits(tokens_per_min=1000, requests_per_min=1))
    assert await admit(limiter, exchange(key, body=chat(max_tokens=10))) is None
    error = await admit(limiter, exchange(key, body=chat(max_tokens=5000)))
    assert isinstance(error, TokenLimitExceeded)
    assert error.retry_after_s is None
    assert "No wait makes room" in error.message


async def test_an_answer_that_nobody_bounds_is_estimated_as_the_settings_say(make: Make):
    limiter, key = make(Rules(output_tokens=300)), claims(limits=Limits(tokens_per_min=10_000))
    made = exchange(key, body=chat())
    assert await admit(limiter, made) is None
    left = 10_000 - 300 - -(-len(made.body) // 4)
    assert lines(made)["x-ratelimit-remaining-tokens"] == str(left)


# --- concurrency ---


async def test_a_place_is_free_when_its_request_has_ended(make: Make):
    limiter, key = make(Rules()), claims(limits=Limits(concurrent=2))
    first, second = exchange(key), exchange(key)
    assert await admit_all(limiter, [first, second]) == [None, None]
    error = await admit(limiter, exchange(key))
    assert isinstance(error, RateLimitExceeded)
    assert error.retry_after_s == 1
    assert "2 requests under way" in error.message
    finish(limiter, first)
    await heard()
    answers = await admit_all(limiter, [exchange(key) for _ in range(5)])
    assert answers.count(None) == 1


async def test_the_calls_of_a_run_take_no_place_beside_that_of_their_run(make: Make):
    """Else a key with one place could ask no agent at all: its run would stand in its own way."""
    one = Limits(concurrent=1, requests_per_min=4, nanos_per_day=DOLLAR)
    limiter, key, bot = make(Rules()), claims(limits=one, user="ann", of_user=one), agent("bot", one, "ann")
    run = exchange(key, of=bot, price=A_CENT_EACH)
    assert await admit(limiter, run) is None
    calls = [exchange(key, of=bot, price=A_CENT_EACH, in_run=True) for _ in range(3)]
    assert await admit_all(limiter, calls) == [None] * 3
    error = await admit(limiter, exchange(key, of=bot, price=A_CENT_EACH, in_run=True))
    assert error is not None
    assert "4 requests a minute" in error.message, "as requests they are counted all the same"
    for made in calls:
        finish(limiter, made, nanos=CENT)
    await heard()
    refused = await admit(limiter, exchange(key))
    assert refused is not None, "the run still has the place"


async def test_calls_of_runs_count_for_no_other_request_and_hold_their_money(make: Make):
    key = claims(limits=Limits(concurrent=1, nanos_per_day=3 * CENT))
    limiter = make(Rules())
    calls = [exchange(key, price=A_CENT_EACH, in_run=True) for _ in range(2)]
    assert await admit_all(limiter, calls) == [None, None]
    plain = exchange(key, price=A_CENT_EACH)
    assert await admit(limiter, plain) is None, "two calls are under way, and the place is free"
    assert isinstance(await admit(limiter, exchange(key, price=A_CENT_EACH, in_run=True)), BudgetExceeded)
    finish(limiter, plain, nanos=0)
    for made in calls:
        finish(limiter, made, nanos=CENT)
    await heard()
    assert await admit(limiter, exchange(key, price=A_CENT_EACH)) is None, "what was reserved is free again"


async def test_the_places_of_a_model_are_taken_by_the_calls_of_runs_too(make: Make):
    limiter, key = make(Rules(models={"mock/mock": Limits(concurrent=1)})), claims()
    assert await admit(limiter, exchange(key, in_run=True)) is None
    assert await admit(limiter, exchange(key, in_run=True)) is not None


# --- money ---


@pytest.mark.parametrize("period", ["nanos_per_day", "nanos_per_month"])
async def test_exactly_as_much_is_spent_as_the_budget_has(make: Make, period: str):
    limiter, key = make(Rules()), claims(limits=Limits(**{period: DOLLAR}))
    all_made = [exchange(key, price=A_CENT_EACH) for _ in range(500)]
    answers = await admit_all(limiter, all_made)
    assert answers.count(None) == 100
    error = next(answer for answer in answers if answer is not None)
    assert isinstance(error, BudgetExceeded)
    assert "1.00 USD a " + period.removeprefix("nanos_per_") in error.message
    assert error.retry_after_s is not None
    assert 0 < error.retry_after_s <= (86_400 if period == "nanos_per_day" else 31 * 86_400)
    for made, answer in zip(all_made, answers, strict=True):
        if answer is None:
            finish(limiter, made, nanos=CENT)
    await heard()
    answers = await admit_all(limiter, [exchange(key, price=A_CENT_EACH) for _ in range(10)])
    assert answers.count(None) == 0


async def test_money_is_reserved_by_the_estimate_and_settled_by_the_use(make: Make):
    price = Price(input_picos=1_000_000, output_picos=2_000_000)  # 1 and 2 dollars for a million tokens
    limiter, key = make(Rules()), claims(limits=Limits(nanos_per_day=2_100_000))
    first = exchange(key, price=price, body=chat(max_tokens=1000))
    assert await admit(limiter, first) is None
    assert first.lease is not None
    assert first.lease.nanos == -(-len(first.body) // 4) * 1000 + 1000 * 2000
    assert isinstance(await admit(limiter, exchange(key, price=price, body=chat(max_tokens=1000))), BudgetExceeded)
    finish(limiter, first, tokens=20, nanos=30_000)
    await heard()
    assert await admit(limiter, exchange(key, price=price, body=chat(max_tokens=1000))) is None


async def test_a_request_that_came_to_nothing_costs_nothing(make: Make):
    limiter, key = make(Rules()), claims(limits=Limits(nanos_per_day=CENT))
    for _ in range(3):
        made = exchange(key, price=A_CENT_EACH)
        assert await admit(limiter, made) is None
        finish(limiter, made, tokens=0, nanos=0)
        await heard()


async def test_what_nobody_can_price_passes_no_budget(make: Make):
    limiter, key = make(Rules()), claims(limits=Limits(nanos_per_day=CENT))
    error = await admit(limiter, exchange(key, label="mock/dear", path="/v1/whatever"))
    assert isinstance(error, PriceUnknown)
    assert (error.status, error.code) == (403, "price_unknown")
    assert "`prices`" in error.message
    assert await admit(limiter, exchange(key, label="mock/dear", path="/v1/whatever", method="GET")) is None


async def test_what_nobody_can_price_may_be_let_through(make: Make):
    limiter, key = make(Rules(refuses_unpriced=False)), claims(limits=Limits(nanos_per_day=CENT))
    made = exchange(key, label="mock/dear")
    assert await admit(limiter, made) is None
    assert made.lease is not None
    assert made.lease.nanos is None


async def test_a_lowered_limit_holds_at_once_and_what_was_counted_counts_on(make: Make):
    limiter, key = make(Rules()), claims("k", Limits(requests_per_min=10))
    assert (await admit_all(limiter, [exchange(key) for _ in range(5)])).count(None) == 5
    changed = claims("k", Limits(requests_per_min=6))
    assert (await admit_all(limiter, [exchange(changed) for _ in range(5)])).count(None) == 1
    later = make(Rules(default=Limits(requests_per_min=1)))  # as after a reload
    assert (await admit_all(later, [exchange(changed) for _ in range(5)])).count(None) == 0
    assert (await admit_all(later, [exchange(claims("k", Limits(requests_per_min=8))) for _ in range(5)])).count(
        None
    ) == 2
