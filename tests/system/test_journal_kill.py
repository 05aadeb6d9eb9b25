"""What was appended outlives `kill -9`, at whatever moment it comes."""

import random
import signal
import subprocess
import sys
import threading
from pathlib import Path

from gossamer.core.record import Record
from gossamer.journal.follower import Follower
from gossamer.journal.reader import Line, record_of

ROUNDS = 25
LONGEST_LIFE_S = 0.03
"""After the first record: long enough to fill segments, so some deaths come while one is changed for the next."""

APPEND_AND_TELL = """
import itertools, os, sys
from pathlib import Path
from gossamer.core.record import Record
from gossamer.journal.writer import JournalWriter

journal = JournalWriter(Path(sys.argv[1]), 0, 64 * 1024, 1 << 30, lambda trouble: print(trouble, file=sys.stderr))
for seq in itertools.count():
    id = f"req_{sys.argv[2]}_{seq}"
    error = "e" * (seq % 900)
    journal.append(Record(id, 1.5, 0, seq, "POST", "/v1/chat/completions", 200, "completed", [], 1, 1, error=error))
    os.write(1, id.encode() + b"\\n")
"""


def live_and_die(directory: Path, round_number: int, life_s: float) -> list[str]:
    """The ids that one process said it had appended before it was killed."""
    command = [sys.executable, "-c", APPEND_AND_TELL, str(directory), str(round_number)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        told = process.stdout.readline()
        killer = threading.Timer(life_s, process.kill)
        killer.start()
        told += process.stdout.read()
        killer.join()
    assert process.returncode == -signal.SIGKILL
    return told.decode().splitlines()


def records_of(follower: Follower) -> list[Record]:
    found = []
    for entry in follower.poll():
        assert isinstance(entry, Line), entry
        record = record_of(entry)
        assert isinstance(record, Record), record
        found.append(record)
    return found


def test_every_record_that_was_appended_before_the_kill_is_in_the_journal(tmp_path: Path) -> None:
    chance = random.Random()
    follower = Follower(tmp_path)
    seen: list[Record] = []
    for number in range(ROUNDS):
        told = live_and_die(tmp_path, number, chance.uniform(0, LONGEST_LIFE_S))
        written = records_of(follower)
        seen += written
        ids = [record.id for record in written]
        assert ids[: len(told)] == told
        assert len(ids) - len(told) <= 1  # one may be written whose id was not told any more
        assert [record.seq for record in written] == list(range(len(written)))
    follower.close()
    # A reader that begins afterwards, the leftovers of each life sealed by the next, sees the same.
    assert records_of(Follower(tmp_path)) == seen
