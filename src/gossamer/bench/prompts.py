"""The requests of `bench run`: whole, as they stand on the wire, before the clock starts.

The prompt carries the number of the request and what the provider shall take for it (see docs/reference/mock.md): a
gateway may strip headers and write the body anew, but it hands on the prompt. So all ways meet the same provider.
"""

from dataclasses import dataclass

from gossamer.bench.cells import Cell, Dialect

PATHS = {Dialect.CHAT: "chat/completions", Dialect.RESPONSES: "responses", Dialect.MESSAGES: "messages"}
ANTHROPIC_VERSION = "2023-06-01"
_FILLER = "The quick brown fox jumps over the lazy dog. "


@dataclass(frozen=True, slots=True)
class Target:
    """Whom a way asks, and how: `authority` is for the Host header, `prefix` ends in /v1."""

    authority: str
    prefix: str
    token: str
    model: str
    extra_headers: tuple[tuple[str, str], ...] = ()


def body_of(cell: Cell, model: str, number: int) -> bytes:
    """As near to the cell's size as the least request allows."""
    bare = _worded(cell, model, f"[mock {number} {cell.service_words}] ")
    missing = cell.body_bytes - len(bare)
    filler = (_FILLER * (missing // len(_FILLER) + 1))[: max(0, missing)]
    return _worded(cell, model, f"[mock {number} {cell.service_words}] {filler}").encode("ascii")


def _worded(cell: Cell, model: str, prompt: str) -> str:
    stream = ',"stream":true' if cell.is_stream else ""
    if cell.dialect is Dialect.RESPONSES:
        return f'{{"model":"{model}"{stream},"input":"{prompt}"}}'
    messages = f'"messages":[{{"role":"user","content":"{prompt}"}}]'
    if cell.dialect is Dialect.MESSAGES:
        return f'{{"model":"{model}"{stream},"max_tokens":1024,{messages}}}'
    usage = ',"stream_options":{"include_usage":true}' if cell.is_stream else ""
    return f'{{"model":"{model}"{stream}{usage},{messages}}}'


def request_of(cell: Cell, target: Target, number: int) -> bytes:
    """Head and body. The head is the same for all requests of a cell, as clients' heads are."""
    body = body_of(cell, target.model, number)
    return head_of(cell, target) + b"content-length: %d\r\n\r\n%b" % (len(body), body)


def head_of(cell: Cell, target: Target) -> bytes:
    """Without its length and its end."""
    headers = {"host": target.authority, "content-type": "application/json", **_credentials(cell.dialect, target.token)}
    lines = [f"{name}: {value}\r\n" for name, value in (*headers.items(), *target.extra_headers)]
    return f"POST {target.prefix}/{PATHS[cell.dialect]} HTTP/1.1\r\n{''.join(lines)}".encode("latin-1")


def _credentials(dialect: Dialect, token: str) -> dict[str, str]:
    if dialect is Dialect.MESSAGES:
        return {"x-api-key": token, "anthropic-version": ANTHROPIC_VERSION}
    return {"authorization": f"Bearer {token}"}
