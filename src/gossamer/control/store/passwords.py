"""Passwords as argon2id, in threads of their own: 50 ms and 64 MiB each, which the loop must not feel.

Checking takes as long for a user who does not exist, so nobody learns who does.
"""

import asyncio
import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import Final, NamedTuple

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from gossamer.control.store.errors import Unfit

THREADS: Final = 2
"""At once: a flood of log-ins takes 128 MiB and waits for itself."""


class Checked(NamedTuple):
    """`fresh`: what to keep instead, where the parameters have changed since."""

    is_right: bool
    fresh: str | None = None


class Passwords:
    """Close it."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="password")
        self._nobodys: str | None = None

    async def hash(self, password: str) -> str:
        """Raises Unfit for what has no bytes."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, self._hasher.hash, password)
        except UnicodeEncodeError as error:
            raise Unfit("a password must be Unicode: half a surrogate pair cannot be kept") from error

    async def check(self, kept: str | None, password: str) -> Checked:
        """None: there is nobody, or nobody with a password; found out as slowly."""
        if self._nobodys is None:
            # Made before anybody is told apart: the first check is slow for all.
            self._nobodys = await self.hash(secrets.token_hex())
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._check, kept, password)

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _check(self, kept: str | None, password: str) -> Checked:
        assert self._nobodys is not None
        try:
            self._hasher.verify(kept or self._nobodys, password)
        except (VerificationError, InvalidHashError, UnicodeEncodeError):
            return Checked(is_right=False)
        if kept is None:
            return Checked(is_right=False)
        is_old = self._hasher.check_needs_rehash(kept)
        return Checked(is_right=True, fresh=self._hasher.hash(password) if is_old else None)
