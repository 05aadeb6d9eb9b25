"""The key that the first start makes, and the file that keeps its digest: `keys.json` in the data directory.

The token itself is never written anywhere; whoever loses it makes another.
"""

import base64
import errno
import hashlib
import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from gossamer.config.settings import KeySettings, Settings
from gossamer.supervisor.errors import StartFailed

ID_BYTES: Final = 10
"""16 characters: enough that two keys never share an id."""
SECRET_BYTES: Final = 20
"""32 characters and 160 bits, well over the 128 that nobody can guess."""
PRIVATE_FILE: Final = 0o600
PRIVATE_DIRECTORY: Final = 0o700


class StoredKey(msgspec.Struct, frozen=True):
    """What the file knows of one key."""

    name: str
    id: str
    sha256: str
    created: str


@dataclass(frozen=True, slots=True)
class FirstKey:
    """What the data directory grants, and the token of a key that was made just now."""

    stored: tuple[StoredKey, ...]
    token: str | None = None


class KeysFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    keys: tuple[StoredKey, ...]


def keys_path(data_dir: Path) -> Path:
    return data_dir / "keys.json"


def find_or_mint(data_dir: Path, *, has_others: bool, now: datetime) -> FirstKey:
    """The keys that are kept; a new one, not kept yet, where there is none here nor in the settings."""
    _prepare(data_dir)
    stored = read_keys(data_dir)
    if stored or has_others:
        return FirstKey(stored)
    token, key = mint_key("first", now)
    return FirstKey((key,), token)


def mint_key(name: str, now: datetime) -> tuple[str, StoredKey]:
    """A new token `gsm_<id>_<secret>`, which a double click selects whole, and what may be kept of it."""
    key_id = _lower_base32(secrets.token_bytes(ID_BYTES))
    token = f"gsm_{key_id}_{_lower_base32(secrets.token_bytes(SECRET_BYTES))}"
    created = now.isoformat(timespec="seconds")
    return token, StoredKey(name, key_id, hashlib.sha256(token.encode()).hexdigest(), created)


def with_keys(settings: Settings, stored: Sequence[StoredKey]) -> Settings:
    """The settings with the kept keys beside their own."""
    kept = tuple(KeySettings(name=key.name, digest=bytes.fromhex(key.sha256)) for key in stored)
    return msgspec.structs.replace(settings, keys=(*settings.keys, *kept))


def read_keys(data_dir: Path) -> tuple[StoredKey, ...]:
    """None kept where there is no file. Raises StartFailed where there is one that cannot be read."""
    path = keys_path(data_dir)
    try:
        keys = msgspec.json.decode(path.read_bytes(), type=KeysFile).keys
        for key in keys:
            if len(bytes.fromhex(key.sha256)) != hashlib.sha256().digest_size:
                raise ValueError(f"the sha256 of {key.id} is cut short")
    except FileNotFoundError:
        return ()
    except (OSError, ValueError) as error:
        raise StartFailed(
            f"{path} cannot be read: {error}. Restore it, or delete it: the next start then makes a new key."
        ) from error
    return keys


def keep_keys(data_dir: Path, keys: Sequence[StoredKey]) -> None:
    """Whole or not at all, for the owner's eyes only, and on the disk when it returns."""
    path = keys_path(data_dir)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    text = msgspec.json.format(msgspec.json.encode(KeysFile(tuple(keys))), indent=2) + b"\n"
    try:
        _write_synced(draft, text)
        draft.replace(path)
        _sync_directory(data_dir)
    except OSError as error:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise StartFailed(_no_room(data_dir, error)) from error


def _prepare(data_dir: Path) -> None:
    """Made before anything starts, so that nothing fails half way for want of it."""
    try:
        data_dir.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
    except OSError as error:
        raise StartFailed(_no_room(data_dir, error)) from error
    if not os.access(data_dir, os.W_OK | os.X_OK):
        raise StartFailed(_no_room(data_dir, PermissionError(errno.EACCES, os.strerror(errno.EACCES))))


def _write_synced(path: Path, data: bytes) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, PRIVATE_FILE)
    with os.fdopen(fd, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(fd)


def _sync_directory(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _no_room(data_dir: Path, error: OSError) -> str:
    return (
        f"The data directory {data_dir} cannot be written: {error.strerror}. "
        "Name one that can as data_dir in the config, or GOSSAMER_DATA_DIR in the environment."
    )


def _lower_base32(data: bytes) -> str:
    return base64.b32encode(data).decode().rstrip("=").lower()
