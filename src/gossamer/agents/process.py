"""The agents' process: the composition root of runs, their tools and the way back in through the front door.

It gives way to the workers: where cores are short, plain requests go first.
"""

import asyncio
import gc
import os
import socket
from pathlib import Path
from typing import Final

from gossamer.agents.agent import make_agents
from gossamer.agents.desk import Desk
from gossamer.agents.forgetting import Forgetting
from gossamer.agents.model import FrontDoor
from gossamer.agents.tools.toolset import ToolSet
from gossamer.config.settings import Settings
from gossamer.core.logs import get_log, set_up_logs
from gossamer.feed.listening import Feed
from gossamer.feed.messages import AGENTS
from gossamer.feed.paths import feed_path, inner_path
from gossamer.http.connect import Connector
from gossamer.http.limits import PoolLimits, ServerLimits
from gossamer.http.origin import Origin
from gossamer.http.pool import Pool
from gossamer.http.server import Server
from gossamer.http.turn import Turn
from gossamer.process.link import Link
from gossamer.providers.prices import prices_of

NICE: Final = 5
"""Of the workers' share of a core that both want, it takes about a third."""
MOST_CALLS: Final = 2048
"""Calls of models at once: runs wait for a model, and not for each other."""
_CONNECT_S: Final = 5.0
_COLLECT_EVERY: Final = 20_000
"""Objects. As in a worker: hardly anything leaves a circle behind."""
_NEVER_S: Final = 24 * 3600.0
"""Whoever asks is a worker, which keeps its own clock."""

_log = get_log(__name__)


async def serve(sockets: list[socket.socket], settings: Settings, link: Link, number: int) -> None:  # noqa: ARG001
    """Until told to drain. There is one of its kind, whatever its number."""
    give_way()
    turn = Turn(asyncio.get_running_loop())
    data_dir = Path(settings.data_dir)
    connector = Connector(Origin("http", "localhost", 80, unix_path=str(inner_path(data_dir))), connect_s=_CONNECT_S)
    pool = Pool(connector, PoolLimits(connections=MOST_CALLS), turn)
    desk = Desk({}, prices_of(settings), FrontDoor(pool, link.run_secret), link.run_secret)
    server = Server(desk.handle, ServerLimits(idle_timeout_s=_NEVER_S, write_timeout_s=_NEVER_S), turn=turn)
    agents = AgentsProcess(desk, link)
    await agents.take_over(settings)
    feed = Feed(feed_path(data_dir), AGENTS, Forgetting(desk.memory), without="sessions are forgotten when it is back")
    feed.start()
    for sock in sockets:
        await server.listen(sock)
    gc.set_threshold(_COLLECT_EVERY, 20, 50)
    link.attach(agents)
    link.ready(os.getpid())
    within_s = await agents.drained
    await server.drain(within_s)
    pool.close()
    feed.close()
    await agents.close()


def give_way() -> None:
    """Worth less than a worker, and never in the middle of what one does: each piece of a model's answer wakes this
    process, and the kernel then took the core from the worker that had just written it, 200 times a second beside 20
    runs. It is not idle as the recorder is: where requests keep all cores busy, runs shall go on too.
    """
    os.nice(NICE)
    if hasattr(os, "SCHED_BATCH"):
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


class AgentsProcess:
    """Acts on what the supervisor says (a LinkOwner)."""

    def __init__(self, desk: Desk, link: Link) -> None:
        self.drained: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._desk = desk
        self._link = link
        self._tools: ToolSet | None = None
        self._reloads: set[asyncio.Task[None]] = set()

    async def take_over(self, settings: Settings) -> None:
        """Of a reload, all or nothing: raises ValueError for what cannot be. At the start there is nothing that could
        go on instead: agents that can be made are there, and the others say why they are not.
        """
        tools = tools_of(settings, self._desk, self._tools)
        agents, unmade = make_agents(settings.agents, tools)
        if unmade and self._tools is not None:
            raise ValueError("; ".join(f"agents.{name}: {why}" for name, why in unmade.items()))
        for name, why in unmade.items():
            _log.error("an agent cannot be made", agent=name, why=why)
        await tools.open()
        before, self._tools = self._tools, tools
        self._desk.agents, self._desk.unmade = agents, unmade
        self._desk.prices = prices_of(settings)
        gc.freeze()  # a look at all that the SDK of MCP brings takes 100 ms, in which every run stands still
        if before is not None:
            await before.close(tools)

    async def close(self) -> None:
        if self._tools is not None:
            await self._tools.close()

    # --- told by the supervisor ---

    def new_settings(self, settings: Settings, generation: int) -> None:
        task = asyncio.get_running_loop().create_task(self._reload(settings, generation))
        self._reloads.add(task)
        task.add_done_callback(self._reloads.discard)

    def drain(self, within_s: float) -> None:
        if not self.drained.done():
            self.drained.set_result(within_s)

    def supervisor_gone(self) -> None:
        self.drain(_ORPHAN_DRAIN_S)

    async def _reload(self, settings: Settings, generation: int) -> None:
        try:
            await self.take_over(settings)
        except (ValueError, OSError) as error:
            self._link.failed(str(error))
        else:
            set_up_logs(settings.log.level, settings.log.format)
            self._link.reloaded(generation)


_ORPHAN_DRAIN_S: Final = 2.0


def tools_of(settings: Settings, desk: Desk, before: ToolSet | None = None) -> ToolSet:
    """With what the settings name."""
    described = {name: agent.description for name, agent in settings.agents.items()}
    return ToolSet(settings.tools, described, desk.ask_agent, before)
