"""The settings in force: read once, frozen, handed to whoever needs them, also to another process as msgpack or JSON.

An attribute carries its unit in its name; the file's key does not, since there the value carries it (`10s`, `32MiB`).
The `leaf` of a type names the rule by which leaves.py reads it. Secrets never show in a `repr`.
"""

from collections.abc import Mapping
from typing import Annotated, Literal

from msgspec import Meta, field

from gossamer.config.agents import AgentName, AgentSettings
from gossamer.config.audit import AuditSettings, AuditTo
from gossamer.config.cache import CacheSettings
from gossamer.config.capture import CaptureSettings
from gossamer.config.idempotency import IdempotencySettings
from gossamer.config.responses import ResponsesSettings
from gossamer.config.routes import RouteSettings
from gossamer.config.section import Duration, ModelName, Pause, Section, Target
from gossamer.config.sessions import SessionSettings
from gossamer.config.telemetry import TelemetrySettings
from gossamer.config.tools import ToolName, ToolSettings
from gossamer.config.upstreams import Provider
from gossamer.config.usage import CountersDown, CountersUrl, PriceSettings, UsageSettings
from gossamer.core.logs import LogFormat
from gossamer.http.limits import ServerLimits

_SERVER = ServerLimits()

LogLevel = Literal["debug", "info", "warning", "error"]
Registration = Literal["closed", "invite", "open"]
WhenFull = Literal["drop-oldest", "refuse"]

Size = Annotated[int, Meta(ge=1, extra={"leaf": "size"})]
FilePath = Annotated[str, Meta(extra={"leaf": "path"})]
ProviderName = Annotated[str, Meta(extra={"leaf": "provider_name"})]
TracesUrl = Annotated[str, Meta(extra={"leaf": "traces"})]
StateUrl = Annotated[str, Meta(extra={"leaf": "state_url"})]
ListenAddress = Annotated[str, Meta(extra={"leaf": "listen"})]


# --- the front door ---


class TlsSettings(Section, frozen=True, kw_only=True):
    """The server's own certificate."""

    certificate: Annotated[FilePath, Meta(description="PEM file with the certificate and its chain.")]
    key: Annotated[FilePath, Meta(description="PEM file with the private key of the certificate.")]


class LimitSettings(Section, frozen=True, kw_only=True):
    """How much and how slow a client may be."""

    head_bytes: Annotated[Size, Meta(description="Request line and headers together; more is 431.")] = (
        _SERVER.head_bytes
    )
    header_count: Annotated[int, Meta(ge=1, description="Headers of one request; more is 431.")] = _SERVER.header_count
    body_bytes: Annotated[Size, Meta(description="A body that is read whole, as JSON is; more is 413.")] = (
        _SERVER.body_bytes
    )
    head_timeout_s: Annotated[Duration, Meta(description="From the first byte of a head to its last; then 408.")] = (
        field(name="head_timeout", default=_SERVER.head_timeout_s)
    )
    body_timeout_s: Annotated[Duration, Meta(description="Without a byte of a body that is owed; then 408.")] = field(
        name="body_timeout", default=_SERVER.body_timeout_s
    )
    idle_timeout_s: Annotated[Duration, Meta(description="Between two requests of one connection.")] = field(
        name="idle_timeout", default=_SERVER.idle_timeout_s
    )
    write_timeout_s: Annotated[Duration, Meta(description="A client that takes nothing of its answer.")] = field(
        name="write_timeout", default=_SERVER.write_timeout_s
    )
    drain_timeout_s: Annotated[Pause, Meta(description="What requests in flight get when the gateway stops.")] = field(
        name="drain_timeout", default=30.0
    )

    def for_server(self) -> ServerLimits:
        """As the wire takes them."""
        return ServerLimits(
            head_bytes=self.head_bytes,
            header_count=self.header_count,
            body_bytes=self.body_bytes,
            head_timeout_s=self.head_timeout_s,
            body_timeout_s=self.body_timeout_s,
            idle_timeout_s=self.idle_timeout_s,
            write_timeout_s=self.write_timeout_s,
        )


