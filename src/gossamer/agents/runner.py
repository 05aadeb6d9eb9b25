"""One run: what the pattern wants is done here, and nothing else does it. Limits, the schema of the answer and the end
of the client are kept here, so that no pattern can forget them.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any, Final, Protocol

import msgspec

from gossamer.agents.agent import Agent
from gossamer.agents.form import Form
from gossamer.agents.meter import Meter
from gossamer.agents.model import Turn
from gossamer.agents.outlet import Outlet
from gossamer.agents.patterns.held import Held, PatternFailed
from gossamer.agents.seam import (
    AskModel,
    Began,
    Call,
    Effect,
    End,
    Event,
    LimitReached,
    Message,
    Observation,
    Observed,
    Pattern,
    Run,
    Say,
    TextCame,
    Think,
    ToolSpec,
    TurnEnded,
    UseTools,
)
from gossamer.agents.voices.voice import Told
from gossamer.core.errors import GatewayError, PriceUnknown, ProviderError
from gossamer.core.logs import get_log
from gossamer.core.ports import Tariffs
from gossamer.core.record import Usage
from gossamer.core.runs import ANSWER_WITHIN_S
from gossamer.dialects.answer import Stop

_STOPS: Final[Mapping[str, Stop]] = {"length": "length", "content_filter": "filter"}
_MOST_CORRECTIONS: Final = 2
"""Of an answer that does not fit its schema: a model that cannot do it in three tries cannot do it."""

_MOST_AT_ONCE: Final = 64
"""Calls of one turn that are made. A model that wants more in one breath is out of its mind, or talked into it."""
_TOO_MANY: Final = Observation(
    f"Not used: more than {_MOST_AT_ONCE} calls in one turn. Call again for what is still needed.", is_error=True
)

log = get_log(__name__)


class LimitStopped(GatewayError):
    """A run that was to end with an error at its limit."""

    status = 422
    code = "agent_limit"
    kind = "invalid_request_error"


class AnswerUnfit(ProviderError):
    """The model cannot say it in the form that was asked."""

    code = "output_schema"


class Model(Protocol):
    """Whoever is asked (model.FrontDoor)."""

    def ask(self, asked: Mapping[str, Any], for_run: Run) -> AsyncGenerator[Event | Turn, None]: ...


class Runner:
    """Made for one run; `go` once."""

    def __init__(
        self,
        agent: Agent,
        run: Run,
        model: Model,
        outlet: Outlet,
        prices: Tariffs,
        options: Mapping[str, Any],
        form: Form | None = None,
    ) -> None:
        self._form = form
        self._agent = agent
        self._run = run
        self._model = model
        self._outlet = outlet
        self._prices = prices
        self._options = options
        self._pattern: Pattern = Held(agent.settings.pattern, agent.make_pattern)
        self._box = agent.box
        self.meter = Meter(agent.settings.limits, keeps_room=agent.settings.at_limit == "answer")
        at_once = 1 if self.meter.counts_money else _MOST_AT_ONCE
        self.turn_below = asyncio.Semaphore(at_once)
        """For agents that it uses as tools: where tokens or money are limited, one after the other, since nobody knows
        before what each will take."""
        self._limit: str | None = None
        self._deadline = 0.0
        self._held: list[str] = []
        """The answer, where it must fit a schema before anybody sees it."""
        self._corrections = 0
        self._last_calls = 0
        """Of the model, since a limit was reached."""
        self._asked: AskModel | None = None

    async def go(self, messages: Sequence[Message]) -> Told:
        """Raises GatewayError. What it showed until then is shown."""
        self._deadline = asyncio.get_running_loop().time() + self._agent.settings.limits.time_s
        try:
            async with asyncio.timeout_at(self._deadline):
                tools = tuple(await self._box.specs(self._run))
            wanted = self._take(Began(tuple(messages), tools))
        except TimeoutError:
            self._take(Began(tuple(messages), ()))
            wanted = self._reach("time")
        while not isinstance(wanted, End):
            wanted = await self._do(wanted)
        return self._told(wanted)

    # --- effects ---

    async def _do(self, wanted: AskModel | UseTools) -> AskModel | UseTools | End:
        if self._limit is None and isinstance(wanted, AskModel):
            reached = self.meter.reached(may_lead_on=wanted.may_lead_on)
            if reached is not None:
                return self._reach(reached)
        try:
            async with asyncio.timeout_at(self._deadline):
                if isinstance(wanted, AskModel):
                    return await self._ask(wanted) if self._may_ask() else self._cut_short()
                return self._take(Observed(await self._use(wanted.calls)))
        except TimeoutError:
            return self._reach("time")

    def _may_ask(self) -> bool:
        """Once after a limit, and for the corrections of that answer as far as the limits have room for them: whatever
        the pattern wants.
        """
        self._last_calls += self._limit is not None
        if self._last_calls > 1 and self.meter.reached(may_lead_on=False) is not None:
            return False
        return self._last_calls <= 1 + _MOST_CORRECTIONS

    def _reach(self, limit: str) -> AskModel | UseTools | End:
        """The first limit that is reached is the end; an answer that takes too long ends as it stands."""
        settings = self._agent.settings
        if self._limit is not None:
            return self._cut_short()
        self._limit = limit
        if settings.at_limit == "error":
            raise LimitStopped(
                f"The agent {self._agent.name!r} has reached its limit of {limit}, after {self.meter.steps} steps. "
                f"Ask for less, or have agents.{self._agent.name}.limits raised."
            )
        if isinstance(self._pattern, Correcting):  # that was the answer, and there is no room for a better one
            return self._cut_short()
        self._deadline = asyncio.get_running_loop().time() + ANSWER_WITHIN_S
        wanted = self._take(LimitReached(limit))
        return wanted if not isinstance(wanted, UseTools) else self._cut_short()

    def _cut_short(self) -> End:
        """What was said until now is the answer; but what needs a form and has none is no answer."""
        if self._form is not None:
            raise self._unfit(f"the limit of {self._limit} was reached")
        return End("length")

    async def _ask(self, wanted: AskModel) -> AskModel | UseTools | End:
        self._asked = wanted
        self.meter.step()
        next_wanted: AskModel | UseTools | End | None = None
        async with aclosing(self._model.ask(self._body(wanted), self._run)) as events:
            async for event in events:
                if isinstance(event, Turn):
                    self._count(event)
                    next_wanted = self._take(event.ended)
                    if self._limit is not None and isinstance(next_wanted, UseTools):
                        next_wanted = End("length")
                else:
                    self._show(self._pattern.take(event))
                    await self._outlet.drained()
        assert isinstance(next_wanted, AskModel | UseTools | End), "a call ends with a turn, or raises"
        return self._checked(next_wanted)

    async def _use(self, calls: Sequence[Call]) -> tuple[tuple[Call, Observation], ...]:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._use_one(call)) for call in calls[:_MOST_AT_ONCE]]
        seen = [task.result() for task in tasks] + [_TOO_MANY] * (len(calls) - len(tasks))
        return tuple(zip(calls, seen, strict=True))

    async def _use_one(self, call: Call) -> Observation:
        self._outlet.use(call)
        seen = await self._seen(call)
        self._outlet.observe(call, seen)
        await self._outlet.drained()
        return seen

    async def _seen(self, call: Call) -> Observation:
        try:
            return await self._box.call(call.name, call.arguments.encode(errors="replace"), self._run)
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            # Nobody cancelled us: the tool did so to itself. Taken for the end of the run, nobody would be answered.
            log.defect("a tool was cancelled from within", error, tool=call.name, run=self._run.id)
            return Observation("This tool broke off. Do without it.", is_error=True)
        except Exception as error:  # noqa: BLE001 - a defect of ours: the run goes on without this tool
            log.defect("a tool met a defect", error, tool=call.name, run=self._run.id)
            return Observation("This tool failed by a defect of the gateway. Do without it.", is_error=True)

    # --- around the pattern ---

    def _take(self, event: Event) -> AskModel | UseTools | End:
        last = self._show(self._pattern.take(event))
        if last is None:
            raise PatternFailed(self._agent.settings.pattern, f"it has nothing to do after {type(event).__name__}")
        return last

    def _show(self, effects: Sequence[Effect]) -> AskModel | UseTools | End | None:
        """Shows what is to be shown; the rest is what is wanted next."""
        last: AskModel | UseTools | End | None = None
        for effect in effects:
            if isinstance(effect, Think):
                self._outlet.think(effect.text)
            elif not isinstance(effect, Say):
                last = effect
            elif self._form is not None:
                self._held.append(effect.text)
            elif effect.text:
                self._outlet.say(effect.text)
        return last

    def _body(self, wanted: AskModel) -> dict[str, Any]:
        settings = self._agent.settings
        body: dict[str, Any] = {**self._options, "model": settings.model, "messages": list(wanted.messages)}
        if wanted.tools:
            body["tools"] = [_tool(spec) for spec in wanted.tools]
            if wanted.is_answer:
                body["tool_choice"] = "none"
        if stop := [*settings.stop, *wanted.stop]:
            body["stop"] = stop
        if self._form is not None and not wanted.may_lead_on:
            body["response_format"] = self._form.response_format
        return body

    def _count(self, turn: Turn) -> None:
        """Money as the front door charges it: the same price of the same use."""
        price = self._prices.get(turn.target)
        nanos = 0
        if turn.is_cached:
            pass
        elif price is not None and (turn.usage is not None or price.is_flat):
            nanos = price.cost(turn.usage or Usage())
        elif self._agent.settings.limits.cost_nanos is not None:
            raise PriceUnknown(
                f"agents.{self._agent.name}.limits.cost cannot be kept: nobody knows what {turn.target or 'its model'} "
                "costs. The operator can put it into `prices`."
            )
        self.meter.used(turn.usage, nanos)

    # --- an answer that must fit a schema ---

    def _checked(self, wanted: AskModel | UseTools | End) -> AskModel | UseTools | End:
        if self._form is None or not isinstance(wanted, End):
            self._held.clear()
            return wanted
        answer = "".join(self._held).strip()
        self._held.clear()
        wrong = self._form.check(answer)
        if wrong is None:
            self._outlet.say(answer)
            return wanted
        self._corrections += 1
        if self._corrections > _MOST_CORRECTIONS or self._asked is None or self._limit == "time":
            raise self._unfit(wrong)
        return self._correction(answer, wrong, self._asked, self._form)

    def _unfit(self, wrong: str) -> AnswerUnfit:
        return AnswerUnfit(
            f"The agent {self._agent.name!r} found no answer of the form that is needed: {wrong}. Try again."
        )

    def _correction(self, answer: str, wrong: str, asked: AskModel, form: Form) -> AskModel:
        """The pattern is done: this is between us and the model."""
        schema = msgspec.json.encode(form.schema).decode()
        words = f"This is not the form that is needed: {wrong}. Answer with JSON alone that fits this schema: {schema}"
        self._pattern = Correcting()
        more = ({"role": "assistant", "content": answer or "(nothing)"}, {"role": "user", "content": words})
        return AskModel((*asked.messages, *more), asked.tools, is_answer=True)

    def _told(self, end: End) -> Told:
        stop = _STOPS.get(end.finish, "end") if self._limit is None else "length"
        meter = self.meter
        return Told(
            parts=self._outlet.parts,
            stop=stop,
            usage=meter.usage,
            cost_nanos=meter.cost_nanos,
            steps=meter.steps,
            limit=self._limit,
        )


class Correcting:
    """A Pattern for an answer that is asked for once more: whatever the model says is it."""

    def take(self, event: Event) -> Sequence[Effect]:
        if isinstance(event, TextCame):
            return (Say(event.text),)
        return (End(event.finish),) if isinstance(event, TurnEnded) else ()


def _tool(spec: ToolSpec) -> dict[str, Any]:
    function = {"name": spec.name, "description": spec.description, "parameters": spec.schema}
    return {"type": "function", "function": function}
