"""The providers of the settings: how each is reached, and what it speaks."""

from collections.abc import Mapping
from typing import Annotated, Literal

from msgspec import Meta, field

from gossamer.config.routes import AbilitySettings, ApiKeySettings
from gossamer.config.section import Duration, ModelName, Pause, Secret, Section
from gossamer.dialects.terms import DEFAULT_MAX_TOKENS
from gossamer.http.limits import CallTimeouts, PoolLimits

_CALL = CallTimeouts()
_POOL = PoolLimits()

VendorName = Literal["vllm", "ollama", "groq", "mistral", "deepseek", "together", "openrouter", "gemini"]
Spoken = Literal["chat", "responses", "messages"]
BaseUrl = Annotated[
    str, Meta(extra={"leaf": "url"}, description="Where the provider's paths begin, /v1 included; or unix:/a/path.")
]
ApiVersion = Annotated[str, Meta(extra={"leaf": "api_version"})]
Trust = Annotated[bool | str, Meta(extra={"leaf": "trust"})]
Jitter = Annotated[str, Meta(extra={"leaf": "jitter"})]
HeaderName = Annotated[str, Meta(extra={"leaf": "header_name"})]
HeaderValue = Annotated[str, Meta(extra={"leaf": "header_value"})]


# --- providers ---


class TimeoutSettings(Section, frozen=True, kw_only=True):
    """How long a provider may take."""

    connect_s: Annotated[Duration, Meta(description="To a connection, TLS included.")] = field(
        name="connect", default=_CALL.connect_s
    )
    first_byte_s: Annotated[Duration, Meta(description="From the request to the first byte of the answer.")] = field(
        name="first_byte", default=_CALL.first_byte_s
    )
    idle_s: Annotated[Duration, Meta(description="Between two pieces of one answer.")] = field(
        name="idle", default=_CALL.idle_s
    )
    total_s: Annotated[Duration, Meta(description="For the whole answer.")] = field(name="total", default=_CALL.total_s)

    def for_calls(self) -> CallTimeouts:
        """As the wire takes them."""
        return CallTimeouts(
            connect_s=self.connect_s, first_byte_s=self.first_byte_s, idle_s=self.idle_s, total_s=self.total_s
        )


class TranslationSettings(Section, frozen=True, kw_only=True):
    """What becomes of a request in a dialect that the provider does not speak."""

    unsupported: Annotated[
        Literal["refuse", "drop"],
        Meta(description="A member that has no word there: a 400 that names it, or X-Gossamer-Dropped names it."),
    ] = "refuse"
    max_tokens: Annotated[
        int, Meta(ge=1, description="For Anthropic, which requires a limit, where the client sets none.")
    ] = DEFAULT_MAX_TOKENS


class Upstream(Section, frozen=True, kw_only=True, tag_field="kind"):
    """What all providers have in common that are reached over HTTP."""

    base_url: BaseUrl
    api_keys: tuple[Secret | ApiKeySettings, ...] = ()
    models: Annotated[
        Mapping[ModelName, AbilitySettings],
        Meta(description="What its models can do, for routes to look at; what is left out can do everything."),
    ] = field(default_factory=dict)
    timeouts: TimeoutSettings = field(default_factory=TimeoutSettings)
    max_connections: Annotated[int, Meta(ge=1, description="Connections that one worker may hold open.")] = (
        _POOL.connections
    )
    headers: Annotated[Mapping[HeaderName, HeaderValue], Meta(description="Sent with every request.")] = field(
        default_factory=dict
    )
    verify_tls: Annotated[Trust, Meta(description="true, false, or the PEM file of the CA to trust.")] = True
    translation: TranslationSettings = field(default_factory=TranslationSettings)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self.base_url!r}, api_keys={len(self.api_keys)}, ...)"


class OpenAIProvider(Upstream, frozen=True, kw_only=True, tag="openai"):
    """OpenAI itself."""

    base_url: BaseUrl = "https://api.openai.com/v1"
    api_keys: Annotated[
        tuple[Secret | ApiKeySettings, ...],
        Meta(min_length=1, description="At least one; usually ${OPENAI_API_KEY}."),
    ]


class AnthropicProvider(Upstream, frozen=True, kw_only=True, tag="anthropic"):
    """Anthropic itself, or whoever speaks its messages."""

    base_url: BaseUrl = "https://api.anthropic.com/v1"
    api_keys: Annotated[
        tuple[Secret | ApiKeySettings, ...],
        Meta(min_length=1, description="At least one; usually ${ANTHROPIC_API_KEY}."),
    ]


class AzureProvider(Upstream, frozen=True, kw_only=True, tag="azure-openai"):
    """OpenAI's models at Azure; what a request names as its model is the deployment."""

    base_url: Annotated[BaseUrl, Meta(description="https://NAME.openai.azure.com, without a path.")]
    api_keys: Annotated[
        tuple[Secret | ApiKeySettings, ...], Meta(min_length=1, description="At least one; sent as `api-key`.")
    ]
    api_version: Annotated[
        ApiVersion, Meta(description="A date as Azure lists them; or v1, where the model stands in the body.")
    ] = "2024-10-21"


class CompatibleProvider(Upstream, frozen=True, kw_only=True, tag="openai-compatible"):
    """Whatever speaks OpenAI's API: vLLM, Ollama, Groq and many more."""

    base_url: Annotated[BaseUrl, Meta(description="Needed, but where the vendor has one.")] = ""
    vendor: Annotated[
        VendorName | None, Meta(description="Whose differences to respect; left out, bytes pass as they are.")
    ] = None
    speaks: Annotated[
        tuple[Spoken, ...], Meta(min_length=1, description="What it answers itself; the rest is translated.")
    ] = ("chat",)
    api_keys: Annotated[
        tuple[Secret | ApiKeySettings, ...], Meta(description="Leave it out for a server that asks for no key.")
    ] = ()


class MockSettings(Section, frozen=True, kw_only=True):
    """How the mock provider behaves."""

    ttft_s: Annotated[Pause, Meta(description="Time to the first token.")] = field(name="ttft", default=0.01)
    gap_s: Annotated[Pause, Meta(description="Time between two tokens.")] = field(name="gap", default=0.01)
    tokens: Annotated[int, Meta(ge=1, description="Tokens of an answer.")] = 60
    jitter: Annotated[Jitter, Meta(description="How far times stray: none, uniform:SHARE or lognormal:SIGMA.")] = "none"
    seed: Annotated[int, Meta(ge=0, description="The same seed gives the same times and tokens.")] = 0


class MockProvider(Section, frozen=True, kw_only=True, tag_field="kind", tag="mock"):
    """Answers without a network; nobody pays."""

    mock: MockSettings = field(default_factory=MockSettings)


Provider = OpenAIProvider | AnthropicProvider | AzureProvider | CompatibleProvider | MockProvider
