"""When a run may not go on."""

from gossamer.agents.meter import Meter
from gossamer.config.agents import AgentLimits
from gossamer.core.record import Usage


def went(meter: Meter, calls: int, tokens: int = 0, nanos: int = 0) -> Meter:
    for _ in range(calls):
        meter.step()
        meter.used(Usage(tokens, 0), nanos)
    return meter


def test_steps_count_the_last_answer():
    limits = AgentLimits(steps=3)
    assert went(Meter(limits, keeps_room=True), 1).reached(may_lead_on=True) is None
    assert went(Meter(limits, keeps_room=True), 2).reached(may_lead_on=True) == "steps"
    assert went(Meter(limits, keeps_room=True), 2).reached(may_lead_on=False) is None
    assert went(Meter(limits, keeps_room=False), 2).reached(may_lead_on=True) is None
    assert went(Meter(limits, keeps_room=False), 3).reached(may_lead_on=True) == "steps"


def test_room_is_kept_for_the_answer_as_much_as_the_dearest_call_took():
    assert went(Meter(AgentLimits(tokens=399), keeps_room=True), 2, tokens=100).reached(may_lead_on=True) == "tokens"
    assert went(Meter(AgentLimits(tokens=400), keeps_room=True), 2, tokens=100).reached(may_lead_on=True) is None
    assert went(Meter(AgentLimits(cost_nanos=399), keeps_room=True), 2, nanos=100).reached(may_lead_on=True) == "cost"
    assert went(Meter(AgentLimits(cost_nanos=300), keeps_room=False), 2, nanos=100).reached(may_lead_on=True) is None


def test_what_other_agents_came_to_counts():
    meter = Meter(AgentLimits(cost_nanos=50), keeps_room=False)
    meter.used_below(Usage(10, 5), 51)
    assert meter.reached(may_lead_on=True) == "cost"
    assert meter.tokens == 15
