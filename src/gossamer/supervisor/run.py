"""The process behind `gossamer serve`: opens the sockets, keeps workers and control process, and obeys signals.

SIGTERM and SIGINT drain, a second SIGINT cuts, SIGHUP reads the settings again. No request comes through here.
"""

import asyncio
import os
import secrets
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Final, NamedTuple

from gossamer.config.problems import ConfigError
from gossamer.config.settings import Settings
from gossamer.core.logs import get_log, set_up_logs
from gossamer.journal.shelf import next_life
from gossamer.process.link import Order, encode_order
from gossamer.supervisor.agents_post import AgentsPost, open_agents_socket, open_inner_socket
from gossamer.supervisor.banner import Started, render_banner, render_late_key
from gossamer.supervisor.changes import hold_fixed, needs_restart
from gossamer.supervisor.control_post import ControlPost, open_control_sockets
from gossamer.supervisor.crew import Crew
from gossamer.supervisor.data_dir import prepare
from gossamer.supervisor.errors import StartFailed
from gossamer.supervisor.gauges import GaugeRelay
from gossamer.supervisor.hold import Hold, hold_data_dir
from gossamer.supervisor.listeners import Listeners, open_listeners
from gossamer.supervisor.open_files import raise_open_files_limit
from gossamer.supervisor.own_sockets import OwnSockets
from gossamer.supervisor.recorder_post import RecorderPost, open_recorder_sockets

WORKER_COMMAND: Final = (sys.executable, "-P", "-m", "gossamer.worker")
"""-P: a file in the directory where somebody starts the gateway must not pass for a module."""
CONTROL_COMMAND: Final = (sys.executable, "-P", "-m", "gossamer.control")
AGENTS_COMMAND: Final = (sys.executable, "-P", "-m", "gossamer.agents")
RECORDER_COMMAND: Final = (sys.executable, "-P", "-m", "gossamer.recorder")

CONTROL_WITHIN_S: Final = 20.0
"""How long the banner waits for the control process, which needs a second on a machine that has nothing else to do."""
STATE_WITHIN_S: Final = 5.0
"""How long it then waits to know whether there is a first key to show; after that it says that one may follow."""

CONTROL_DRAIN_S: Final = 5.0
"""Administration has no long answers."""
AGENTS_DRAIN_S: Final = 3.0
"""Whoever asked them has been answered by then, or cut: this is for their tools to end."""
RECORDER_DRAIN_S: Final = 6.0
"""For what the workers wrote last; what is not drawn by then is drawn after the next start."""

_SECRET_BYTES: Final = 16

CUT: Final = 130
"""The exit status after a second Ctrl-C, as the shell counts it: requests may have been lost."""

log = get_log(__name__)


async def supervise(
    read_settings: Callable[[], Settings],
    announce: Callable[[str], None],
    worker_command: Sequence[str] = WORKER_COMMAND,
    control_command: Sequence[str] = CONTROL_COMMAND,
    recorder_command: Sequence[str] = RECORDER_COMMAND,
    agents_command: Sequence[str] = AGENTS_COMMAND,
) -> int:
    """Serve until a signal ends it; the exit status. Raises ConfigError and StartFailed where nothing can start.

    `read_settings` is called now and at each SIGHUP; `announce` gets the banner once all workers are ready.
    """
    settings = read_settings()
    set_up_logs(settings.log.level, settings.log.format)
    server = settings.server
    log.debug("open files", allowed=raise_open_files_limit())
    data_dir = Path(settings.data_dir)
    prepare(data_dir)
    with (
        ExitStack() as if_any,
        closing(open_listeners(server.host, server.port, server.workers, server.uds)) as listeners,
        closing(hold_data_dir(data_dir)) as hold,
        closing(open_control_sockets(data_dir, settings.control.listen)) as of_control,
        closing(open_recorder_sockets(data_dir)) as of_recorder,
    ):
        of_agents = inner = None
        if settings.agents:
            of_agents = if_any.enter_context(closing(open_agents_socket(data_dir)))
            inner = if_any.enter_context(closing(open_inner_socket(data_dir)))
        opened = Opened(listeners, hold, of_control, of_recorder, of_agents, inner)
        commands = Commands(worker_command, control_command, recorder_command, agents_command)
        return await Supervisor(settings, opened, read_settings, announce, commands).run()


class Commands(NamedTuple):
    """How each kind of process is started."""

    worker: Sequence[str]
    control: Sequence[str]
    recorder: Sequence[str]
    agents: Sequence[str]


class Opened(NamedTuple):
    """What is open as long as the supervisor runs."""

    listeners: Listeners
    hold: Hold
    of_control: OwnSockets
    of_recorder: OwnSockets
    of_agents: OwnSockets | None
    inner: OwnSockets | None
    """The front door's, for the agents."""


