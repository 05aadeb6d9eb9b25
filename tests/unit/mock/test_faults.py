"""The names of faults, and when each strikes."""

import pytest

from gossamer.mock.faults import ALIASES, FAULTS, UNSAID, Fault, Kind, fault_of_model, parse_fault

FIELD = [
    ("429", Kind.REFUSE),
    ("429-always", Kind.REFUSE),
    ("500-once", Kind.REFUSE),
    ("503", Kind.REFUSE),
    ("reset", Kind.RESET),
    ("hang", Kind.HANG),
    ("slow-first", Kind.SLOW),
    ("cut", Kind.CUT),
    ("stall", Kind.STALL),
    ("malformed", Kind.MALFORMED),
    ("no-done", Kind.NO_DONE),
    ("400-context", Kind.REFUSE),
    ("400-filter", Kind.REFUSE),
    ("prefill", Kind.PREFILL),
    ("outage:60:120", Kind.REFUSE),
]


@pytest.mark.parametrize(("name", "kind"), FIELD)
def test_every_fault_of_the_field_has_a_name(name, kind):
    assert parse_fault(name).behaviour.kind is kind


@pytest.mark.parametrize("name", [*FAULTS, *ALIASES])
def test_every_name_is_also_a_model(name):
    assert fault_of_model(f"mock-{name}") == parse_fault(name)


@pytest.mark.parametrize("model", ["gpt-4o", "mock", "mock-", "mock-raw", "mock-large", "429"])
def test_other_models_have_none(model):
    assert fault_of_model(model) is None


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("cut", Fault("cut", UNSAID)),
        ("cut:7", Fault("cut", 7.0)),
        ("stall", Fault("stall", 30_000.0)),
        ("stall:5.5", Fault("stall", 5.5)),
        ("slow", Fault("slow-first", 20_000.0)),
        ("slow:100", Fault("slow-first", 100.0)),
        ("429", Fault("429", 1.0)),
        ("429:0", Fault("429", 0.0)),
        ("outage:1:2", Fault("503", UNSAID, 1.0, 2.0)),
        ("outage:1:2:reset", Fault("reset", UNSAID, 1.0, 2.0)),
        ("outage:1:2:429-always:9", Fault("429-always", 9.0, 1.0, 2.0)),
    ],
)
def test_numbers_follow_a_colon(text, fault):
    assert parse_fault(text) == fault


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("flood", "no fault is called 'flood': use one of 429"),
        ("500:3", "takes no number"),
        ("cut:-1", "between 0 and 1e"),
        ("stall:1e10", "between 0 and 1e"),
        ("cut:many", "between 0 and 1e"),
        ("stall:nan", "between 0 and 1e"),
        ("stall:inf", "between 0 and 1e"),
        ("outage:5", "say when it starts and ends"),
        ("outage:5:5", "ends before it starts"),
        ("outage:1:2:flood", "no fault is called"),
    ],
)
def test_a_wrong_one_is_told_what_to_say(text, says):
    with pytest.raises(ValueError, match=says):
        parse_fault(text)


@pytest.mark.parametrize(
    ("text", "attempt", "age_s", "strikes"),
    [
        ("429", 1, 0.0, True),
        ("429", 2, 0.0, False),
        ("429-always", 9, 0.0, True),
        ("500-once", 1, 0.0, True),
        ("500-once", 2, 0.0, False),
        ("500", 2, 0.0, True),
        ("outage:10:20", 1, 9.9, False),
        ("outage:10:20", 1, 10.0, True),
        ("outage:10:20", 5, 19.9, True),
        ("outage:10:20", 5, 20.0, False),
        ("outage:10:20:429", 2, 15.0, False),
    ],
)
def test_when_it_strikes(text, attempt, age_s, strikes):
    assert parse_fault(text).strikes(attempt, age_s) is strikes
