"""The process behind `gossamer serve`: opens the sockets, keeps the crew, and obeys signals.

SIGTERM and SIGINT drain, a second SIGINT cuts, SIGHUP reads the settings again. No request comes through here.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from gossamer.config.problems import ConfigError
from gossamer.config.settings import Settings
from gossamer.core.logs import get_log, set_up_logs
from gossamer.journal.shelf import next_life
from gossamer.supervisor.banner import Started, render_banner
from gossamer.supervisor.changes import hold_fixed, needs_restart
from gossamer.supervisor.crew import Crew
from gossamer.supervisor.errors import StartFailed
from gossamer.supervisor.first_key import FirstKey, find_or_mint, keep_keys, keys_path, read_keys, with_keys
from gossamer.supervisor.listeners import Listeners, open_listeners
from gossamer.supervisor.open_files import raise_open_files_limit
from gossamer.worker.link import Order, encode_order

WORKER_COMMAND: Final = (sys.executable, "-P", "-m", "gossamer.worker")
"""-P: a file in the directory where somebody starts the gateway must not pass for a module."""

CUT: Final = 130
"""The exit status after a second Ctrl-C, as the shell counts it: requests may have been lost."""

log = get_log(__name__)


async def supervise(
    read_settings: Callable[[], Settings],
    announce: Callable[[str], None],
    worker_command: Sequence[str] = WORKER_COMMAND,
) -> int:
    """Serve until a signal ends it; the exit status. Raises ConfigError and StartFailed where nothing can start.

    `read_settings` is called now and at each SIGHUP; `announce` gets the banner once all workers are ready.
    """
    settings = read_settings()
    set_up_logs(settings.log.level, settings.log.format)
    server = settings.server
    log.debug("open files", allowed=raise_open_files_limit())
    with closing(open_listeners(server.host, server.port, server.workers, server.uds)) as listeners:
        key = find_or_mint(Path(settings.data_dir), has_others=bool(settings.keys), now=datetime.now(UTC))
        return await Supervisor(settings, key, listeners, read_settings, announce, worker_command).run()


class Supervisor:
    """Made once everything is open; ends with the process."""

    def __init__(
        self,
        settings: Settings,
        key: FirstKey,
        listeners: Listeners,
        read_settings: Callable[[], Settings],
        announce: Callable[[str], None],
        worker_command: Sequence[str],
    ) -> None:
        # For the process:
        self._running = settings
        self._key = key
        self._listeners = listeners
        self._read_settings = read_settings
        self._announce = announce
        self._crew = Crew(worker_command, listeners.of_worker, self)
        self._at_terminal = os.isatty(0)
        self._fleet = next_life(Path(settings.data_dir) / "journal")
        # Of the last reload:
        self._settings = settings
        self._generation = 0
        # Of the end:
        self._end_asked = asyncio.Event()
        self._exit_status = 0
        self._failure: str | None = None
        self._is_announced = False

    async def run(self) -> int:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._ask_to_end, "SIGTERM")
        loop.add_signal_handler(signal.SIGINT, self._interrupt)
        loop.add_signal_handler(signal.SIGHUP, self._hang_up)
        self._crew.start(self._brief(self._settings))
        await self._end_asked.wait()
        self._listeners.close()
        await self._crew.drain(self._settings.server.limits.drain_timeout_s)
        if self._failure:
            raise StartFailed(self._failure)
        log.info("stopped")
        return self._exit_status

    # --- told by the crew ---

    def all_ready(self) -> None:
        if self._is_announced or self._end_asked.is_set():
            return
        self._is_announced = True
        try:
            if self._key.token:
                # Kept only now: a start that failed has shown nobody the key, and the next one makes another.
                keep_keys(Path(self._running.data_dir), self._key.stored)
        except StartFailed as error:
            self.gave_up(str(error))
        else:
            started = self._describe()
            log.info("serving", url=started.url, workers=started.workers, uds=started.uds)
            self._announce(render_banner(started))

    def gave_up(self, reason: str) -> None:
        self._failure = reason
        self._end_asked.set()

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
            # Before the banner, the new key is known to nobody but this process.
            key = FirstKey(read_keys(Path(self._running.data_dir))) if self._is_announced else self._key
        except ConfigError as error:
            problems = [str(problem) for problem in error.problems]
        except StartFailed as error:
            problems = [str(error)]
        else:
            self._take_over(wanted, key)
            return
        for problem in problems:
            log.error("settings not reloaded, the old ones stay", problem=problem)

    def _take_over(self, wanted: Settings, key: FirstKey) -> None:
        set_up_logs(wanted.log.level, wanted.log.format)
        for name in needs_restart(self._running, wanted):
            log.warning("this setting changes only by a restart", setting=name)
        if not wanted.keys and not key.stored:
            log.warning("no key is left, so every request will be refused; a restart makes a new first key")
        self._settings, self._key = hold_fixed(self._running, wanted), key
        self._generation += 1
        log.info("settings read", generation=self._generation)
        self._crew.brief(self._brief(self._settings))

    def _brief(self, settings: Settings) -> bytes:
        briefed = with_keys(settings, self._key.stored)
        return encode_order(Order(settings=briefed, generation=self._generation, fleet=self._fleet))

    def _describe(self) -> Started:
        server = self._running.server
        return Started(
            host=server.host,
            port=self._listeners.port,
            has_tls=server.tls is not None,
            workers=server.workers,
            uds=server.uds,
            model="mock" if "mock" in self._running.models else "mock/mock",
            keys_file=keys_path(Path(self._running.data_dir)),
            new_token=self._key.token,
            has_kept_key=bool(self._key.stored),
        )
