"""In which order Redis hears what was spent: it counts a number that is greater than the last, so none may overtake."""

import asyncio

import pytest

from gossamer.core.allowance import Limits, Subject
from gossamer.counters.over_redis.debts import Debts, Settlement, Terms
from gossamer.counters.over_redis.plan import Group
from gossamer.counters.rules import Check
from gossamer.redis.line import Line
from gossamer.redis.resp import ReplyError


class Server:
    """Takes note of what it is told."""

    def __init__(self, *, is_up: bool = True) -> None:
        self.is_up = is_up
        self.told: list[Settlement] = []

    def tell(self, waiter: Settlement) -> None:
        self.told.append(waiter)

    @property
    def counted(self) -> list[int]:
        """What a Redis counts of it."""
        last, found = 0, []
        for settlement in self.told:
            if settlement.number > last:
                last = settlement.number
                found.append(settlement.terms.nanos)
        return found


class Servers:
    """A slot that has one owner now, and another soon."""

    def __init__(self, owner: Server, heir: Server) -> None:
        self.owner = owner
        self.heir = heir

    def of_slot(self, slot: int) -> Server:
        return self.owner

    def redirect(self, error: ReplyError, waiter: Settlement) -> bool:
        self.owner = self.heir
        self.heir.tell(waiter)
        return error.kind == "MOVED"


@pytest.fixture
async def line() -> Line:
    return Line((), lambda _line, _reason: None)


def debts_to(servers: Servers) -> Debts:
    debts = Debts()
    debts.attach(servers)  # type: ignore[arg-type]  # as much of them as is asked
    return debts


def spend(debts: Debts, nanos: int) -> None:
    group = Group("k:k", (Check(Subject("key", "k"), "The key", Limits(nanos_per_day=1000), "k:k"),), "life")
    debts.settle(Terms(group, group.dated(1, 1), nanos=nanos))


async def test_what_waited_for_a_server_that_is_gone_goes_before_what_its_heir_is_told():
    gone, heir = Server(is_up=False), Server()
    servers = Servers(gone, heir)
    debts = debts_to(servers)
    spend(debts, 1)
    spend(debts, 2)
    servers.owner = heir  # it was there all the time: no server comes up now
    spend(debts, 3)
    debts.came_up()
    assert heir.counted == [1, 2, 3]
    assert debts.unheard_nanos == 0


async def test_what_is_sent_on_to_another_server_counts_there_though_a_later_one_came_first(line: Line):
    old, heir = Server(), Server()
    servers = Servers(old, heir)
    debts = debts_to(servers)
    spend(debts, 1)
    spend(debts, 2)
    first, second = old.told
    first.answered(ReplyError("MOVED 1 host:1"), line)
    spend(debts, 3)
    second.answered(ReplyError("MOVED 1 host:1"), line)
    assert sorted(heir.counted) == [1, 2, 3]
    for settlement in heir.told:
        settlement.answered(1, line)
    async with asyncio.timeout(1):
        await debts.cleared()