class ServerSettings(Section, frozen=True, kw_only=True):
    """Where and how the gateway listens."""

    host: Annotated[str, Meta(extra={"leaf": "host"}, description="Address; 0.0.0.0 or :: for all.")] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535, description="TCP port; 0 takes any free one.")] = 8080
    workers: Annotated[int, Meta(ge=1, description="Data-plane processes; one a core at most.")] = 1
    uds: Annotated[
        Annotated[str, Meta(extra={"leaf": "socket_path"})] | None,
        Meta(description="A Unix socket to listen on as well."),
    ] = None
    tls: Annotated[TlsSettings | None, Meta(description="Certificate and key of the server; without them, HTTP.")] = (
        None
    )
    limits: LimitSettings = field(default_factory=LimitSettings)


# --- administration ---


class ControlSettings(Section, frozen=True, kw_only=True):
    """Where the control paths are served: /admin, /v1/auth, /ui, /metrics, /docs."""

    listen: Annotated[
        ListenAddress | None,
        Meta(description="An address of their own, such as 127.0.0.1:8081, beside the public one."),
    ] = None
    expose: Annotated[bool, Meta(description="false takes them off the public address.")] = True


# --- what is written down ---


class JournalSettings(Section, frozen=True, kw_only=True):
    """The record of every finished request."""

    segment_size_bytes: Annotated[Size, Meta(description="A file of this size is closed and the next begun.")] = field(
        name="segment_size", default=16 * 1024 * 1024
    )
    max_size_bytes: Annotated[
        Size, Meta(description="All files together, an equal share a worker; beyond it the oldest go.")
    ] = field(name="max_size", default=1024 * 1024 * 1024)
    when_full: Annotated[
        WhenFull,
        Meta(
            description="Of files that not every projection has taken: drop-oldest, they go; refuse, they stay, and "
            "requests get 503 until there is room."
        ),
    ] = "drop-oldest"


class RetentionSettings(Section, frozen=True, kw_only=True):
    """How long what is drawn from the journal is kept. The journal itself is bound by its size."""

    traces_s: Annotated[Duration, Meta(description="Older traces are deleted, a few thousand at a time.")] = field(
        name="traces", default=30 * 86400.0
    )
    usage_minutes_s: Annotated[Duration, Meta(description="Use by the minute; by the day it is kept for good.")] = (
        field(name="usage_minutes", default=7 * 86400.0)
    )
    sessions_s: Annotated[Duration, Meta(description="Sessions in which nobody spoke for so long are deleted.")] = (
        field(name="sessions", default=90 * 86400.0)
    )
    sessions_most: Annotated[
        int, Meta(ge=1, description="So many sessions at most; beyond it those go in which nobody spoke for longest.")
    ] = 1_000_000
    audit_s: Annotated[Duration, Meta(description="Complete files of audit events, from their last line on.")] = field(
        name="audit", default=90 * 86400.0
    )
    audit_changes_s: Annotated[
        Duration | None,
        Meta(description="Changes in the state store, once their events are where `audit` says; left out, for good."),
    ] = field(name="audit_changes", default=None)


class LogSettings(Section, frozen=True, kw_only=True):
    """What the processes say on stderr."""

    level: Annotated[LogLevel, Meta(description="The least important line that is written.")] = "info"
    format: Annotated[LogFormat, Meta(description="auto: text on a terminal, JSON elsewhere.")] = "auto"


# --- who may call, and all together ---


class AuthSettings(Section, frozen=True, kw_only=True):
    """How keys are looked up and kept, who may have an account, and for how long a log-in is good."""

    cache_entries: Annotated[int, Meta(ge=1, description="Keys that one worker keeps; as many agents.")] = 10_000
    cache_ttl_s: Annotated[
        Duration, Meta(description="For how long a key is believed without asking; revoking it is heard at once.")
    ] = field(name="cache_ttl", default=600.0)
    ask_timeout_s: Annotated[
        Duration, Meta(description="What a request with an unknown key waits for an answer; then 503.")
    ] = field(name="ask_timeout", default=2.0)
    registration: Annotated[
        Registration,
        Meta(description="Who may register once there is a user: nobody, whoever has an invite, or everybody."),
    ] = "closed"
    login_ttl_s: Annotated[Duration, Meta(description="After this, whoever is logged in gives the password again.")] = (
        field(name="login_ttl", default=12 * 3600.0)
    )


