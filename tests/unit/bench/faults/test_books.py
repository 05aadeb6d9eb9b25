"""The journal as the yardstick reads it: by its page, with what is not written yet left alone."""

from pathlib import Path

from gossamer.bench.faults.books import Record, Usage, read_journal
from gossamer.bench.faults.cases import FULL, SHORT, cases_of, faults_of

LINES = (
    b'{"journal":1,"worker":0}\n'
    b'{"id":"1","request_id":"a","status":200,"outcome":"completed","target":"x/y","usage":{"input":3},"cost_nanos":7}\n'
    b'{"id":"2","request_id":"b","status":503,"outcome":"provider_failed"}\n'
    b'{"id":"3","request_id":"a","status":200,"outcome":"completed"}\n'
)


def test_records_are_found_by_the_id_that_the_client_sent(tmp_path: Path):
    (tmp_path / "w00-1-0.ndjson").write_bytes(LINES + b"\0" * 100)
    (tmp_path / "notes.txt").write_bytes(LINES)
    found = read_journal(tmp_path)
    assert {name: len(records) for name, records in found.items()} == {"a": 2, "b": 1}
    assert found["a"][0] == Record("a", 200, "completed", "x/y", usage=Usage(3), cost_nanos=7)
    assert found["b"][0].cost_nanos is None


def test_there_are_sixteen_faults_each_in_both_shapes_and_once_alone():
    for scale in (FULL, SHORT):
        faults = faults_of(scale)
        numbers = {fault.number.rstrip("b") for fault in faults} | {"15"}
        assert numbers == {str(number) for number in range(1, 17)}
        assert len({fault.slug for fault in faults}) == len(faults)
        cases = list(cases_of(faults, (1, 2)))
        assert len({case.name for case in cases}) == len(cases) == 4 * len(faults)


def test_the_long_ones_keep_their_order_when_they_are_shortened():
    for scale in (FULL, SHORT):
        assert scale.slow_s < scale.first_byte_s
        assert scale.stall_s < scale.idle_s
