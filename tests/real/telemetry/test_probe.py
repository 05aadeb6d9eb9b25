"""`gossamer doctor` on the collector of spans."""

import pytest

from gossamer.cli.probe_telemetry import probe_telemetry
from gossamer.config.telemetry import TelemetrySettings
from tests.real.telemetry.playing import Playing


def test_one_that_takes_our_key_is_well(collector: Playing):
    found = probe_telemetry(TelemetrySettings(otlp=collector.url, headers={"x-key": "k"}))
    assert found.word == "ok"
    assert collector.taken[0].headers["x-key"] == "k"


@pytest.mark.parametrize(("status", "words"), [(401, "telemetry.headers"), (400, "what is this?"), (503, "status 503")])
def test_one_that_does_not_is_not(collector: Playing, status: int, words: str):
    collector.answers = [(status, {}, b'{"message":"what is this?"}')]
    found = probe_telemetry(TelemetrySettings(otlp=collector.url))
    assert found.word == "fail"
    assert words in found.text
