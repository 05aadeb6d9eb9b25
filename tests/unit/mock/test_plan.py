"""Plans are functions of seed and request id, and of what was asked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gossamer.mock.asked import Asked, Dialect
from gossamer.mock.faults import Kind, parse_fault
from gossamer.mock.jitter import parse_jitter
from gossamer.mock.orders import NO_ORDERS, Orders
from gossamer.mock.plan import Dice, Plan, Settings, fault_for, plan_answer, plan_plain, request_id_of

MS = 1_000_000
STREAM = Asked(Dialect.CHAT, "m", stream=True)
IDS = st.binary(min_size=1, max_size=80)


def plan(
    settings: Settings | None = None,
    orders: Orders = NO_ORDERS,
    asked: Asked = STREAM,
    request_id: bytes = b"r",
    fault: str | None = None,
    body_bytes: int = 400,
) -> Plan:
    settings = settings or Settings()
    parsed = None if fault is None else parse_fault(fault)
    return plan_answer(Dice(settings.seed), settings, orders, asked, request_id, body_bytes, parsed)


@given(
    st.integers(-(10**100), 10**100), IDS, st.sampled_from(["none", "uniform:0.5", "lognormal:0.5"]), st.integers(1, 80)
)
def test_the_same_seed_and_id_plan_the_same(seed, request_id, jitter, tokens):
    settings = Settings(seed=seed, ttft_ms=50, gap_ms=10, tokens=tokens, jitter=parse_jitter(jitter))
    assert plan(settings, request_id=request_id) == plan(settings, request_id=request_id)


@given(IDS, st.integers(1, 40), st.integers(1, 40))
def test_more_tokens_do_not_move_the_first_ones(request_id, some, more):
    def timed(tokens: int) -> list[int]:
        settings = Settings(ttft_ms=50, gap_ms=10, tokens=tokens, jitter=parse_jitter("lognormal:0.5"))
        made = plan(settings, request_id=request_id)
        return [made.first_ns, *made.gaps_ns]

    assert timed(some + more)[:some] == timed(some)


def test_a_stream_and_a_whole_answer_begin_at_the_same_time():
    settings = Settings(ttft_ms=50, gap_ms=10, jitter=parse_jitter("lognormal:0.5"))
    whole = plan(settings, asked=Asked(Dialect.CHAT, "m"))
    assert whole.first_ns == plan(settings).first_ns
    assert whole.gaps_ns == ()


@pytest.mark.parametrize("jitter", ["none", "uniform:0.2"])
def test_seeds_tell_plans_apart(jitter):
    plans = [plan(Settings(seed=seed, ttft_ms=50, jitter=parse_jitter(jitter))) for seed in range(4)]
    assert len({made.id for made in plans}) == 4
    assert len({made.first_ns for made in plans}) == (1 if jitter == "none" else 4)


def test_delays_are_as_the_settings_say():
    made = plan(Settings(ttft_ms=50, gap_ms=10, tokens=4))
    assert (made.first_ns, made.gaps_ns) == (50 * MS, (10 * MS,) * 3)


def test_orders_go_before_settings():
    made = plan(Settings(ttft_ms=50, gap_ms=10), Orders(ttft_ms=0.0, gap_ms=2.0, tokens=3))
    assert (made.first_ns, made.gaps_ns, made.completion_tokens) == (0, (2 * MS,) * 2, 3)


def test_usage_counts_bytes_over_four_and_what_is_said():
    made = plan(Settings(tokens=7), body_bytes=403)
    assert (made.prompt_tokens, made.completion_tokens, made.total_tokens) == (100, 7, 107)


@pytest.mark.parametrize(("limit", "tokens", "finish"), [(None, 60, "stop"), (60, 60, "stop"), (59, 59, "length")])
def test_the_callers_limit_holds(limit, tokens, finish):
    made = plan(asked=Asked(Dialect.CHAT, "m", limit=limit))
    assert (made.completion_tokens, made.content.finish) == (tokens, finish)


def test_texts_differ_between_ids():
    assert len({plan(request_id=b"r%d" % at).content.text for at in range(100)}) == 16


@pytest.mark.parametrize(
    ("fault", "kind", "strikes_at", "first_ns", "stall_ns"),
    [
        ("cut", Kind.CUT, 40, 0, 0),
        ("cut:7", Kind.CUT, 7, 0, 0),
        ("cut:700", Kind.CUT, 60, 0, 0),
        ("stall", Kind.STALL, 30, 0, 30_000 * MS),
        ("stall:5", Kind.STALL, 30, 0, 5 * MS),
        ("slow-first", Kind.SLOW, 30, 20_000 * MS, 0),
        ("slow-first:9", Kind.SLOW, 30, 9 * MS, 0),
        ("malformed", Kind.MALFORMED, 30, 0, 0),
        ("error-in-stream", Kind.ERROR_EVENT, 30, 0, 0),
        ("prefill", None, 30, 0, 0),
    ],
)
def test_where_faults_strike(fault, kind, strikes_at, first_ns, stall_ns):
    made = plan(fault=fault)
    assert (made.kind, made.strikes_at, made.first_ns, made.stall_ns) == (kind, strikes_at, first_ns, stall_ns)


def test_a_prefill_is_refused_only_where_there_is_one():
    asked = Asked(Dialect.MESSAGES, "m", last="assistant")
    assert plan(fault="prefill", asked=asked).kind is Kind.PREFILL


def test_a_refusal_is_said_instead():
    made = plan(fault="refusal")
    assert (made.content.kind, made.content.finish) == ("refusal", "refusal")


def test_plain_answers_have_their_delay_too():
    settings = Settings(ttft_ms=5)
    assert plan_plain(Dice(0), settings, NO_ORDERS, b"r", None).first_ns == 5 * MS
    assert plan_plain(Dice(0), settings, NO_ORDERS, b"r", parse_fault("slow:8")).first_ns == 8 * MS


def test_the_request_names_itself_or_is_named_by_its_body():
    assert request_id_of(Orders(b"mine"), b"{}") == b"mine"
    assert request_id_of(NO_ORDERS, b"{}") == request_id_of(NO_ORDERS, b"{}")
    assert request_id_of(NO_ORDERS, b"{}") != request_id_of(NO_ORDERS, b"{ }")


@pytest.mark.parametrize(
    ("ordered", "model", "set_", "name"),
    [
        ("500", "mock-503", "429", "500"),
        (None, "mock-503", "429", "503"),
        (None, "mock", "429", "429"),
        (None, "mock", None, None),
    ],
)
def test_whose_fault_it_is(ordered, model, set_, name):
    parsed = [None if text is None else parse_fault(text) for text in (ordered, set_)]
    found = fault_for(Settings(fault=parsed[1]), Orders(fault=parsed[0]), model, 1, 0.0)
    assert (None if found is None else found.name) == name


def test_a_fault_that_is_over_does_not_let_the_next_one_in():
    settings, orders = Settings(fault=parse_fault("503")), Orders(fault=parse_fault("500-once"))
    assert fault_for(settings, orders, "mock", 2, 0.0) is None
