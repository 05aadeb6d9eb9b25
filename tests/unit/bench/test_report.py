"""The verdict as people and programs read it."""

import msgspec

from gossamer.bench.report import document, summary, table
from gossamer.bench.statistics import Interval
from gossamer.bench.verdict import Answer, Budget, Result

RESULTS = [
    Result(
        "request-cpu", Budget(2.0, "x nginx"), Answer.PASS, Interval(1.8, 1.7, 1.95, 0.965), ("35.0 us",), {"a": [1.0]}
    ),
    Result("start", Budget(2.0, "s"), Answer.FAIL, Interval(3.0, 2.9, 3.1, 0.9375)),
    Result("added-p99", Budget(2.0, "ms"), Answer.INCONCLUSIVE, notes=("NOT MEASURED: wrk is missing",)),
]


def test_the_table_is_aligned_and_says_why():
    assert table(RESULTS).splitlines() == [
        "measure      verdict       measured  interval              budget        could have seen",
        "-----------  ------------  --------  --------------------  ------------  ---------------",
        "request-cpu  pass          1.800 x   1.700 .. 1.950 (96%)  <= 2 x nginx  0.179",
        "start        FAIL          3.000 s   2.900 .. 3.100 (94%)  <= 2 s        0.143",
        "added-p99    INCONCLUSIVE  -         -                     <= 2 ms       -",
        "",
        "request-cpu: 35.0 us",
        "added-p99: NOT MEASURED: wrk is missing",
    ]


def test_what_has_no_limit_shows_none():
    (line,) = table([Result("comparison", Budget(0.0, ""), Answer.NOT_COMPARABLE)]).splitlines()[2:3]
    assert line.split() == ["comparison", "NOT", "COMPARABLE", "-", "-", "-", "-"]


def test_the_summary_counts():
    assert summary(RESULTS) == "1 pass, 1 fail, 1 inconclusive"


def test_the_document_keeps_every_round():
    read = msgspec.json.decode(document(RESULTS, {"rounds": 15}))
    assert (read["format"], read["exit_code"], read["plan"]) == (1, 1, {"rounds": 15})
    assert read["results"][0]["rounds"] == {"a": [1.0]}
    assert read["results"][0]["interval"]["low"] == 1.7
    assert read["results"][2]["interval"] is None
    assert set(read["machine"]) == {"cpu", "cores", "kernel", "python"}
