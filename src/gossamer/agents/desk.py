"""Where the workers ask: a request becomes a run of the agent that it names, and ends with its client.

Only workers reach the socket. Each request bears the mark of its run, the caller's own token, and the agent's name.
"""

import asyncio
from collections.abc import Mapping
from hashlib import sha256
from time import time
from typing import Final

import msgspec

from gossamer.agents.agent import Agent
from gossamer.agents.asked import PATHS, Asked, read_asked
from gossamer.agents.form import Form, asked_form
from gossamer.agents.memory import Key, Memory
from gossamer.agents.model import FrontDoor
from gossamer.agents.outlet import Outlet
from gossamer.agents.runner import Runner
from gossamer.agents.seam import Message, Observation, Run
from gossamer.agents.voices.chat import ChatVoice
from gossamer.agents.voices.messages import MessagesVoice
from gossamer.agents.voices.responses import ResponsesVoice
from gossamer.agents.voices.voice import Manner, Told, Voice
from gossamer.core.endpoints import Wire
from gossamer.core.errors import (
    GatewayError,
    InternalError,
    InvalidRequest,
    ModelNotFound,
    NotFound,
    ProviderUnavailable,
    ScopeForbidden,
)
from gossamer.core.house import session_digest
from gossamer.core.logs import get_log
from gossamer.core.ports import Tariffs
from gossamer.core.runs import (
    AGENT_HEADER,
    CALLERS_HEADER,
    HOUSE_HEADER,
    RUN_HEADER,
    STEPS_HEADER,
    RunMark,
    read_callers,
    read_house,
    read_mark,
)
from gossamer.dialects.faults import fault_of, render_fault
from gossamer.http.errors import PeerGone, RequestRefused
from gossamer.http.heads import RequestHead
from gossamer.http.request import Request
from gossamer.policy.headers import JSON_LINE

_VOICES: Final[Mapping[Wire, type[ChatVoice | ResponsesVoice | MessagesVoice]]] = {
    "chat": ChatVoice,
    "responses": ResponsesVoice,
    "messages": MessagesVoice,
}
_HANDED_ON: Final = (b"x-agent-id", b"traceparent", b"tracestate")
_BODY_BYTES: Final = 1 << 40
"""The worker has held it to the limit of the settings before."""

log = get_log(__name__)


