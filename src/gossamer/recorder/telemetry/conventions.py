"""Names by OpenTelemetry's semantic conventions: of attributes, of operations, of providers. A test holds them against
the package that lists them. What is ours begins with `gossamer.`.
"""

from collections.abc import Mapping
from typing import Final

from gossamer.config.upstreams import (
    AnthropicProvider,
    AzureProvider,
    CompatibleProvider,
    OpenAIProvider,
    Provider,
    VendorName,
)
from gossamer.core.endpoints import Dialect

SCHEMA_URL: Final = "https://opentelemetry.io/schemas/1.42.0"
"""The version of the conventions that these names are of."""

# --- of HTTP and errors ---

HTTP_METHOD: Final = "http.request.method"
HTTP_ROUTE: Final = "http.route"
HTTP_STATUS: Final = "http.response.status_code"
HTTP_REQUEST_BYTES: Final = "http.request.body.size"
HTTP_RESPONSE_BYTES: Final = "http.response.body.size"
URL_PATH: Final = "url.path"
CLIENT_ADDRESS: Final = "client.address"
ERROR_TYPE: Final = "error.type"
USER_ID: Final = "user.id"
OTHER: Final = "_OTHER"
"""The conventions' word for what is none of a known few."""

# --- of generative AI ---

OPERATION: Final = "gen_ai.operation.name"
PROVIDER: Final = "gen_ai.provider.name"
REQUEST_MODEL: Final = "gen_ai.request.model"
REQUEST_STREAM: Final = "gen_ai.request.stream"
FIRST_CHUNK: Final = "gen_ai.response.time_to_first_chunk"
INPUT_TOKENS: Final = "gen_ai.usage.input_tokens"
OUTPUT_TOKENS: Final = "gen_ai.usage.output_tokens"
CACHE_READ_TOKENS: Final = "gen_ai.usage.cache_read.input_tokens"
CACHE_WRITE_TOKENS: Final = "gen_ai.usage.cache_creation.input_tokens"
REASONING_TOKENS: Final = "gen_ai.usage.reasoning.output_tokens"
AGENT_ID: Final = "gen_ai.agent.id"

# --- of the resource ---

SERVICE_NAME: Final = "service.name"
SERVICE_VERSION: Final = "service.version"
SERVICE_INSTANCE: Final = "service.instance.id"
HOST_NAME: Final = "host.name"

# --- ours ---

REQUEST_ID: Final = "gossamer.request.id"
OUTCOME: Final = "gossamer.outcome"
ERROR: Final = "gossamer.error"
OVERHEAD: Final = "gossamer.overhead"
"""Seconds, as durations are in the conventions."""
KEY_ID: Final = "gossamer.key.id"
WORKER: Final = "gossamer.worker"
COST: Final = "gossamer.cost"
"""US dollars."""
ATTEMPT: Final = "gossamer.attempt"
TARGET: Final = "gossamer.target"

METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"})

OPERATIONS: Final[Mapping[Dialect, str]] = {
    "chat": "chat",
    "responses": "chat",
    "messages": "chat",
    "completions": "text_completion",
    "embeddings": "embeddings",
}
"""Of what generates, or embeds; other calls are plain HTTP."""

_OF_VENDOR: Final[Mapping[VendorName, str]] = {
    "groq": "groq",
    "mistral": "mistral_ai",
    "deepseek": "deepseek",
    "gemini": "gcp.gemini",
}
"""Those that the conventions list; others go by the vendor's name."""


def provider_names(providers: Mapping[str, Provider]) -> dict[str, str]:
    """What each configured provider is to the conventions."""
    return {name: _name_of(name, provider) for name, provider in providers.items()}


def _name_of(name: str, provider: Provider) -> str:
    match provider:
        case OpenAIProvider():
            return "openai"
        case AnthropicProvider():
            return "anthropic"
        case AzureProvider():
            return "azure.ai.openai"
        case CompatibleProvider(vendor=vendor) if vendor is not None:
            return _OF_VENDOR.get(vendor, vendor)
    return name
