"""What the start says to the person who started the gateway: where it is, and lines that can be pasted.

Text in, text out; printing is the command line's business.
"""

from dataclasses import dataclass
from typing import Final

from gossamer import __version__

ANYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - recognised, not bound
"""A host that means every address, and the one to call it by on the same machine."""

_KEPT_KEY: Final = (
    "  The first key was shown at the first start, and works as before.\n  For another one: gossamer key create --help"
)
_LATE_STORE: Final = (
    "  The state store does not answer yet; the log says why. Keys that it holds are answered 503 until it does.\n"
    "  If it turns out to have none, a first key is made and shown here."
)
_QUESTION: Final = '[{"role": "user", "content": "Hello"}]'


@dataclass(frozen=True, slots=True)
class Started:
    """What is known once all workers are ready."""

    host: str
    port: int
    has_tls: bool
    workers: int
    uds: str | None
    model: str
    """What to ask for in the lines to paste; best one that needs no provider's key."""
    new_token: str | None
    """A key that was made just now; nobody will ever see it again."""
    has_kept_key: bool
    """The store has keys from before."""
    awaits_store: bool = False
    """Nobody knows yet whether it has, since it does not answer."""

    @property
    def url(self) -> str:
        host = ANYWHERE.get(self.host, self.host)
        shown = f"[{host}]" if ":" in host else host
        return f"{'https' if self.has_tls else 'http'}://{shown}:{self.port}"


def render_banner(started: Started) -> str:
    blocks = [_where(started)]
    if started.new_token:
        blocks += [_first_key(started.new_token), *_lines_to_paste(started, started.new_token)]
    elif started.awaits_store:
        blocks.append(_LATE_STORE)
    elif started.has_kept_key:
        blocks.append(_KEPT_KEY)
    return "\n" + "\n\n".join(blocks) + "\n"


def render_late_key(started: Started) -> str:
    """What follows a banner that could not show the first key yet."""
    assert started.new_token is not None
    return "\n" + "\n\n".join([_first_key(started.new_token), *_lines_to_paste(started, started.new_token)]) + "\n"


def _where(started: Started) -> str:
    workers = "1 worker" if started.workers == 1 else f"{started.workers} workers"
    unix = f"\n  and on the Unix socket {started.uds}" if started.uds else ""
    return f"  Gossamer {__version__} is ready at {started.url} ({workers}){unix}"


def _first_key(token: str) -> str:
    return (
        "  Your first key. It is shown only this once:\n\n"
        f"    {token}\n\n"
        "  Only its SHA-256 is kept, in the state store. More keys: gossamer key create --help"
    )


def _lines_to_paste(started: Started, token: str) -> list[str]:
    url, model = started.url, started.model
    curl = (
        f"curl {url}/v1/chat/completions -H \"Authorization: Bearer {token}\" -H 'Content-Type: application/json' "
        f'-d \'{{"model": "{model}", "messages": {_QUESTION}}}\''
    )
    call = f"chat.completions.create(model='{model}', messages={_QUESTION.replace(chr(34), chr(39))})"
    python = (
        f"python -c \"from openai import OpenAI; client = OpenAI(base_url='{url}/v1', api_key='{token}'); "
        f'print(client.{call}.choices[0].message.content)"'
    )
    return [
        "  Try it with curl:",
        curl,
        "  or with the OpenAI SDK (pip install openai):",
        python,
        "  Any other OpenAI client works too: give it this base URL and this key.",
    ]
