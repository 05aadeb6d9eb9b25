"""The secret by which a node knows its entries in Redis, where the settings name none for all nodes."""

import os
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from typing import Final

KEY_FILE: Final = "cache.key"
_SECRET_BYTES: Final = 32


def secret_of_node(data_dir: Path) -> str:
    """Made by whichever process is first, and the same for all of them: a link to a whole file is there or not."""
    data_dir.mkdir(parents=True, exist_ok=True)
    path, own = data_dir / KEY_FILE, data_dir / f"{KEY_FILE}.{os.getpid()}"
    if not path.exists():
        own.touch(mode=0o600)
        own.write_text(token_hex(_SECRET_BYTES))
        with suppress(FileExistsError):
            path.hardlink_to(own)
        own.unlink()
    return path.read_text()