class KeySettings(Section, frozen=True, kw_only=True):
    """A key that the configuration itself grants. The token is nowhere: only its SHA-256."""

    name: str
    digest: bytes
    models: frozenset[str] | None = None
    """Names of models the key may ask for; None: all."""


class Common(Section, frozen=True, kw_only=True):
    """What the file and the settings in force have in common."""

    server: ServerSettings = field(default_factory=ServerSettings)
    data_dir: Annotated[FilePath, Meta(description="Where the journal and the first key live.")] = ".gossamer"
    control: ControlSettings = field(default_factory=ControlSettings)
    journal: JournalSettings = field(default_factory=JournalSettings)
    traces: Annotated[
        TracesUrl,
        Meta(
            description="Where finished requests can be searched: sqlite, DATA_DIR/traces.db; clickhouse://; or none."
        ),
    ] = "sqlite"
    audit: Annotated[
        AuditTo | AuditSettings,
        Meta(description="Where an event of each request and each change goes: file, DATA_DIR/audit/; kafka://; none."),
    ] = "file"
    retention: RetentionSettings = field(default_factory=RetentionSettings)
    sessions: SessionSettings = field(default_factory=SessionSettings)
    capture: CaptureSettings = field(default_factory=CaptureSettings)
    telemetry: Annotated[TelemetrySettings | None, Meta(description="Spans for an OpenTelemetry collector.")] = None
    log: LogSettings = field(default_factory=LogSettings)
    auth: AuthSettings = field(default_factory=AuthSettings)
    providers: Annotated[Mapping[ProviderName, Provider], Meta(description="A provider `mock` is always there.")] = (
        field(default_factory=dict)
    )
    models: Annotated[
        Mapping[ModelName, Target | RouteSettings],
        Meta(description="Names for models: alias to provider/model, or to a route with several."),
    ] = field(default_factory=dict)
    counters: Annotated[
        CountersUrl,
        Meta(
            description="Where use is counted: memory, in each worker its share; or redis://, rediss://, redis+cluster://."
        ),
    ] = "memory"
    counters_down: Annotated[
        CountersDown,
        Meta(
            description="While Redis is away: local, each worker counts its share; refuse, what is limited is refused."
        ),
    ] = "local"
    limits: UsageSettings = field(default_factory=UsageSettings)
    cache: CacheSettings = field(default_factory=CacheSettings)
    responses: ResponsesSettings = field(default_factory=ResponsesSettings)
    idempotency: IdempotencySettings = field(default_factory=IdempotencySettings)
    agents: Annotated[
        Mapping[AgentName, AgentSettings], Meta(description="Models with tools, asked for by the agent's name.")
    ] = field(default_factory=dict)
    prices: Annotated[Mapping[Target, PriceSettings], Meta(description="What models cost, by provider/model.")] = field(
        default_factory=dict
    )
    tools: Annotated[
        Mapping[ToolName, ToolSettings], Meta(description="What agents may use, once their `tools` say so.")
    ] = field(default_factory=dict)
    default_provider: Annotated[
        ProviderName | None,
        Meta(description="Where requests go that name no model known here; left out, the only one but mocks."),
    ] = None


class Settings(Common, frozen=True, kw_only=True):
    """Everything, checked. What is absent from the file has its default here."""

    state: str = "sqlite:///.gossamer/state.db"
    """The URL of the store. A password may be in it."""
    keys: tuple[KeySettings, ...] = ()

    @property
    def audit_in_full(self) -> AuditSettings:
        """The same, whichever way it is written."""
        return AuditSettings(to=self.audit) if isinstance(self.audit, str) else self.audit

    def __repr__(self) -> str:
        """Without the URLs, which may hold passwords."""
        return f"Settings(data_dir={self.data_dir!r}, providers={self.providers!r}, ...)"
