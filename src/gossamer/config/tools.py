"""What agents may use, as the file says it. Part of settings.py, in a file of its own; see tool_rules.py too."""

from collections.abc import Mapping
from typing import Annotated, Final

from msgspec import Meta, field

from gossamer.config.section import Duration, Section

TOOL_GROUP: Final = "gossamer.tools"
"""The entry points that functions are found by."""

CallerId = Annotated[str, Meta(extra={"leaf": "key_name"})]
ToolName = Annotated[str, Meta(extra={"leaf": "tool_name"})]
EnvName = Annotated[str, Meta(extra={"leaf": "env_name"})]
EnvValue = Annotated[str, Meta(extra={"leaf": "env_value"})]
HeaderName = Annotated[str, Meta(extra={"leaf": "header_name"})]
HeaderValue = Annotated[str, Meta(extra={"leaf": "secret_header_value"})]
HttpUrl = Annotated[str, Meta(extra={"leaf": "http_url"})]
FilePath = Annotated[str, Meta(extra={"leaf": "path"})]
EntryPoint = Annotated[str, Meta(extra={"leaf": "provider_name"})]
ResultSize = Annotated[int, Meta(ge=1024, le=16 * 1024 * 1024, extra={"leaf": "size"})]


class ToolBounds(Section, frozen=True, kw_only=True, tag_field="kind"):
    """What all that is used has in common."""

    timeout_s: Annotated[Duration, Meta(description="For one call, waiting for a place included.")] = field(
        name="timeout", default=30.0
    )
    concurrency: Annotated[int, Meta(ge=1, le=1000, description="Calls at a time; more wait.")] = 8
    max_bytes: Annotated[ResultSize, Meta(description="Of one result; the rest is cut off, and the model is told.")] = (
        64 * 1024
    )
    callers: Annotated[
        tuple[CallerId, ...] | None,
        Meta(
            description="Who may use it: ids of keys, of their users or agents; of a key in this file, its name. "
            "Left out, whoever may ask an agent that has it."
        ),
    ] = None


class McpSettings(ToolBounds, frozen=True, kw_only=True, tag="mcp"):
    """A server of the Model Context Protocol: a command that speaks it over stdin and stdout, or a URL."""

    command: Annotated[
        tuple[str, ...], Meta(description="A program and its arguments, started when first needed.")
    ] = ()
    env: Annotated[
        Mapping[EnvName, EnvValue],
        Meta(description="Its environment, beside HOME, PATH and the like; it gets nothing else of the gateway's."),
    ] = field(default_factory=dict)
    cwd: Annotated[FilePath | None, Meta(description="The folder that it is started in.")] = None
    url: Annotated[HttpUrl | None, Meta(description="Of a server that speaks streamable HTTP, instead.")] = None
    headers: Annotated[Mapping[HeaderName, HeaderValue], Meta(description="Sent with every request to it.")] = field(
        default_factory=dict
    )
    connect_timeout_s: Annotated[
        Duration, Meta(description="To a session: the start of its process, or the connection, and the greeting.")
    ] = field(name="connect_timeout", default=10.0)
    allow: Annotated[
        tuple[str, ...], Meta(description="Those of its tools that any agent may use, by their names; left out, all.")
    ] = ()
    roots: Annotated[
        tuple[FilePath, ...], Meta(description="Folders that it is told of when it asks; left out, it may not ask.")
    ] = ()

    def __repr__(self) -> str:
        return f"McpSettings(command={self.command[:1]!r}, url={self.url is not None}, ...)"


class PythonSettings(ToolBounds, frozen=True, kw_only=True, tag="python"):
    """A function of Python, in a package that is installed beside the gateway."""

    entry_point: Annotated[EntryPoint, Meta(description="Its name in the group gossamer.tools.")]


ToolSettings = McpSettings | PythonSettings
