"""Where projections lie, for who writes and who reads them."""

from pathlib import Path


def traces_path(data_dir: Path) -> Path:
    return data_dir / "traces.db"


def usage_path(data_dir: Path) -> Path:
    return data_dir / "usage.db"


def audit_path(data_dir: Path) -> Path:
    """A folder."""
    return data_dir / "audit"
