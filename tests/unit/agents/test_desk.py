"""The desk's part in agents that use agents, and what is left of a run that is over."""

import asyncio
import gc
import weakref
from collections.abc import AsyncGenerator, Mapping
from typing import Any, cast

import pytest

from gossamer.agents.agent import Agent
from gossamer.agents.desk import Desk
from gossamer.agents.model import FrontDoor, Turn
from gossamer.agents.patterns.react import React
from gossamer.agents.runner import Runner
from gossamer.agents.seam import Event, Run
from gossamer.config.agents import AgentLimits, AgentSettings
from gossamer.core.errors import ProviderUnavailable
from gossamer.core.record import Usage
from gossamer.http.heads import parse_request_head
from gossamer.http.request import Request
from tests.unit.agents.test_runner import PRICES, RUN, Box, Script, runner_of, says


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


HEAD = (
    b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n"
    b"x-gossamer-run: secret run_1 0\r\nx-gossamer-agent: a\r\n\r\n"
)
BODY = b'{"model":"a","messages":[{"role":"user","content":"Hi"}]}'


class Model:
    """Refuses, or never answers."""

    def __init__(self, *, fails: bool) -> None:
        self._fails = fails
        self.is_asked = asyncio.Event()

    async def ask(self, asked: Mapping[str, Any], for_run: Run) -> AsyncGenerator[Event | Turn, None]:
        self.is_asked.set()
        if self._fails:
            raise ProviderUnavailable("Try again.")
        await asyncio.sleep(3600)
        yield Turn(says("?")[-1], None, "", False)  # type: ignore[arg-type]


@pytest.mark.parametrize("fails", [True, False])
async def test_a_run_that_failed_or_was_left_leaves_no_circle(fails: bool):
    model = Model(fails=fails)
    agent = Agent("a", AgentSettings(model="m"), Box(), React)
    desk = Desk({"a": agent}, PRICES, cast("FrontDoor", model), "secret")
    gc.disable()
    try:
        request = Request(None, parse_request_head(HEAD), BODY, None, 0)
        gone = weakref.ref(request)
        desk.handle(request)
        await model.is_asked.wait()
        if not fails:
            assert request.owner is not None
            request.owner.client_gone()
        while desk._tasks:
            await asyncio.sleep(0)
        request.owner = None  # as the connection does
        del request
        assert gone() is None
    finally:
        gc.enable()
