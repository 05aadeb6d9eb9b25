"""Whose something is: a user's, all keys of that user together; of a key without a user, the key's alone."""


def house_of(user_id: str | None, key_id: str) -> str:
    """One word for it. What is kept for one house does not exist for any other."""
    return f"user {user_id}" if user_id is not None else f"key {key_id}"
