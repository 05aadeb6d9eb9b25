"""A tier of three targets, of which one fails and one is slow: no client sees an error, and what is down is left alone.

`python -m tests.system.tier` is the same for longer, with figures.
"""

import asyncio
from pathlib import Path

from tests.system.gateway import start_gateway, start_mock
from tests.system.tier import Failing, load_until_back, tier_config


def test_no_client_sees_that_one_fails_and_it_is_asked_again_when_it_is_back(tmp_path: Path):
    with (
        Failing("--ttft", "100", "--tokens", "5") as bad,
        start_mock("--ttft", "2000", "--tokens", "5") as slow,
        start_mock("--ttft", "100", "--tokens", "5") as well,
        start_gateway(tmp_path, tier_config(bad.url, slow.url, well.url, strategy="lowest-latency"), workers=2) as node,
    ):
        asked, back_s = asyncio.run(load_until_back(node.port, bad, 50, 18.0))
    assert {each.status for each in asked} == {200}
    assert any(each.attempts > 1 for each in asked), "it did fail"
    during = [each for each in asked if 2 < each.at_s < 12]
    assert sum(each.attempts > 1 for each in during) < len(during) / 20, "what is down is left alone"
    assert sum(each.target == "slow/mock" for each in during) < len(during) / 20, "and so is what is slow"
    assert any(each.target == "bad/mock" for each in asked), f"it was well again from {back_s} s on"