class Desk:
    """`agents` and `prices` are replaced on a reload; a run under way keeps its own."""

    def __init__(self, agents: Mapping[str, Agent], prices: Tariffs, model: FrontDoor, secret: str) -> None:
        self.agents = agents
        self.unmade: Mapping[str, str] = {}
        """Agents that the settings have and that cannot be made, and why."""
        self.prices = prices
        self._model = model
        self._secret = secret
        self.memory = Memory()
        self._runs: dict[str, Runner] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def handle(self, request: Request) -> None:
        task = asyncio.get_running_loop().create_task(self._serve(request))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def ask_agent(self, agent: str, text: str, for_run: Run) -> Observation:
        """An agent as a tool of another (AskAgent): through the front door, one level deeper."""
        above = self._runs.get(for_run.id)
        if above is None:
            return await self._ask_agent(agent, text, for_run)
        async with above.turn_below:
            if (reached := above.meter.spent()) is not None:
                return Observation(f"Not asked: the limit of {reached} of this run is reached.", is_error=True)
            return await self._ask_agent(agent, text, for_run)

    async def _ask_agent(self, agent: str, text: str, for_run: Run) -> Observation:
        asked = {"model": agent, "messages": [{"role": "user", "content": text}]}
        try:
            body = await self._model.ask_whole(asked, for_run)
        except GatewayError as error:
            return Observation(f"The agent {agent!r} could not answer: {error.message}", is_error=True)
        said = msgspec.json.decode(body, type=_Answer)
        return Observation(said.choices[0].message.content or "")

    # --- one request ---

    async def _serve(self, request: Request) -> None:
        wire: Wire = PATHS.get(_path(request.head), "chat")
        outlet: Outlet | None = None
        try:
            mark = self._mark_of(request.head)
            agent = self._agent_of(request.head)
            body = request.body if request.is_complete else await request.whole(_BODY_BYTES)
            if _path(request.head) not in PATHS:
                raise NotFound("An agent is asked by chat completions, responses or messages, and by nothing else.")
            asked = read_asked(
                body,
                wire,
                steps=request.head.get(STEPS_HEADER.encode()),
                beta=request.head.get(b"anthropic-beta") or b"",
            )
            form = agent.form or _form_of(asked)
            outlet = Outlet(request, _voice(asked, agent.name, mark.run), wire, is_stream=asked.is_stream)
            outlet.task = asyncio.current_task()
            request.owner = outlet
            await self._run(agent, asked, form, _run_of(request.head, mark, agent.name), outlet)
        except GatewayError as error:
            _refuse(request, outlet, error, wire)
        except (PeerGone, RequestRefused):
            request.abort()
        except Exception as error:  # noqa: BLE001 - a defect of ours is answered and logged, and ends one run only
            log.defect("a run met a defect", error)
            _refuse(request, outlet, InternalError("The agent met a defect of the gateway, which is logged."), wire)
        finally:
            if outlet is not None:
                outlet.close()

    async def _run(self, agent: Agent, asked: Asked, form: Form | None, run: Run, outlet: Outlet) -> None:
        session = session_digest(run.house, run.headers.get("x-session-id", ""))
        key = Key(agent.name, sha256(run.token.encode()).digest(), session)
        begun_at = self.memory.moment
        said = [message for message in asked.messages if message["role"] not in ("system", "developer")]
        told = [message for message in asked.messages if message["role"] in ("system", "developer")]
        if asked.is_new_turn_alone:
            said = [*self.memory.recall(key), *said]
        # The session was the client's; within the run its calls are one of their own.
        inner = msgspec.structs.replace(run, headers={**run.headers, "x-session-id": run.id})
        runner = Runner(agent, inner, self._model, outlet, self.prices, asked.options, form)
        self._runs[run.id] = runner
        try:
            over = await runner.go([*agent.directive, *told, *said])
        finally:
            del self._runs[run.id]
            self._tell_above(run, runner)
            self.memory.drop(session_digest(run.house, run.id))  # what agents below remembered of this run
        self._keep(key, said, over, agent, begun_at)
        outlet.end(over)

    def _tell_above(self, run: Run, runner: Runner) -> None:
        """However it ended: what it used counts for the run that asked it, whose id is its session (see _run). Only
        runs ask deeper than 0, so no client can name one here.
        """
        above = self._runs.get(run.headers.get("x-session-id", "")) if run.depth > 0 else None
        if above is not None:
            above.meter.used_below(runner.meter.usage, runner.meter.cost_nanos)

    def _keep(self, key: Key, said: list[Message], over: Told, agent: Agent, begun_at: int) -> None:
        plain = [message for message in said if message["role"] in ("user", "assistant") and message.get("content")]
        answer: Message = {"role": "assistant", "content": over.answer}
        talk = [*plain, answer] if over.answer else plain
        self.memory.keep(key, talk, agent.settings.memory, begun_at)

    def _mark_of(self, head: RequestHead) -> RunMark:
        mark = read_mark(self._secret, head.get(RUN_HEADER.encode()) or b"")
        if mark is None:
            raise ScopeForbidden("Agents are asked through the gateway's front door.")
        return mark

    def _agent_of(self, head: RequestHead) -> Agent:
        name = (head.get(AGENT_HEADER.encode()) or b"").decode("latin-1")
        agent = self.agents.get(name)
        if name in self.unmade:
            why = f"The agent {name!r} cannot be made: {self.unmade[name]}."
            raise ProviderUnavailable(f"{why} The operator can mend that, and restart the gateway.")
        if agent is None:
            known = ", ".join(sorted(self.agents)) or "none"
            raise ModelNotFound(f"There is no agent {name[:100]!r}. Known: {known}.", param="model")
        return agent


class _Message(msgspec.Struct):
    content: str | None = None


class _Choice(msgspec.Struct):
    message: _Message


class _Answer(msgspec.Struct):
    choices: list[_Choice]


def _path(head: RequestHead) -> str:
    return head.target.partition(b"?")[0].decode("latin-1")


def _form_of(asked: Asked) -> Form | None:
    try:
        return asked_form(asked.response_format)
    except ValueError as error:
        raise InvalidRequest(f"response_format: {error}", param="response_format") from error


def _voice(asked: Asked, agent: str, run: str) -> Voice:
    manner = Manner(run=run, agent=agent, now_s=int(time()), echo=asked.echo, shows_steps=asked.shows_steps)
    return _VOICES[asked.wire](manner)


def _run_of(head: RequestHead, mark: RunMark, agent: str) -> Run:
    """What its calls bring along: who asks, and the trace."""
    authorization = (head.get(b"authorization") or b"").decode("latin-1")
    token = authorization.partition(" ")[2].strip() or (head.get(b"x-api-key") or b"").decode("latin-1")
    handed = {name.decode(): value.decode("latin-1") for name, value in head.headers if name in _HANDED_ON}
    session = (head.get(b"x-session-id") or b"").decode("latin-1")
    callers = read_callers(head.get(CALLERS_HEADER.encode()) or b"")
    house = read_house(head.get(HOUSE_HEADER.encode()) or b"")
    return Run(mark.run, agent, mark.depth, token, {**handed, "x-session-id": session}, callers, house)


def _refuse(request: Request, outlet: Outlet | None, error: GatewayError, wire: Wire) -> None:
    if outlet is not None:
        outlet.fail(error)
    else:
        request.reply(error.status, JSON_LINE, render_fault(fault_of(error), error.status, wire))
