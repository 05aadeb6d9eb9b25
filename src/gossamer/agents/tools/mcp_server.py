"""One server, as agents use it: a session that is opened when it is needed, its list of tools, its places and its gate.

Its state is looked at when it is about to be asked, and never else. The SDK is imported where there is a server, so a
gateway without it runs, and says what to install.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib import import_module
from typing import Any, Final

from gossamer.agents.seam import Observation, Run
from gossamer.agents.tools.gate import Gate
from gossamer.agents.tools.mcp_content import as_observation, as_tools
from gossamer.agents.tools.mcp_outcomes import CallRefused, LinkLost
from gossamer.agents.tools.observations import failed
from gossamer.agents.tools.source import Tool
from gossamer.config.tools import McpSettings
from gossamer.core.clock import now_ns
from gossamer.core.logs import get_log

MISSING: Final = "the SDK of MCP is not installed: pip install 'gossamer[agents]'"
_LINK: Final = "gossamer.agents.tools.mcp_link"
_HTTP: Final = "gossamer.agents.tools.mcp_http"
_STDIO: Final = "gossamer.agents.tools.mcp_stdio"
_OF_SDK: Final = (_LINK, _HTTP, _STDIO)
_LIST_AGE_S: Final = 60.0
"""After which the list is asked for again, beside the run that looked at it: not each server says when it changes."""
_LIST_WAIT_S: Final = 10.0
"""For a list, from a session that is open."""
_NS_A_S: Final = 1_000_000_000
_GONE_SESSION: Final = "Session terminated"
"""What the SDK says where a server over HTTP does not know its session, having begun anew: nothing was called."""

_log = get_log("gossamer.agents.tools")


class McpServer:
    """Of the configuration, by its name there."""

    is_single = False

    def __init__(self, name: str, settings: McpSettings) -> None:
        self.name = name
        self.max_bytes = settings.max_bytes
        self.secrets = (*settings.env.values(), *settings.headers.values())
        self._settings = settings
        self._gate = Gate()
        self._places = asyncio.Semaphore(settings.concurrency)
        # the session, and what is known of the server
        self._link: Any = None
        self._tools: tuple[Tool, ...] | None = None
        self._listed_at = 0.0
        self._listing: asyncio.Task[None] | None = None
        self._closing: set[asyncio.Task[None]] = set()
        self.reason = ""
        """Why it is down, when it is."""
        self._is_closed = False

    # --- what it has ---

    async def tools(self) -> Sequence[Tool]:
        if self._is_closed:
            return self._tools or ()
        if self._tools is not None and _now() - self._listed_at < _LIST_AGE_S:
            return self._tools
        is_down = self._gate.is_shut
        if not is_down or self._gate.wait_s(_now()) == 0:
            self._list_anew()
        if self._tools is None and self._listing is not None and not is_down:
            await asyncio.wait({self._listing}, timeout=self._settings.connect_timeout_s)
        return self._tools or ()

    def _list_anew(self) -> None:
        if self._is_closed:
            return
        if self._listing is None or self._listing.done():
            self._listing = asyncio.create_task(self._list(), name=f"list of {self.name}")

    async def _list(self) -> None:
        if not self._gate.admits(_now()):
            return
        link = None
        try:
            async with asyncio.timeout(self._settings.connect_timeout_s + _LIST_WAIT_S):
                link = self._open()
                listed = await link.list()
        except TimeoutError:
            self._be_late()
        except asyncio.CancelledError:
            self._gate.given_up(_now())
            raise
        except Exception as error:  # noqa: BLE001 - a server that cannot be listed is one without tools, for now
            self._lose(error, link)
        else:
            self._gate.answered(_now())
            self._tools = as_tools(listed, self._settings.allow)
            self._listed_at = _now()
            _log.info("a server of tools is there", server=self.name, tools=len(self._tools))

    # --- what it does ---

    async def call(self, tool: Tool, arguments: dict[str, Any], for_run: Run) -> Observation:
        del for_run  # a server is told nothing of who asks
        if self._is_closed:
            return failed(f"The tools of {self.name} are no more: the settings have changed. Go on without.")
        is_asked = False
        try:
            async with asyncio.timeout(self._settings.timeout_s), self._places:
                if not self._gate.admits(_now()):
                    return self._is_down()
                is_asked = True
                return await self._call(tool.name, arguments)
        except TimeoutError:
            if not is_asked:
                return failed("All places of the tool were taken for too long. Try again later, or go on without.")
            self._be_late()
            return failed(f"The tool gave no answer within {self._settings.timeout_s:g} s, and was given up.")
        except asyncio.CancelledError:
            if is_asked:
                self._gate.given_up(_now())
            raise

    async def _call(self, tool: str, arguments: dict[str, Any], *, is_second: bool = False) -> Observation:
        link = None
        try:
            link = self._open()
            result = await link.call(tool, arguments)
        except CallRefused as error:
            if str(error) == _GONE_SESSION and not is_second:
                self._drop(link)
                return await self._call(tool, arguments, is_second=True)
            self._gate.answered(_now())
            return failed(f"The server refused the call: {error}")
        except Exception as error:  # noqa: BLE001 - what a foreign server or the SDK does wrong, the model is told
            self._lose(error, link)
            return failed(f"The call was lost, and may or may not have been carried out: {self.reason}.")
        self._gate.answered(_now())
        return as_observation(result)

    def _is_down(self) -> Observation:
        again_s = self._gate.wait_s(_now())
        return failed(
            f"The tools of {self.name} are down: {self.reason}. They are tried again in {again_s:.1f} s. Go on without."
        )

    # --- its session ---

    def _open(self) -> Any:
        if self._link is None or self._link.is_over:
            self._drop(self._link)
            self._link = self._new_link()
            self._link.changed = self._list_anew
        return self._link

    def _new_link(self) -> Any:
        settings = self._settings
        make = import_module(_LINK).Link
        return make(self.name, self._streams(), settings.roots, settings.connect_timeout_s)

    def _streams(self) -> Callable[[Any], Any]:
        settings = self._settings
        if settings.url is not None:
            http = import_module(_HTTP)
            return lambda _: http.http_streams(settings.url, settings.headers, settings.connect_timeout_s)
        stdio = import_module(_STDIO)
        launch = stdio.Launch(self.name, settings.command, settings.env, settings.cwd, self.secrets)
        return lambda link: stdio.stdio_streams(launch, link.ended)

    def _be_late(self) -> None:
        self.reason = "it gives no answer"
        self._gate.stumbled(_now())
        if self._gate.is_shut:
            self._drop(self._link)

    def _lose(self, error: Exception, link: Any) -> None:
        """Of all the calls that end with a session, the first one counts."""
        if isinstance(error, ModuleNotFoundError):
            self.reason = MISSING
        elif isinstance(error, LinkLost):
            self.reason = str(error)
        else:  # its words may hold what nobody shall see
            self.reason = f"it answered what cannot be read ({type(error).__name__})"
        if link is not self._link:
            return
        if link is not None and link.was_open:
            self._gate.stumbled(_now())
        else:
            self._gate.lost(_now())
        self._drop(link)
        _log.warning("a server of tools is down", server=self.name, why=self.reason)

    def _drop(self, link: Any) -> None:
        """Its end is not waited for."""
        if link is None:
            return
        if link is self._link:
            self._link = None
        task = asyncio.create_task(link.close(), name=f"end of {self.name}")
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def close(self) -> None:
        """Whoever still has it is told so. No session is opened any more."""
        self._is_closed = True
        if self._listing is not None:
            self._listing.cancel()
        self._drop(self._link)
        if self._closing:
            await asyncio.wait(self._closing)


def load_sdk() -> None:
    """Now, and not while somebody waits: it takes a second. Where it is missing, the first session says so."""
    with suppress(ModuleNotFoundError):
        for name in _OF_SDK:
            import_module(name)


def _now() -> float:
    return now_ns() / _NS_A_S
