"""What lies at the paths where no words are asked: embeddings, models, files, counts, and the echo.

Every answer is one piece. Nothing is stored: an answer is a function of the request.
"""

from collections.abc import Callable

import msgspec

from gossamer.mock.asked import BadRequest
from gossamer.mock.incoming import Incoming
from gossamer.mock.plan import Plan
from gossamer.mock.render.embeddings import embeddings, read_embeddings
from gossamer.mock.render.errors import Error, not_found
from gossamer.mock.render.files import file_content, uploaded
from gossamer.mock.render.models import model_list, one_model
from gossamer.mock.script import BYTES_HEADERS, JSON_HEADERS

Found = tuple[bytes, bytes]
"""Headers and body."""

_MODELS = b"/v1/models"
_FILES, _CONTENT = b"/v1/files/", b"/content"
_BYTES_A_TOKEN = 4


class _Named(msgspec.Struct):
    model: str = ""


_named = msgspec.json.Decoder(_Named)


def find_plain(incoming: Incoming, plan: Plan, seed: int, *, is_echo: bool) -> Found | Error:
    """The answer, or the error of a path that is not served."""
    method, path = incoming.method, incoming.path
    if path == b"/v1/echo/headers":
        return BYTES_HEADERS, incoming.raw_head or _head_of(incoming)
    if is_echo or path == b"/v1/echo":
        return _content_type(incoming), incoming.body
    if method == b"POST" and path in _POSTED:
        return JSON_HEADERS, _POSTED[path](incoming, plan, seed)
    if method == b"GET" and path == _MODELS:
        return JSON_HEADERS, model_list(is_anthropic=incoming.is_anthropic)
    if method == b"GET" and path.startswith(_MODELS + b"/"):
        name = path.removeprefix(_MODELS + b"/").decode("utf-8", "replace")
        return JSON_HEADERS, one_model(name, is_anthropic=incoming.is_anthropic)
    if method == b"GET" and path.startswith(_FILES) and path.endswith(_CONTENT):
        return BYTES_HEADERS, file_content(path.removeprefix(_FILES).removesuffix(_CONTENT))
    return not_found(method.decode("latin-1"), path.decode("latin-1"))


def model_named(incoming: Incoming) -> str:
    """The model that a path or a JSON body names; empty where none is named."""
    if incoming.path.startswith(_MODELS + b"/"):
        return incoming.path.removeprefix(_MODELS + b"/").decode("utf-8", "replace")
    try:
        return _named.decode(incoming.body).model
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""  # a form, or nothing: the path will say what is wrong with it, if anything


def _embeddings(incoming: Incoming, _plan: Plan, seed: int) -> bytes:
    return embeddings(read_embeddings(incoming.body), seed)


def _count(incoming: Incoming, _plan: Plan, _seed: int) -> bytes:
    if not model_named(incoming):
        raise BadRequest("model: Field required", "model")
    return msgspec.json.encode({"input_tokens": len(incoming.body) // _BYTES_A_TOKEN})


def _upload(incoming: Incoming, plan: Plan, _seed: int) -> bytes:
    return uploaded(plan.id, len(incoming.body))


_POSTED: dict[bytes, Callable[[Incoming, Plan, int], bytes]] = {
    b"/v1/embeddings": _embeddings,
    b"/v1/messages/count_tokens": _count,
    b"/v1/files": _upload,
}


def _content_type(incoming: Incoming) -> bytes:
    return b"content-type: %b\r\n" % (incoming.get(b"content-type") or b"application/octet-stream")


def _head_of(incoming: Incoming) -> bytes:
    """A head for a request that never had one."""
    lines = b"".join(b"%b: %b\r\n" % field for field in incoming.headers)
    return b"%b %b HTTP/1.1\r\n%b\r\n" % (incoming.method, incoming.target, lines)
