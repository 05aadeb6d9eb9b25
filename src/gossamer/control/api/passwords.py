"""A password that somebody tries: first the gate, then the store, and what it had cost comes back if it was right."""

from pydantic import SecretStr

from gossamer.control.api.desk import Desk, too_many
from gossamer.control.nouns import User
from gossamer.control.store.errors import StoreUnavailable


async def check_password(desk: Desk, email: str, password: SecretStr, address: str) -> User | None:
    """Raises RateLimitExceeded before the password is looked at."""
    entered = desk.passwords.enter(address, email.lower(), desk.now())
    if entered.wait_s > 0:
        raise too_many("Too many wrong passwords", entered.wait_s)
    try:
        user = await desk.store.check_password(email, password.get_secret_value())
    except StoreUnavailable:
        entered.give_back()
        raise
    if user is not None:
        entered.give_back()
    return user
