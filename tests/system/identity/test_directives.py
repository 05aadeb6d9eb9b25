"""A bad directive, rolled back under load: within a second all workers of both nodes give the old one again.

The journals say which version each request was given, so the border between the two is exact.
"""

import asyncio
import time
from collections.abc import Iterator
from functools import partial

import msgspec
import pytest

from gossamer.core.record import Record
from gossamer.projections.file import reading
from tests.real.postgres import Postgres
from tests.system.gateway import Gateway, eventually, start_gateway
from tests.system.identity.administration import Person, register
from tests.system.identity.test_revocation import AFTERWARDS_S, MANY, MOST_S, WORKERS, Nodes
from tests.system.identity.traffic import Traffic
from tests.system.node import CONFIG, Node
from tests.system.process_figures import tell


@pytest.fixture(scope="module")
def nodes(postgres: Postgres, database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    config = {**CONFIG, "state": postgres.url_of(database)}
    home = tmp_path_factory.mktemp("directives")
    with start_gateway(home / "a", config, WORKERS) as a, start_gateway(home / "b", config, WORKERS) as b:
        node_a, node_b = Node(a), Node(b)
        yield Nodes(node_a, node_b, register(node_a))


async def test_a_roll_back_under_load_is_with_all_workers_within_a_second(nodes: Nodes):
    admin = nodes.admin
    directive = admin.do("POST", "directives", {"name": "voice", "text": "The good one."})["id"]
    key, agent = admin.add_key(limits=MANY), admin.add_agent(limits=MANY)
    admin.do("PATCH", f"agents/{agent}", {"directive_id": directive})
    gateways = (nodes.a.gateway, nodes.b.gateway)
    async with Traffic([each.port for each in gateways], key.token, agent=agent) as traffic:
        await asyncio.to_thread(eventually, lambda: len(traffic.workers(status=200)) == 2 * WORKERS)
        await change(admin, directive, "versions", {"text": "The bad one."})
        bad_at = time.time()
        await asyncio.sleep(AFTERWARDS_S)
        await change(admin, directive, "rollback")
        good_at = time.time()
        await asyncio.sleep(AFTERWARDS_S)
    assert {each.status for each in traffic.seen} == {200}
    for gateway in gateways:
        given = [(record.at, record.directive.number) for record in gateway.records() if record.directive is not None]
        late_s = max((at - good_at for at, number in given if number == 2), default=0.0)
        tell(f"of {len(given)} requests the last with the bad one came {late_s * 1000:.0f} ms after its end")
        assert {number for at, number in given if bad_at + MOST_S < at < good_at - MOST_S / 2} <= {2}
        assert {number for at, number in given if at > good_at + MOST_S} == {1}
        assert any(number == 2 for _, number in given), "nobody was given the bad one"
        await asyncio.to_thread(eventually, partial(has_traced, gateway, sorted(given)))


def has_traced(gateway: Gateway, given: list[tuple[float, int]]) -> bool:
    """Whether the traces show the same border."""
    with reading(gateway.data_dir / "traces.db") as file:
        assert file is not None
        records = [msgspec.json.decode(line, type=Record) for (line,) in file.execute("SELECT record FROM traces")]
    return sorted((each.at, each.directive.number) for each in records if each.directive is not None) == given


async def change(admin: Person, directive: str, verb: str, body: object = None) -> None:
    await asyncio.to_thread(admin.do, "POST", f"directives/{directive}/{verb}", body)
