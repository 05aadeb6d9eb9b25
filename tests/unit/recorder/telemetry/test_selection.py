"""Which requests are told of."""

import pytest

from gossamer.config.telemetry import TelemetrySettings
from gossamer.core.record import Attempt
from gossamer.recorder.telemetry.selection import is_told
from tests.unit.recorder.conftest import record_of

NONE = TelemetrySettings(otlp="http://c", sample=0.0)
ALL = TelemetrySettings(otlp="http://c", sample=1.0)
NOTHING = TelemetrySettings(otlp="http://c", sample=0.0, keep_errors=False, keep_slower_than_s=None)
TRACE = f"{'4b' * 16}-{'0f' * 8}"
SLOW_NS = 30_000_000_001


def test_what_is_sampled():
    assert is_told(record_of(1), ALL)
    assert not is_told(record_of(1), NONE)


def test_the_callers_flag_goes_first():
    assert is_told(record_of(1, trace=f"{TRACE}-01"), NONE)
    assert not is_told(record_of(1, trace=f"{TRACE}-00"), ALL)


@pytest.mark.parametrize(
    "changes",
    [
        {"status": 500, "outcome": "refused"},
        {"status": 502, "outcome": "provider_failed"},
        {"status": 200, "outcome": "stream_broken"},
        {"attempts": (Attempt("a/b", 500, 1, "refused"), Attempt("c/d", 200, 1))},
        {"total_ns": SLOW_NS},
    ],
)
def test_what_failed_or_was_slow_beside_it(changes):
    assert is_told(record_of(1, **changes), NONE)
    assert is_told(record_of(1, trace=f"{TRACE}-00", **changes), NONE)
    assert not is_told(record_of(1, **changes), NOTHING)


@pytest.mark.parametrize("changes", [{"status": 429, "outcome": "refused"}, {"status": 499, "outcome": "client_gone"}])
def test_what_is_no_failure_of_ours_is_not(changes):
    assert not is_told(record_of(1, **changes), NONE)
