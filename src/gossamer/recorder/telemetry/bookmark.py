"""How far a collector has been told, in a file beside the other projections. Whoever loses it tells again: ids of spans
follow from those of requests, so what comes twice is known to be the same.
"""

from pathlib import Path

import msgspec

from gossamer.core.logs import get_log
from gossamer.recorder.sink import SinkAway

_log = get_log(__name__)


class Bookmark(msgspec.Struct):
    since: float
    """Unix time of when telemetry began here: what was before it is nobody's to tell."""
    positions: dict[str, int]


def telemetry_path(data_dir: Path) -> Path:
    return data_dir / "telemetry.json"


def read_bookmark(path: Path, now: float) -> Bookmark:
    """Raises SinkAway."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Bookmark)
    except FileNotFoundError:
        return Bookmark(now, {})
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        _log.error("how far the collector was told cannot be read: it is told from now on", reason=f"{path}: {error}")
        return Bookmark(now, {})
    except OSError as error:
        raise SinkAway(f"{path}: {error.strerror}") from error


def write_bookmark(path: Path, bookmark: Bookmark) -> None:
    """Without room for it the telling goes on; after a start some of it comes twice."""
    beside = path.with_suffix(".new")
    try:
        beside.write_bytes(msgspec.json.encode(bookmark))
        beside.replace(path)
    except OSError as error:
        _log.warning("how far the collector was told could not be noted", reason=f"{path}: {error.strerror}")
