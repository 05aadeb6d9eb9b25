"""Names of answers, calls and users, as each dialect wants them. The same name comes out for the same name, always."""

import re
from hashlib import sha256
from typing import Final
from zlib import crc32

_PREFIX: Final = re.compile(r"^(?:chatcmpl[-_]|msg[-_]|resp[-_]|gen[-_])")
_PLAIN: Final = re.compile(r"[a-zA-Z0-9_-]+")
_NOT_PLAIN: Final = re.compile(r"[^a-zA-Z0-9_-]")
_MOST_USER_CHARACTERS: Final = 64
"""OpenAI's limit on `user`; coding clients send longer ones."""


def answer_id(given: str, prefix: str) -> str:
    """The provider's own id with the prefix of the client's dialect, so that both can be found in each other's logs."""
    return prefix + (_PREFIX.sub("", given, count=1) or "gossamer")


def plain_call_id(given: str) -> str:
    """Anthropic takes only these characters. What is replaced is told apart by a checksum."""
    if _PLAIN.fullmatch(given):
        return given
    return f"{_NOT_PLAIN.sub('_', given)}_{crc32(given.encode()):08x}"


def user_id(given: str) -> str:
    """A long name is told by its digest: it need only be stable."""
    return given if len(given) <= _MOST_USER_CHARACTERS else sha256(given.encode()).hexdigest()
