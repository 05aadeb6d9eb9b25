"""What a model is shown of a result: cut to size, and without what is secret. Pure.

The text of a tool is data. It is passed on, and nothing in it is looked at but its length and our own secrets.
"""

from collections.abc import Iterable
from typing import Final

from gossamer.agents.seam import Observation

HIDDEN: Final = "****"
_SECRET_LENGTH: Final = 6
"""Characters. Shorter ones would be found all over innocent text."""


def failed(text: str) -> Observation:
    return Observation(text, is_error=True)


def fit(observation: Observation, max_bytes: int, secrets: Iterable[str]) -> Observation:
    """The same, as it may be shown."""
    text = hide(observation.text, secrets)
    return Observation(cut(text, max_bytes), observation.is_error)


def hide(text: str, secrets: Iterable[str]) -> str:
    for secret in secrets:
        if len(secret) >= _SECRET_LENGTH:
            text = text.replace(secret, HIDDEN)
    return text


def cut(text: str, max_bytes: int) -> str:
    """The first bytes of a text, between two characters, and a word on how much is missing."""
    if len(text) * 4 <= max_bytes:  # no character is longer
        return text
    whole = text.encode("utf-8", "replace")
    if len(whole) <= max_bytes:
        return text
    kept = whole[:max_bytes].decode("utf-8", "ignore")
    return f"{kept}\n[cut: the result has {len(whole)} bytes, and these are the first {max_bytes}]"
