"""One session with one server, from its opening to its end. When it has ended, another link is made.

The SDK wants a session to be opened and closed by one task: `_keep` is it. Calls come from any task, many at a time.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, TypeVar

from anyio import ClosedResourceError
from mcp import Client
from mcp.client.client import ConnectMode
from mcp.client.subscriptions import SubscriptionLost
from mcp.shared.exceptions import MCPError
from mcp_types import (
    CONNECTION_CLOSED,
    CallToolResult,
    Implementation,
    ListRootsResult,
    Root,
    ToolListChangedNotification,
)
from mcp_types import (
    Tool as ListedTool,
)
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from gossamer import __version__
from gossamer.agents.tools.mcp_outcomes import CallRefused, LinkLost
from gossamer.core.logs import get_log

MOST_TOOLS: Final = 256
"""Of one server: more would fill a model's prompt with nothing but tools."""
_CLOSE_S: Final = 5.0
"""For a server to end by itself, be asked, and be made to."""
_MODE: Final[ConnectMode] = "auto"

_log = get_log("gossamer.agents.tools")
T = TypeVar("T")


class Link:
    """`changed` hears that the server's list of tools is not what it was."""

    def __init__(self, server: str, streams: Callable[["Link"], Any], roots: Sequence[str], connect_s: float) -> None:
        self._server = server
        self._streams = streams
        self._roots = tuple(Path(each).absolute().as_uri() for each in roots)
        self._connect_s = connect_s
        self._reason = "its process or connection ended"
        self._client: Client | None = None
        self._opened = asyncio.Event()
        self._closing = asyncio.Event()
        self._calls: set[asyncio.Task[Any]] = set()
        self.changed: Callable[[], None] = lambda: None
        self._keeper = asyncio.create_task(self._keep(), name=f"tools of {server}")

    @property
    def was_open(self) -> bool:
        return self._opened.is_set()

    @property
    def is_over(self) -> bool:
        return self._keeper.done() or self._closing.is_set()

    def ended(self, reason: str) -> None:
        """Heard from the streams."""
        self._reason = reason
        self._closing.set()

    # --- what it is for ---

    async def call(self, tool: str, arguments: dict[str, Any]) -> CallToolResult:
        return await self._ask(lambda client: client.call_tool(tool, arguments))

    async def list(self) -> list[ListedTool]:
        return await self._ask(_list_all)

    async def _ask(self, ask: Callable[[Client], Awaitable[T]]) -> T:
        """The answer, or LinkLost. Whoever is cancelled here leaves at once: the SDK may take its time to notice."""
        task = asyncio.create_task(self._ask_when_open(ask))
        self._calls.add(task)
        task.add_done_callback(self._forget)
        try:
            await asyncio.wait({task, self._keeper}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if not task.done():
                task.cancel()
        if not task.done():
            raise LinkLost(self._reason)
        return task.result()

    async def _ask_when_open(self, ask: Callable[[Client], Awaitable[T]]) -> T:
        await self._opened.wait()
        assert self._client is not None
        try:
            return await ask(self._client)
        except (ClosedResourceError, RuntimeError) as error:
            if self.is_over:
                raise LinkLost(self._reason) from error
            raise
        except MCPError as error:
            if error.code == CONNECTION_CLOSED or self.is_over:
                raise LinkLost(self._reason) from error
            raise CallRefused(error.message) from error

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._calls.discard(task)
        if not task.cancelled():
            task.exception()  # looked at, even if whoever asked has left

    # --- its life ---

    async def close(self) -> None:
        """Ends it, the server's process too. Returns when that is done, or given up."""
        if self._opened.is_set():
            self._closing.set()
        else:
            self._keeper.cancel()
        await asyncio.wait({self._keeper}, timeout=_CLOSE_S)
        self._keeper.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.wait({self._keeper}, timeout=_CLOSE_S)

    async def _keep(self) -> None:
        try:
            async with asyncio.timeout(self._connect_s) as deadline, self._new_client() as client:
                deadline.reschedule(None)
                self._client = client
                self._opened.set()
                await self._until_closed(client)
        except TimeoutError:
            self._reason = f"it did not answer within {self._connect_s:g} s"
        except OSError as error:
            self._reason = f"it cannot be started: {error.strerror or 'no reason is given'}"
        except Exception as error:  # noqa: BLE001 - whatever the SDK raises, the session is over, and is opened anew
            self._say_why(error)

    def _say_why(self, error: BaseException) -> None:
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        if not self._closing.is_set():
            # The kind alone: the words of a foreign error may hold an address with a key in it.
            self._reason = f"it cannot be reached ({type(error).__name__})"
        _log.debug("a session with a server of tools broke", server=self._server, kind=type(error).__name__)

    async def _until_closed(self, client: Client) -> None:
        listener = None
        if client.protocol_version in MODERN_PROTOCOL_VERSIONS:
            listener = asyncio.create_task(self._listen(client))
        try:
            await self._closing.wait()
        finally:
            if listener is not None:
                listener.cancel()

    async def _listen(self, client: Client) -> None:
        """Newer servers say only what somebody listens for; and some do not offer it."""
        with suppress(SubscriptionLost, MCPError, TimeoutError, ClosedResourceError, RuntimeError):
            async with client.listen(tools_list_changed=True) as heard:
                async for _ in heard:
                    self.changed()

    def _new_client(self) -> Client:
        """Sampling and elicitation are refused: a server would speak to a model at nobody's cost, or to nobody."""
        return Client(
            self._streams(self),
            mode=_MODE,
            cache=None,
            client_info=Implementation(name="gossamer", version=__version__),
            list_roots_callback=self._tell_roots if self._roots else None,
            message_handler=self._hear,
        )

    async def _tell_roots(self, context: object) -> ListRootsResult:
        del context
        return ListRootsResult(roots=[Root.model_validate({"uri": each}) for each in self._roots])

    async def _hear(self, message: object) -> None:
        if isinstance(message, ToolListChangedNotification):
            self.changed()


async def _list_all(client: Client) -> list[ListedTool]:
    listed: list[ListedTool] = []
    cursor: str | None = None
    while len(listed) < MOST_TOOLS:
        page = await client.list_tools(cursor=cursor)
        listed += page.tools
        cursor = page.next_cursor
        if cursor is None or not page.tools:
            break
    return listed[:MOST_TOOLS]