class Supervisor:
    """Made once everything is open; ends with the process."""

    def __init__(
        self,
        settings: Settings,
        opened: Opened,
        read_settings: Callable[[], Settings],
        announce: Callable[[str], None],
        commands: Commands,
    ) -> None:
        # For the process:
        self._running = settings
        self._listeners = opened.listeners
        self._hold = opened.hold
        self._read_settings = read_settings
        self._announce = announce
        inner = opened.inner.all if opened.inner is not None else ()
        self._crew = Crew(commands.worker, [(*row, *inner) for row in opened.listeners.of_worker], self)
        self._control = ControlPost(commands.control, opened.of_control.all, self, asks_first_key=not settings.keys)
        self._recorder = RecorderPost(commands.recorder, opened.of_recorder.all, self)
        self._agents = AgentsPost(commands.agents, opened.of_agents.all, self) if opened.of_agents is not None else None
        self._run_secret = secrets.token_hex(_SECRET_BYTES)
        self._at_terminal = os.isatty(0)
        self._fleet = next_life(Path(settings.data_dir) / "journal")
        # Of the last reload:
        self._settings = settings
        self._generation = 0
        # Of the start:
        self._are_workers_ready = self._is_control_ready = self._is_announced = self._has_recorder = False
        self._patience: asyncio.TimerHandle | None = None
        # Of the end:
        self._end_asked = asyncio.Event()
        self._exit_status = 0
        self._failure: str | None = None

    async def run(self) -> int:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._ask_to_end, "SIGTERM")
        loop.add_signal_handler(signal.SIGINT, self._interrupt)
        loop.add_signal_handler(signal.SIGHUP, self._hang_up)
        briefing = self._brief(self._settings)
        self._crew.start(briefing)
        self._control.crew.start(briefing)
        await self._end_asked.wait()
        self._listeners.close()
        self._hold.close()
        await self._crew.drain(self._settings.server.limits.drain_timeout_s)
        if self._agents is not None:
            await self._agents.drain(AGENTS_DRAIN_S)
        # Last, since requests under way may still have to ask who is calling.
        await self._control.crew.drain(CONTROL_DRAIN_S)
        # And it must see what the workers wrote last.
        if self._has_recorder:
            await self._recorder.crew.drain(RECORDER_DRAIN_S)
        if self._failure:
            raise StartFailed(self._failure)
        log.info("stopped")
        return self._exit_status

    # --- told by the crew, and by the control's post ---

    def all_ready(self) -> None:
        self._are_workers_ready = True
        self._start_recorder()
        if self._agents is not None and not self._end_asked.is_set():
            self._agents.start(self._brief(self._settings))
        self._wait_no_longer_than(CONTROL_WITHIN_S)
        self._go_on()

    def _start_recorder(self) -> None:
        """Once the workers are there: nobody waits for it, and its start would hold up theirs."""
        if not self._has_recorder and not self._end_asked.is_set():
            self._has_recorder = True
            self._recorder.crew.start(self._brief(self._settings))
            GaugeRelay(self._crew, self._recorder.crew).start()

    def control_ready(self) -> None:
        self._is_control_ready = True
        self._go_on()

    def first_key_told(self, token: str | None) -> None:
        if self._is_announced and token is not None:
            self._announce(render_late_key(self._describe(token)))
        self._show(token)

    def gave_up(self, reason: str) -> None:
        self._failure = reason
        self._end_asked.set()

    def _go_on(self) -> None:
        """A key is made only once everything else works: a start that failed leaves none behind."""
        if not (self._are_workers_ready and self._is_control_ready) or self._end_asked.is_set():
            return
        if self._control.awaits_first_key:
            self._control.ask_for_first_key()
            self._wait_no_longer_than(STATE_WITHIN_S)
        else:
            self._show(None)

    def _wait_no_longer_than(self, seconds: float) -> None:
        if self._patience is not None:
            self._patience.cancel()
        self._patience = asyncio.get_running_loop().call_later(seconds, self._show, None)

    def _show(self, token: str | None) -> None:
        """The banner, once."""
        if self._is_announced or self._end_asked.is_set():
            return
        self._is_announced = True
        started = self._describe(token)
        log.info("serving", url=started.url, workers=started.workers, uds=started.uds)
        self._announce(render_banner(started))

    # --- told by signals ---

    def _ask_to_end(self, name: str) -> None:
        if not self._end_asked.is_set():
            log.info("draining", signal=name, drain_timeout_s=self._settings.server.limits.drain_timeout_s)
        self._end_asked.set()

    def _interrupt(self) -> None:
        if self._end_asked.is_set():
            log.warning("cut: requests under way are lost")
            self._exit_status = CUT
            self._crew.kill()
            self._control.crew.kill()
            self._recorder.crew.kill()
            if self._agents is not None:
                self._agents.crew.kill()
        else:
            self._ask_to_end("SIGINT")

    def _hang_up(self) -> None:
        """SIGHUP asks to reload, and is also what a closing terminal sends."""
        if self._at_terminal and not os.isatty(0):
            self._ask_to_end("SIGHUP of the terminal")
        elif not self._end_asked.is_set():
            self._reload()

    # --- settings ---

    def _reload(self) -> None:
        try:
            wanted = self._read_settings()
        except ConfigError as error:
            for problem in error.problems:
                log.error("settings not reloaded, the old ones stay", problem=str(problem))  # noqa: TRY400
        else:
            self._take_over(wanted)

    def _take_over(self, wanted: Settings) -> None:
        set_up_logs(wanted.log.level, wanted.log.format)
        for name in needs_restart(self._running, wanted):
            log.warning("this setting changes only by a restart", setting=name)
        self._settings = hold_fixed(self._running, wanted)
        self._generation += 1
        log.info("settings read", generation=self._generation)
        briefing = self._brief(self._settings)
        self._crew.brief(briefing)
        self._control.crew.brief(briefing)
        if self._has_recorder:
            self._recorder.crew.brief(briefing)
        if self._agents is not None:
            self._agents.brief(briefing)

    def _brief(self, settings: Settings) -> bytes:
        return encode_order(
            Order(settings=settings, generation=self._generation, fleet=self._fleet, run_secret=self._run_secret)
        )

    def _describe(self, token: str | None) -> Started:
        server = self._running.server
        return Started(
            host=server.host,
            port=self._listeners.port,
            has_tls=server.tls is not None,
            workers=server.workers,
            uds=server.uds,
            model="mock" if "mock" in self._running.models else "mock/mock",
            new_token=token,
            has_kept_key=not self._running.keys,
            awaits_store=self._control.awaits_first_key,
        )
