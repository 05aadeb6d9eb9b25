"""Journals that earlier revisions wrote are read: members that came later have their defaults."""

from pathlib import Path

from gossamer.core.record import Record
from gossamer.journal.follower import Follower
from gossamer.journal.reader import Line, record_of

BEFORE_PROJECTIONS = (
    b'{"journal":1,"worker":0,"pid":31949,"started":1795292724.0527284,"version":"0.1.0","stages":["queue"'
    b',"identify","authenticate","verify_agent","read_body","route","limit","dispatch","provider","forward"]}\n'
    b'{"id":"req_6d7bd185b143-1","at":1795292724.0903397,"worker":0,"seq":1,"method":"POST","path":"/v1/ch'
    b'at/completions","status":200,"outcome":"completed","stages_ns":[334248,240177,63164,4497,61381,13710'
    b',97676,33109,9954398,453275],"total_ns":11255635,"overhead_ns":1301237,"request_id":"req_6d7bd185b14'
    b'3-1","peer":"127.0.0.1:53650","key":"bench","model":"gpt-4o-mini","target":"up/gpt-4o-mini","first_b'
    b'yte_ns":11255635,"request_bytes":184,"response_bytes":324,"usage":{"input":9,"output":12}}\n'
)
"""To the byte, from before there was a recorder."""


def test_a_line_from_before_there_was_a_recorder_is_a_record(tmp_path: Path):
    (tmp_path / "w00-000660cf2915c2d5-00000000.ndjson").write_bytes(BEFORE_PROJECTIONS)
    (line,) = Follower(tmp_path).poll()
    assert isinstance(line, Line)
    record = record_of(line)
    assert isinstance(record, Record)
    assert (record.id, record.status, record.model) == ("req_6d7bd185b143-1", 200, "gpt-4o-mini")
    assert record.usage is not None
    assert (record.usage.input, record.usage.output) == (9, 12)
    assert (record.session, record.directive, record.cache, record.content, record.trace) == (None,) * 5
