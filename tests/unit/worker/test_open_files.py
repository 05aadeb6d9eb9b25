"""The table of a worker's files is as large as it will have to be, before anybody could wait for it to grow."""

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from gossamer.worker.open_files import ROOM

LOOK = """
import re, resource, sys
from pathlib import Path
from gossamer.worker.open_files import make_room_for_files
_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv[1]), hard))
before = set(Path("/proc/self/fd").iterdir())
make_room_for_files()
assert set(Path("/proc/self/fd").iterdir()) == before, "a file stayed open"
print(re.search(r"FDSize:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux says how large the table is")
@pytest.mark.parametrize("allowed", [300, 1024, 20_000])
def test_there_is_room_for_as_many_as_are_allowed_and_may_come(allowed: int):
    if resource.getrlimit(resource.RLIMIT_NOFILE)[1] < allowed:
        pytest.skip("this machine allows fewer")
    done = subprocess.run([sys.executable, "-c", LOOK, str(allowed)], capture_output=True, check=True, text=True)
    assert int(done.stdout) >= min(allowed, ROOM)
