"""The limit of open files, in a process of its own, since it cannot be taken back."""

import subprocess
import sys

import pytest

PROGRAM = """
import resource
from gossamer.supervisor.open_files import raise_open_files_limit
resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}))
print(raise_open_files_limit(), *resource.getrlimit(resource.RLIMIT_NOFILE))
"""


@pytest.mark.parametrize(("soft", "hard"), [(256, 512), (512, 512)])
def test_the_soft_limit_goes_up_to_the_hard_one(soft: int, hard: int):
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(soft=soft, hard=hard)], capture_output=True, text=True, check=True
    )
    assert ran.stdout.split() == ["512", "512", "512"]
