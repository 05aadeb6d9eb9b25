"""The paths below /v1 that the gateway understands. All others go through as they are."""

import re
from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import unquote

Dialect = Literal["chat", "completions", "responses", "messages", "count", "embeddings", "other"]
"""`count` asks how many tokens a message of Anthropic's would read."""

Wire = Literal["chat", "responses", "messages"]
"""The three in which a conversation can be held, and between which it is translated."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`asks_usage`: usage comes in a stream only if it is asked for (`stream_options.include_usage`).

    `ends_with_mark`: a whole stream says that it is whole, by `[DONE]`, a last event or its `finish_reason`; one that
    does not has broken. `is_free`: nothing is generated, and no provider charges for it.

    `is_shared`: it may reach what lies in the provider's account, such as files or stored answers. There all callers of
    the gateway are one, so not every key may ask for it.

    `is_simple`: its body says all there is to the request. `is_kept`: it asks for what the gateway itself may keep.
    """

    dialect: Dialect
    needs_model: bool = False
    asks_usage: bool = False
    ends_with_mark: bool = False
    is_catalog: bool = False
    is_free: bool = False
    is_shared: bool = False
    is_simple: bool = False
    is_kept: bool = False


STATELESS = Endpoint("other")
SHARED = Endpoint("other", is_shared=True)
CATALOG = Endpoint("other", is_catalog=True)
KEPT = Endpoint("other", is_shared=True, is_kept=True)
"""Responses and conversations that were kept, at the provider or here."""

MODELS_PATH = "/v1/models"

ENDPOINTS: dict[str, Endpoint] = {
    "/v1/chat/completions": Endpoint("chat", needs_model=True, asks_usage=True, ends_with_mark=True, is_simple=True),
    "/v1/completions": Endpoint("completions", needs_model=True, asks_usage=True, ends_with_mark=True, is_simple=True),
    "/v1/responses": Endpoint("responses", needs_model=True, ends_with_mark=True),
    "/v1/messages": Endpoint("messages", needs_model=True, ends_with_mark=True, is_simple=True),
    "/v1/messages/count_tokens": Endpoint("count", needs_model=True, is_free=True, is_simple=True),
    "/v1/embeddings": Endpoint("embeddings", needs_model=True, is_simple=True),
}


STATELESS_PATHS = frozenset(
    f"/v1/{path}"
    for path in (
        "audio/speech",
        "audio/transcriptions",
        "audio/translations",
        "classify",
        "detokenize",
        "images/edits",
        "images/generations",
        "images/variations",
        "moderations",
        "pooling",
        "rerank",
        "score",
        "tokenize",
    )
)
"""Whoever asks gets an answer, and nothing is left behind that another could ask for."""


_NOT_POSTED = {path: replace(endpoint, is_shared=True) for path, endpoint in ENDPOINTS.items()}
"""A GET may list what was stored before."""


_KEPT = re.compile(
    r"/v1/(?:responses/(?:resp_[^/]+)(?:/(?:input_items|cancel))?|conversations(?:/[^/]+(?:/items(?:/[^/]+)?)?)?)"
)
"""A response by its id. Other words behind /v1/responses/ are questions to a provider, such as input_tokens."""


def endpoint_of(method: str, path: str) -> Endpoint:
    known = (ENDPOINTS if method == "POST" else _NOT_POSTED).get(path)
    if known is not None:
        return known
    if method in ("GET", "HEAD") and (path == MODELS_PATH or path.startswith(MODELS_PATH + "/")):
        return CATALOG
    if path in STATELESS_PATHS:
        return STATELESS
    return KEPT if _KEPT.fullmatch(path) else SHARED


def is_disguised(path: str) -> bool:
    """Whether a lenient server takes it for an endpoint that it is not here: what it uses would go uncounted."""
    return path not in ENDPOINTS and _read_leniently(path) in ENDPOINTS


def _read_leniently(path: str) -> str:
    """Decoded, however often, in small letters, without empty segments and what a semicolon adds to one."""
    while (decoded := unquote(path)) != path:
        path = decoded
    segments = [segment.partition(";")[0].strip() for segment in path.lower().replace("\\", "/").split("/")]
    return "/" + "/".join(filter(None, segments))
