"""Every sink is away at once while requests go on: workers feel nothing of it, and afterwards all of them agree.

Shortened here: the whole is `python -m benchmarks.outage --minutes 10`. What that says of latency is for a machine that
has nothing else to do; held here is what holds on any.
"""

import re
from pathlib import Path

from benchmarks import outage
from tests.real.postgres import Postgres, postgres
from tests.system.full_site import full_site
from tests.system.gateway import eventually
from tests.system.process_figures import tell

__all__ = ["postgres"]

RATE = 100
OUTAGE_S = 12.0
MOST_GROWTH = 1.1
"""The budget of a worker's memory."""
AWAY = {"traces", "audit", "usage", "sessions"}


def test_workers_do_not_grow_and_all_agree_afterwards(tmp_path: Path, postgres: Postgres):
    with full_site(tmp_path, postgres, workers=1) as site:
        found = outage.measure(site, RATE, OUTAGE_S)
        tell(outage.table(found))
        log = site.gateway.log
        eventually(lambda: said_of_sinks(site.gateway.log, "is back") >= AWAY)
    before, meanwhile, afterwards = found.phases
    assert said_of_sinks(log, "is away; the journal keeps what it misses") >= AWAY
    assert max(meanwhile.most_bytes, afterwards.most_bytes) <= before.most_bytes * MOST_GROWTH
    assert set(found.counts.values()) == {found.answered}


def said_of_sinks(log: str, what: str) -> set[str]:
    return set(re.findall(rf"a sink {what} +sink=(\w+)", log))
