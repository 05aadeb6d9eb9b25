"""What a translation is told besides the bytes: by the operator and the route before, by the request afterwards."""

from typing import Final

import msgspec

from gossamer.dialects.vendors import OPENAI, Vendor

DEFAULT_MAX_TOKENS: Final = 8192
"""For Anthropic, which requires a limit, where the client set none. Each model that it serves can say as much."""


class Terms(msgspec.Struct, frozen=True):
    """How a request shall be translated."""

    model: str = ""
    """The provider's name of the model; empty where the client's is to stand."""
    is_lenient: bool = False
    """What cannot be said is dropped with a warning, instead of refused."""
    default_max_tokens: int = DEFAULT_MAX_TOKENS
    vendor: Vendor = OPENAI
    """Who speaks chat completions at the other end."""


STRICT: Final = Terms()


class Echo(msgspec.Struct, frozen=True):
    """What an answer must repeat of its request, in the client's dialect."""

    includes_usage: bool = True
    """Chat: whether a stream shall tell its usage."""
    settings: bytes = b""
    """Responses: the members of a response that repeat the request's, as JSON without the brackets."""


NO_ECHO: Final = Echo()
