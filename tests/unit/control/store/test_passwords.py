from typing import Literal

import pytest
from argon2 import PasswordHasher

from gossamer.control.store.passwords import Passwords

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class Counting(PasswordHasher):
    """Remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.verified: list[str | bytes] = []

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002 - as the base class has it
        self.verified.append(hash)
        return super().verify(hash, password)


@pytest.fixture
def passwords():
    passwords = Passwords(CHEAP)
    yield passwords
    passwords.close()


async def test_a_password_is_kept_as_argon2id_and_never_twice_the_same(passwords):
    kept = [await passwords.hash("pw") for _ in range(2)]
    assert all(text.startswith("$argon2id$") for text in kept)
    assert kept[0] != kept[1]
    assert await passwords.check(kept[0], "pw") == (True, None)
    assert await passwords.check(kept[0], "pv") == (False, None)


async def test_for_nobody_the_same_work_is_done():
    hasher = Counting()
    passwords = Passwords(hasher)
    kept = await passwords.hash("pw")
    assert (await passwords.check(kept, "wrong")).is_right is False
    assert (await passwords.check(None, "wrong")).is_right is False
    of_somebody, of_nobody = hasher.verified
    assert of_somebody == kept
    # With the same parameters, so for as long.
    assert str(of_nobody).split("$")[:4] == kept.split("$")[:4]
    passwords.close()


async def test_what_was_kept_with_other_parameters_is_made_anew_when_it_is_right(passwords):
    old = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1).hash("pw")
    is_right, fresh = await passwords.check(old, "pw")
    assert is_right
    assert fresh is not None
    assert await passwords.check(fresh, "pw") == (True, None)
    assert await passwords.check(old, "wrong") == (False, None)


async def test_what_is_no_hash_is_nobodys_password(passwords):
    assert await passwords.check("something else", "pw") == (False, None)
