"""How each kind of provider wants to be spoken to: where its key stands, what every request says, which dialects."""

from collections.abc import Mapping
from typing import Final

import msgspec

from gossamer.config.upstreams import AnthropicProvider, AzureProvider, CompatibleProvider, OpenAIProvider, Upstream
from gossamer.core.endpoints import Dialect, Wire
from gossamer.core.ports import Wording
from gossamer.dialects.terms import Terms
from gossamer.dialects.vendors import AZURE, OPENAI, VENDORS, Vendor
from gossamer.policy.headers import Field
from gossamer.providers.wordings import wordings_of

NEWEST_OF_AZURE: Final = "v1"
"""The api-version that is none: paths and bodies as OpenAI's own."""

_OPENAI: Final[tuple[Wire, ...]] = ("chat", "responses")
_CHAT: Final[tuple[Wire, ...]] = ("chat",)
_MESSAGES: Final[tuple[Wire, ...]] = ("messages",)


class Voice(msgspec.Struct, frozen=True):
    """As OpenAI and those who imitate it are spoken to."""

    key_line: bytes = b"authorization: Bearer %b\r\n"
    default_lines: tuple[Field, ...] = ()
    """Said where the client does not say it."""
    wordings: Mapping[Dialect, Wording] = {}
    list_path: bytes = b"/models"
    """Where it lists its models; empty where it has no such list."""


def voice_of(settings: Upstream) -> Voice:
    wanted = settings.translation
    terms = Terms(is_lenient=wanted.unsupported == "drop", default_max_tokens=wanted.max_tokens)
    match settings:
        case OpenAIProvider():
            return Voice(wordings=wordings_of(_OPENAI, terms, OPENAI))
        case AnthropicProvider():
            return Voice(
                key_line=b"x-api-key: %b\r\n",
                default_lines=((b"anthropic-version", b"2023-06-01"),),
                wordings=wordings_of(_MESSAGES, terms),
                list_path=b"/models?limit=1000",
            )
        case AzureProvider():
            is_newest = settings.api_version == NEWEST_OF_AZURE
            return Voice(
                key_line=b"api-key: %b\r\n",
                wordings=wordings_of(_OPENAI if is_newest else _CHAT, _to(AZURE, terms), AZURE),
                list_path=b"/models" if is_newest else b"",
            )
        case CompatibleProvider():
            vendor = VENDORS[settings.vendor] if settings.vendor is not None else None
            return Voice(wordings=wordings_of(settings.speaks, _to(vendor or OPENAI, terms), vendor))
    raise TypeError(f"nobody knows how to speak to {settings!r}")


def _to(vendor: Vendor, terms: Terms) -> Terms:
    return msgspec.structs.replace(terms, vendor=vendor)
