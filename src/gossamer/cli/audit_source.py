"""Where `gossamer audit monitor` and `show` read: the files or the topic that the configuration names."""

import argparse
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from gossamer.config.audit import AuditSettings
from gossamer.config.load import find_config, load_settings
from gossamer.config.problems import ConfigError, Place, Problem
from gossamer.config.settings import Settings
from gossamer.config.values import SQLITE_PREFIX
from gossamer.projections.audit.reading import FileReading
from gossamer.projections.audit.topic_reading import TopicReading
from gossamer.projections.paths import audit_path


class Source(Protocol):
    """Events as lines, as far as they have come."""

    def poll(self) -> Iterator[bytes]: ...

    def close(self) -> None: ...


def add_place_options(parser: argparse.ArgumentParser) -> None:
    place = parser.add_mutually_exclusive_group()
    place.add_argument("--data-dir", type=Path, metavar="D", help="look at the files in this data directory")
    place.add_argument("--config", type=Path, metavar="F", help="look where this configuration sends events")


def settings_of(args: argparse.Namespace) -> Settings:
    """Of the configuration, or as they would be for the files of a data directory. Raises ConfigError."""
    if args.data_dir is not None:
        return Settings(data_dir=str(args.data_dir))
    return load_settings(args.config or find_config(Path.cwd()), os.environ)


def files_of(settings: Settings) -> Path:
    return audit_path(Path(settings.data_dir))


def open_source(settings: Settings, *, from_end: bool) -> FileReading | TopicReading:
    """Raises ConfigError where no audit is kept, and TopicAway."""
    audit: AuditSettings = settings.audit_in_full
    if audit.to == "none":
        raise ConfigError([Problem(Place("audit"), "", "no audit is kept", "write `audit: file` or a kafka:// URL")])
    if audit.to == "file":
        return FileReading(files_of(settings), from_end=from_end)
    return TopicReading(audit.for_topic(), from_end=from_end)


def has_all_changes(settings: Settings) -> bool:
    """In files of one node of several are only those changes that this node was handed."""
    return settings.audit_in_full.to != "file" or settings.state.startswith(SQLITE_PREFIX)
