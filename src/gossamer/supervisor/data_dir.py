"""The data directory, made before anything starts, so that nothing fails half way for want of it."""

import errno
import os
from pathlib import Path
from typing import Final

from gossamer.supervisor.errors import StartFailed

PRIVATE_DIRECTORY: Final = 0o700


def prepare(data_dir: Path) -> None:
    """Raises StartFailed where nothing can be written there."""
    try:
        data_dir.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
    except OSError as error:
        raise StartFailed(_no_room(data_dir, error)) from error
    if not os.access(data_dir, os.W_OK | os.X_OK):
        raise StartFailed(_no_room(data_dir, PermissionError(errno.EACCES, os.strerror(errno.EACCES))))


def _no_room(data_dir: Path, error: OSError) -> str:
    return (
        f"The data directory {data_dir} cannot be written: {error.strerror}. "
        "Name one that can as data_dir in the config, or GOSSAMER_DATA_DIR in the environment."
    )
