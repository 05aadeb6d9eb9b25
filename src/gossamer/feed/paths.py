"""Where the sockets are over which the processes of one gateway speak, for those who listen and those who call."""

from pathlib import Path


def feed_path(data_dir: Path) -> Path:
    """For workers alone: what keys and agents may, and what has changed."""
    return data_dir / "feed.sock"


def control_path(data_dir: Path) -> Path:
    """HTTP: what clients may reach through a worker."""
    return data_dir / "control.sock"


def agents_path(data_dir: Path) -> Path:
    """HTTP: for workers alone, which ask an agent as they ask any provider."""
    return data_dir / "agents.sock"


def inner_path(data_dir: Path) -> Path:
    """HTTP: the front door, for the agents' own calls."""
    return data_dir / "inner.sock"


def recorder_path(data_dir: Path) -> Path:
    """HTTP: the metrics, for the control process alone."""
    return data_dir / "recorder.sock"


def responses_path(data_dir: Path) -> Path:
    """For workers alone: responses and conversations that the gateway keeps."""
    return data_dir / "responses.sock"
