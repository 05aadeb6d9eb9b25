"""One gateway to a data directory, and for no longer than it serves."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gossamer.supervisor.errors import StartFailed
from gossamer.supervisor.hold import FILE, hold_data_dir

DIES_HOLDING = (
    "import os, sys; from pathlib import Path; from gossamer.supervisor.hold import hold_data_dir; "
    "hold = hold_data_dir(Path(sys.argv[1])); os._exit(0)"
)


def test_a_second_gateway_is_refused_and_told_which_process_has_the_directory(tmp_path: Path):
    hold = hold_data_dir(tmp_path)
    with pytest.raises(StartFailed, match=rf"(?s){tmp_path} \(process {os.getpid()}\).*Stop it, or give this one"):
        hold_data_dir(tmp_path)
    hold.close()


def test_who_lets_go_makes_room_for_the_next(tmp_path: Path):
    hold_data_dir(tmp_path).close()
    hold = hold_data_dir(tmp_path)
    hold.close()
    hold.close()
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600


def test_the_dead_hold_nothing(tmp_path: Path):
    subprocess.run([sys.executable, "-c", DIES_HOLDING, str(tmp_path)], check=True)
    assert (tmp_path / FILE).read_text().strip() != str(os.getpid())
    hold_data_dir(tmp_path).close()


def test_two_directories_are_two_gateways(tmp_path: Path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    holds = [hold_data_dir(tmp_path / name) for name in ("a", "b")]
    for hold in holds:
        hold.close()


def test_a_file_that_cannot_be_opened_is_named(tmp_path: Path):
    (tmp_path / FILE).mkdir()
    with pytest.raises(StartFailed, match="serving.lock cannot be opened"):
        hold_data_dir(tmp_path)
