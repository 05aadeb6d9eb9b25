"""The desk's part in agents that use agents."""

import asyncio
from collections.abc import Mapping
from typing import Any, cast

from gossamer.agents.desk import Desk
from gossamer.agents.model import FrontDoor
from gossamer.agents.runner import Runner
from gossamer.agents.seam import Run
from gossamer.config.agents import AgentLimits
from gossamer.core.record import Usage
from tests.unit.agents.test_runner import PRICES, RUN, Script, runner_of, says


class Below:
    """An agent that answers, and costs."""

    def __init__(self, above: Runner) -> None:
        self.above = above
        self.asked = self.under_way = self.most = 0

    async def ask_whole(self, asked: Mapping[str, Any], for_run: Run) -> bytes:
        assert (asked["model"], for_run) == ("critic", RUN)
        self.asked += 1
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await asyncio.sleep(0)
        self.under_way -= 1
        self.above.meter.used_below(Usage(10, 5), 40)
        return b'{"choices":[{"message":{"content":"Fine."}}]}'


async def asked_side_by_side(limits: AgentLimits) -> tuple[Below, list[str]]:
    above = runner_of(Script(says("?")), limits=limits)
    below = Below(above)
    desk = Desk({}, PRICES, cast("FrontDoor", below), "secret")
    desk._runs[RUN.id] = above
    seen = await asyncio.gather(*(desk.ask_agent("critic", "Well?", RUN) for _ in range(5)))
    return below, [each.text for each in seen]


async def test_agents_side_by_side_do_not_pass_the_limit_of_who_asks_them():
    below, texts = await asked_side_by_side(AgentLimits(cost_nanos=50))
    assert below.asked == 2
    assert texts[:2] == ["Fine.", "Fine."]
    assert all("limit of cost" in text for text in texts[2:])


async def test_where_nothing_is_limited_they_are_asked_at_once():
    below, texts = await asked_side_by_side(AgentLimits())
    assert below.most == 5
    assert texts == ["Fine."] * 5
