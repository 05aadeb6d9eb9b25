"""Where the sockets of the control process and of the recorder are, for those who listen there and those who call."""

from pathlib import Path


def feed_path(data_dir: Path) -> Path:
    """For workers alone: what keys and agents may, and what has changed."""
    return data_dir / "feed.sock"


def control_path(data_dir: Path) -> Path:
    """HTTP: what clients may reach through a worker."""
    return data_dir / "control.sock"


def recorder_path(data_dir: Path) -> Path:
    """HTTP: the metrics, for the control process alone."""
    return data_dir / "recorder.sock"


def responses_path(data_dir: Path) -> Path:
    """For workers alone: responses and conversations that the gateway keeps."""
    return data_dir / "responses.sock"
