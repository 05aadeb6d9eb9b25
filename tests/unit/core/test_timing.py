"""The lines that tell what a request cost: the same whichever of the tables has its stages."""

import re

import pytest

from gossamer.core.timing import Timing

US = 1000
TIMING = Timing(("identify", "limit"))
NAMES = ["queue", "identify", "limit", "dispatch", "provider", "forward"]


def _render(durations_us: list[int], provider_us: int = 0) -> tuple[list[int], int, int, dict[str, float], str]:
    stamps = [7_000_000_000]
    for took_us in durations_us:
        stamps.append(stamps[-1] + took_us * US)
    stages_ns, total_ns, overhead_ns, lines = TIMING.renders[len(stamps)](
        stamps, provider_us * US, "req_1", "ses_1", "x-more: 1\r\n"
    )
    text = lines.decode()
    first, rest = text.split("\r\n", 1)
    name, _, entries = first.partition(": ")
    assert name == "server-timing"
    told = dict(entry.split(";dur=") for entry in entries.split(", "))
    assert all(re.fullmatch(r"[0-9]+\.[0-9]{3}", shown) for shown in told.values())
    return stages_ns, total_ns, overhead_ns, {stage: float(shown) for stage, shown in told.items()}, rest


@pytest.mark.parametrize("longest_us", [3, 399, 400, 401, 9_999, 10_000, 2_345_678])
def test_each_stage_has_its_entry_in_milliseconds(longest_us: int) -> None:
    durations = [1, 2, longest_us, 4, 700_000, 5]
    stages_ns, total_ns, overhead_ns, told, rest = _render(durations, 700_000)
    assert stages_ns == [took * US for took in durations]
    assert total_ns == sum(durations) * US
    assert overhead_ns == (sum(durations) - 700_000) * US
    assert told == {
        **{name: took / 1000 for name, took in zip(NAMES, durations, strict=True)},
        "total": sum(durations) / 1000,
    }
    overhead_us = sum(durations) - 700_000
    assert rest.split("\r\n") == [
        f"x-gossamer-overhead-ms: {overhead_us / 1000:.3f}",
        "x-request-id: req_1",
        "x-session-id: ses_1",
        "x-more: 1",
        "",
    ]


@pytest.mark.parametrize("number", range(1, 7))
def test_a_request_may_end_after_any_stage(number: int) -> None:
    *_, told, _ = _render([8] * number)
    assert [*told] == [*NAMES[:number], "total"]
