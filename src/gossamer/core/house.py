"""Whose something is: a user's, all keys of that user together; of a key without a user, the key's alone."""

from hashlib import blake2b
from typing import Final

_DIGEST_BYTES: Final = 16


def house_of(user_id: str | None, key_id: str) -> str:
    """One word for it. What is kept for one house does not exist for any other."""
    return f"user {user_id}" if user_id is not None else f"key {key_id}"


def session_digest(house: str, name: str) -> str:
    """A session's own id: the same name in another house is another session."""
    return blake2b(f"{house}\0{name}".encode(), digest_size=_DIGEST_BYTES).hexdigest()
