"""The keys that a store begins with: those that an older gateway kept in a file, and one for the first start."""

from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec

from gossamer.control.nouns import Actor, Key
from gossamer.control.store.errors import Missing, Taken
from gossamer.control.store.store import Store
from gossamer.control.tokens import new_id
from gossamer.core.clock import wall_time
from gossamer.core.logs import get_log
from gossamer.process.link import FirstKey

GATEWAY: Final = Actor(kind="gateway")

_log = get_log(__name__)


class OldKey(msgspec.Struct, frozen=True):
    """What the file knows of one key."""

    name: str
    sha256: str
    created: datetime

    @property
    def digest(self) -> bytes:
        """Raises ValueError where it is none."""
        digest = bytes.fromhex(self.sha256)
        if len(digest) != sha256().digest_size:
            raise ValueError(f"the sha256 of {self.name!r} is cut short")
        return digest


class OldKeys(msgspec.Struct, frozen=True):
    keys: tuple[OldKey, ...]


async def take_over_old_keys(store: Store, data_dir: Path) -> None:
    """From keys.json, which is then renamed: its tokens work as before. A file that cannot be read stays."""
    path = data_dir / "keys.json"
    try:
        old = [(key, key.digest) for key in msgspec.json.decode(path.read_bytes(), type=OldKeys).keys]
    except FileNotFoundError:
        return
    except (OSError, ValueError) as error:
        _log.warning("keys.json cannot be read, so its keys do not work: mend or remove it", reason=str(error))
        return
    for key, digest in old:
        try:
            await store.add_key(GATEWAY, _key(new_id(), key.name, key.created), digest)
        except Taken:
            _log.debug("a key of keys.json is in the store already", name=key.name)
    path.rename(path.with_name("keys.json.imported"))
    _log.info("keys taken over into the state store", file=str(path), count=len(old))


async def keep_first_key(store: Store, first: FirstKey) -> bool:
    """Whether it is kept. Not where the store has others; asked twice for the same one, it is."""
    key = _key(first.key_id, "first", datetime.fromtimestamp(wall_time(), UTC))
    if await store.add_first_key(GATEWAY, key, bytes.fromhex(first.digest)) is not None:
        return True
    try:
        await store.key(first.key_id)
    except Missing:
        return False
    return True


def _key(key_id: str, name: str, created_at: datetime) -> Key:
    return Key(
        id=key_id,
        user_id=None,
        name=name,
        scopes=("inference", "passthrough"),
        created_at=created_at,
        updated_at=created_at,
    )
