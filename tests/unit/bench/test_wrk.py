"""What wrk's hook writes."""

import pytest

from gossamer.bench.errors import RigBroken
from gossamer.bench.wrk import Counts, parse


def test_counts_are_found_behind_the_summary():
    printed = "Running 1s test\n  2 threads\nRequests/sec: 55000.12\ncounts 55120 3 1\n"
    assert parse(printed) == Counts(55120, 3, 1)


def test_no_counts_is_no_measurement():
    with pytest.raises(RigBroken, match="unable to connect"):
        parse("unable to connect to 127.0.0.1:1")
