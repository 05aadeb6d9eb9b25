"""What no field of a tool knows alone: that it is a command or a URL, and has what goes with the one that it is; that
a package brings the function; and that whoever may use it is somebody.
"""

import re
from collections.abc import Iterator, Mapping
from importlib.metadata import entry_points
from typing import Final

from gossamer.config.file_format import KeyEntry
from gossamer.config.problems import FieldPath, did_you_mean
from gossamer.config.tools import TOOL_GROUP, McpSettings, PythonSettings, ToolBounds

Wrong = tuple[FieldPath, str, str]
"""Where, what is wrong, and what would do."""
_STORED_ID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""Of a key, a user or an agent of the state store. Whether there is one, only the store knows."""


def problems_of_tools(found: Mapping[FieldPath, object]) -> Iterator[Wrong]:
    """Of those that could be read."""
    for path, value in found.items():
        if len(path) == 2 and path[0] == "tools" and isinstance(value, McpSettings):
            for field, wrong, allowed in _problems_of(value):
                yield (*path, *field), wrong, allowed
        elif len(path) == 2 and path[0] == "tools" and isinstance(value, PythonSettings):
            yield from _function_is_there(path, value.entry_point)
    yield from _callers_exist(found)


def _callers_exist(found: Mapping[FieldPath, object]) -> Iterator[Wrong]:
    """A name that is nobody's lets nobody in, and looks as if it did."""
    names = [value.name for value in found.values() if isinstance(value, KeyEntry)]
    for path, value in found.items():
        if len(path) == 2 and path[0] == "tools" and isinstance(value, ToolBounds):
            for place, caller in enumerate(value.callers or ()):
                if caller not in names and not _STORED_ID.fullmatch(caller):
                    listed = did_you_mean(caller, names, listed_as="keys")
                    yield (*path, "callers", place), f"there is no key {caller}", f"{listed}; or write an id"


def _function_is_there(path: FieldPath, name: str) -> Iterator[Wrong]:
    """Looked up and not loaded: that is for the process of the agents, which runs it."""
    known = {point.name for point in entry_points(group=TOOL_GROUP)}
    if name not in known:
        wrong = f"no package that is installed has {name} in the group {TOOL_GROUP}"
        yield (*path, "entry_point"), wrong, did_you_mean(name, known, listed_as="there is")


def _problems_of(server: McpSettings) -> Iterator[Wrong]:
    if not server.command and server.url is None:
        yield (), "has neither command nor url", "give one of the two"
    if server.command and server.url is not None:
        yield ("url",), "there is a command as well", "keep one of the two"
    if server.url is None and server.headers:
        yield ("headers",), "a command takes no headers", "give it what it needs by `env`"
    if not server.command and server.env:
        yield ("env",), "a URL takes no environment", "give it what it needs by `headers`"
    if not server.command and server.cwd is not None:
        yield ("cwd",), "a URL is started nowhere", "leave it out"
