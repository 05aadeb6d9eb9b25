"""A disk that is really full: a tmpfs of one MiB, mounted in a namespace of the test's own."""

import subprocess
import sys
from pathlib import Path

import pytest

IN_A_NAMESPACE = ["unshare", "--user", "--map-root-user", "--mount"]
ONE_MIB = ["sh", "-c", 'mount -t tmpfs -o size=1m tmpfs "$1" && exec "$2" -c "$3" "$1"', "sh"]

FILL = """
import sys
from pathlib import Path
from gossamer.core.record import Record
from gossamer.journal.follower import Follower
from gossamer.journal.supply import RETRY_NS
from gossamer.journal.writer import JournalWriter

now_ns = 0
troubles = []
directory = Path(sys.argv[1], "journal")
ballast = Path(sys.argv[1], "ballast")
ballast.write_bytes(bytes(300 * 1024))
journal = JournalWriter(directory, 0, 128 * 1024, 1 << 30, troubles.append, clock=lambda: now_ns)

def append(seq):
    journal.append(Record(str(seq), 1.5, 0, seq, "POST", "/", 200, "completed", [], 1, 1, error="e" * 200))

def read():
    follower = Follower(directory)
    return [int(entry.data.split(b'"')[3]) for entry in follower.poll()]

for seq in range(5000):
    append(seq)
lost = journal.dropped_records
assert 0 < lost < 5000, lost
assert read() == list(range(5000 - lost))
assert len(troubles) == 1 and "No space left on device" in troubles[0], troubles

ballast.unlink()
now_ns += RETRY_NS
append(5000)
assert read()[-1] == 5000
assert journal.dropped_records == lost
assert len(troubles) == 2, troubles
journal.close()
assert read()[-1] == 5000
print("done")
"""


def test_a_full_disk_costs_records_but_neither_requests_nor_the_process(tmp_path: Path) -> None:
    allowed = subprocess.run(
        [*IN_A_NAMESPACE, *ONE_MIB, tmp_path, "true", ""], capture_output=True, text=True, check=False
    )
    if allowed.returncode != 0:
        pytest.skip(f"no tmpfs can be mounted here, so the disk cannot be filled: {allowed.stderr.strip()}")
    filled = subprocess.run(
        [*IN_A_NAMESPACE, *ONE_MIB, tmp_path, sys.executable, FILL], capture_output=True, text=True, check=False
    )
    assert filled.stdout == "done\n", filled.stderr
