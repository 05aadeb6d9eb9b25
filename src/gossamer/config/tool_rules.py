"""What takes two fields of a tool to know: that it is a command or a URL, and has what goes with the one that it is."""

from collections.abc import Iterator, Mapping

from gossamer.config.problems import FieldPath
from gossamer.config.tools import McpSettings

Wrong = tuple[FieldPath, str, str]
"""Where, what is wrong, and what would do."""


def problems_of_tools(found: Mapping[FieldPath, object]) -> Iterator[Wrong]:
    """Of those that could be read."""
    for path, value in found.items():
        if len(path) == 2 and path[0] == "tools" and isinstance(value, McpSettings):
            for field, wrong, allowed in _problems_of(value):
                yield (*path, *field), wrong, allowed


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
