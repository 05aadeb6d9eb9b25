"""How a provider's seal travels through a dialect that is not its own, and is known again on its way back.

A seal is opaque. Sent to the wrong provider it is refused, so a foreign one says whose it is.
"""

from typing import Final, cast

from gossamer.core.endpoints import Wire
from gossamer.dialects.conversation import Seal

MARK: Final = "gossamer"
_KINDS: Final = {"sealed": False, "redacted": True}
_ORIGINS: Final = ("chat", "responses", "messages")


def wrap(seal: Seal) -> str:
    """One word for a foreign seal: no JSON string of the wire forbids a colon."""
    kind = "redacted" if seal.is_redacted else "sealed"
    return f"{MARK}:{seal.origin}:{kind}:{seal.id}:{seal.data}"


def unwrap(text: str, native: Wire) -> Seal:
    """The seal that a text is: a wrapped one, or else one of the dialect in which it stands."""
    mark, *rest = text.split(":", 4)
    if mark == MARK and len(rest) == 4 and rest[0] in _ORIGINS and rest[1] in _KINDS:
        origin, kind, name, data = rest
        return Seal(cast("Wire", origin), data, _KINDS[kind], name)
    return Seal(native, text)
