"""Where projections lie, for who writes and who reads them."""

from pathlib import Path


def traces_path(data_dir: Path) -> Path:
    return data_dir / "traces.db"


def clickhouse_path(data_dir: Path) -> Path:
    """How far ClickHouse has this node's journal."""
    return data_dir / "clickhouse.bin"


def usage_path(data_dir: Path) -> Path:
    return data_dir / "usage.db"


def audit_path(data_dir: Path) -> Path:
    """A folder."""
    return data_dir / "audit"


def sessions_path(data_dir: Path) -> Path:
    return data_dir / "sessions.db"
