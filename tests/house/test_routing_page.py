"""docs/reference/routing.md is true: its tables are those of the code."""

from typing import get_args

from gossamer.core.failure import FailureKind
from gossamer.core.routing import Strategy
from gossamer.policy.circuit import TRANSITIONS
from gossamer.policy.retry import VERDICTS
from tests.house.pages import code, table

PAGE = "docs/reference/routing.md"


def test_each_strategy_is_explained():
    assert [code(cell) for cell in table(PAGE, "strategy").column("strategy")] == list(get_args(Strategy))


def test_each_failure_is_told_with_what_comes_after_it():
    told = {code(kind): tuple(word == "yes" for word in words) for kind, _, *words in table(PAGE, "kind").rows}
    assert told == {kind: tuple(VERDICTS[kind]) for kind in get_args(FailureKind)}


def test_each_change_of_a_circuit_is_told():
    told = {
        (code(state), code(event.partition(":")[0]), code(after)) for state, event, after in table(PAGE, "state").rows
    }
    moves = {
        (state, event, after)
        for state, events in TRANSITIONS.items()
        for event, after in events.items()
        if state != after
    }
    assert told == moves
