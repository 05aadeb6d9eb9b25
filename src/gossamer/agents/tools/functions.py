"""A function of Python as a tool: its schema from its type hints, its description from its docstring.

One that is not `async` runs in a thread of its own. A thread cannot be stopped: whoever gives up leaves it behind, and
it keeps its place until it ends, so there are never more of them than the settings say.
"""

import asyncio
import inspect
import threading
from collections.abc import Callable, Sequence
from importlib.metadata import entry_points
from typing import Any, Final, get_type_hints

import msgspec

from gossamer.agents.seam import Observation, Run
from gossamer.agents.tools.observations import failed
from gossamer.agents.tools.source import Tool
from gossamer.config.tools import TOOL_GROUP, PythonSettings
from gossamer.core.logs import get_log

_log = get_log("gossamer.agents.tools")
_NAMED: Final = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


class UnfitFunction(ValueError):
    """It cannot be a tool; says why."""


class FunctionTool:
    """One function, by its name in the configuration."""

    is_single = True
    secrets: tuple[str, ...] = ()

    def __init__(self, name: str, settings: PythonSettings, function: Callable[..., Any]) -> None:
        self.name = name
        self.max_bytes = settings.max_bytes
        self._timeout_s = settings.timeout_s
        self._places = asyncio.Semaphore(settings.concurrency)
        self._function = function
        self._arguments = _arguments_of(name, function)
        description = inspect.getdoc(function) or ""
        self._tool = Tool(name, description, _schema_of(self._arguments))

    async def tools(self) -> Sequence[Tool]:
        return (self._tool,)

    async def call(self, tool: Tool, arguments: dict[str, Any], for_run: Run) -> Observation:
        del tool, for_run
        try:
            given = msgspec.convert(arguments, self._arguments)
        except msgspec.ValidationError as error:
            return failed(f"The arguments do not fit the tool: {error}. Mend them, and call it again.")
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._places.acquire()
                return _as_observation(await self._run(msgspec.structs.asdict(given)))
        except TimeoutError:
            return failed(f"The tool gave no answer within {self._timeout_s:g} s, and was given up.")
        # Somebody else's code: the model is told. What wants to end the program ends the call alone.
        except (Exception, SystemExit) as error:  # noqa: BLE001
            _log.warning("a tool failed", tool=self.name, kind=type(error).__name__)
            return failed(f"The tool failed: {type(error).__name__}: {error}")

    async def _run(self, given: dict[str, Any]) -> Any:
        """The place that was taken is given back when the function is done, not when nobody waits any more."""
        if inspect.iscoroutinefunction(self._function):
            try:
                return await self._function(**given)
            finally:
                self._places.release()
        return await self._run_in_thread(given)

    async def _run_in_thread(self, given: dict[str, Any]) -> Any:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Any] = loop.create_future()

        def end(result: Any, error: BaseException | None) -> None:
            self._places.release()
            if done.done():
                return  # nobody waits
            if error is None:
                done.set_result(result)
            else:
                done.set_exception(error)

        def run() -> None:
            result, error = None, None
            try:
                result = self._function(**given)
            except BaseException as raised:  # noqa: BLE001 - handed on to whoever waits
                # What is no plain error would end the loop that it is raised in, or not be raised at all.
                is_plain = isinstance(raised, Exception) and not isinstance(raised, StopIteration)
                error = raised if is_plain else RuntimeError(f"{type(raised).__name__} {raised}")
            if not loop.is_closed():
                loop.call_soon_threadsafe(end, result, error)

        # Not the loop's own pool: the interpreter waits for that at its end, and a tool may hang.
        threading.Thread(target=run, name=f"tool {self.name}", daemon=True).start()
        return await done

    async def close(self) -> None:
        """Threads end with the process."""


def load_function(name: str) -> Callable[..., Any]:
    """What an entry point names. UnfitFunction says what is wrong."""
    points = tuple(entry_points(group=TOOL_GROUP, name=name))
    if not points:
        known = ", ".join(sorted(point.name for point in entry_points(group=TOOL_GROUP))) or "none"
        raise UnfitFunction(f"no package that is installed has {name!r} in the group {TOOL_GROUP}; there is: {known}")
    try:
        found = points[0].load()
    except Exception as error:
        raise UnfitFunction(f"{points[0].value} cannot be imported: {type(error).__name__}: {error}") from error
    if not callable(found):
        raise UnfitFunction(f"{points[0].value} is no function")
    return found  # type: ignore[no-any-return]  # callable, as was just seen


def _arguments_of(name: str, function: Callable[..., Any]) -> type[msgspec.Struct]:
    """A struct with a field for each parameter."""
    try:
        hints = get_type_hints(function, include_extras=True)
        parameters = inspect.signature(function).parameters.values()
    except (NameError, TypeError, ValueError) as error:
        raise UnfitFunction(f"its signature cannot be read: {error}") from error
    fields: list[Any] = []
    for each in parameters:
        if each.kind not in _NAMED:
            raise UnfitFunction(f"its parameter {each.name} has no name for a caller: write it out")
        kind = hints.get(each.name, Any)
        fields.append((each.name, kind) if each.default is inspect.Parameter.empty else (each.name, kind, each.default))
    try:
        return msgspec.defstruct(f"{name}_arguments", fields, forbid_unknown_fields=True, kw_only=True)
    except TypeError as error:
        raise UnfitFunction(f"its parameters cannot be told to a model: {error}") from error


def _schema_of(arguments: type[msgspec.Struct]) -> dict[str, Any]:
    try:
        (made,), parts = msgspec.json.schema_components([arguments], ref_template="#/$defs/{name}")
    except TypeError as error:
        raise UnfitFunction(f"its parameters cannot be told to a model: {error}") from error
    own = dict(parts.pop(made["$ref"].rpartition("/")[2]))
    own.pop("title", None)
    return {**own, "$defs": parts} if parts else own


def _as_observation(result: Any) -> Observation:
    if isinstance(result, Observation):
        return result
    if isinstance(result, str):
        return Observation(result)
    return Observation(msgspec.json.encode(result, enc_hook=str).decode())
