"""The spend is the sum of the journal: over crashes, restarts, and other numbers of workers."""

from collections.abc import Callable
from errno import ENOSPC
from pathlib import Path

import pytest

from gossamer.core.allowance import Spent, Subject
from gossamer.core.clock import wall_time
from gossamer.core.record import Record
from gossamer.counters import spend_book
from gossamer.counters.ledger import Ledger
from gossamer.counters.spend_book import JournalBook
from gossamer.journal.shelf import next_life
from gossamer.journal.writer import JournalWriter
from gossamer.policy.calendar import day_of, month_of

KEY = Subject("key", "k")


class Worker:
    """One life of one worker: a book, a journal, and what it spends."""

    def __init__(self, data_dir: Path, fleet: int, number: int = 0, workers: int = 1) -> None:
        self.book = JournalBook(data_dir, number, workers, fleet)
        self.journal = JournalWriter(data_dir / "journal", number, 4096, 20 * 4096, print)
        self.ledger = Ledger()
        self.book._ledger = self.ledger
        self.book._position = lambda: self.journal.position
        self._seq = 0

    def spend(self, nanos: int, times: int = 1) -> None:
        for _ in range(times):
            self._seq += 1
            record = Record(
                f"r{self._seq}", wall_time(), 0, self._seq, "POST", "/", 200, "completed", [], 1, 1,
                key="k", user="ann", target="p/m", cost_nanos=nanos,
            )  # fmt: skip
            self.journal.append(record)
            self.ledger.note(record)

    def keep(self) -> None:
        """As every few seconds."""
        self.book._write(self.book._balance())

    def die(self) -> None:
        """As by kill -9: what is in the journal is there, nothing else is written."""
        segment = self.journal._segment
        self.journal._supply._ready.result().discard()
        self.journal._supply._thread.shutdown()
        if segment is not None:
            segment._window.close()
            import os

            os.close(segment._fd)

    def end(self) -> None:
        self.keep()
        self.journal.close()

    async def knows(self, subject: Subject = KEY) -> int:
        """What was spent this month before this life: its share of it."""
        day = day_of(wall_time())
        ((of_day, of_month),) = await self.book.spent([subject], day, month_of(day))
        assert of_day == of_month, "the test does not run over midnight"
        return of_month


Start = Callable[..., Worker]


@pytest.fixture
def start(tmp_path: Path) -> Start:
    def start(fleet: int | None = None, number: int = 0, of: int = 1) -> Worker:
        return Worker(tmp_path, next_life(tmp_path / "journal") if fleet is None else fleet, number, of)

    return start


async def test_a_first_start_knows_of_nothing(start: Start):
    worker = start()
    assert await worker.knows() == 0
    worker.end()


@pytest.mark.parametrize("is_kept", [False, True], ids=["from the journal alone", "from a sum and the journal"])
@pytest.mark.parametrize("ending", ["end", "die"])
async def test_what_was_spent_is_known_after_a_restart(start: Start, is_kept: bool, ending: str):
    first = start()
    first.spend(3, 10)
    if is_kept:
        first.keep()
    first.spend(4, 5)
    getattr(first, ending)()
    second = start()
    assert await second.knows() == 50
    assert await second.knows(Subject("user", "ann")) == 50
    assert await second.knows(Subject("model", "p/m")) == 50
    assert await second.knows(Subject("agent", "k")) == 0
    second.spend(1)
    second.end()
    third = start()
    assert await third.knows() == 51
    third.end()


@pytest.mark.parametrize("is_kept", [False, True])
async def test_a_worker_that_dies_within_its_set_has_its_own_spend_back(start: Start, is_kept: bool):
    before = start()
    before.spend(100)
    before.end()
    fleet = start_of(before)
    lives = [start(fleet, 0, of=2), start(fleet, 1, of=2)]
    lives[0].spend(7, 3)
    lives[1].spend(1)
    if is_kept:
        lives[0].keep()
    lives[0].spend(7)
    lives[0].die()
    again = start(fleet, 0, of=2)
    assert await again.knows() == 50 + 28
    again.spend(2)
    again.die()
    once_more = start(fleet, 0, of=2)
    assert await once_more.knows() == 50 + 30
    for worker in (once_more, lives[1]):
        worker.end()
    after = start()
    assert await after.knows() == 131


def start_of(worker: Worker) -> int:
    """A set of workers that begins now."""
    return next_life(worker.book._journal)


@pytest.mark.parametrize("count", [1, 3, 4])
async def test_another_number_of_workers_divides_what_was_spent(start: Start, count: int):
    fleet = start_of(start())
    olds = [start(fleet, number, of=2) for number in range(2)]
    for number, worker in enumerate(olds):
        worker.spend(10 + number, 3)
        worker.die()
    fleet = start_of(olds[0])
    news = [start(fleet, number, of=count) for number in range(count)]
    assert sum([await worker.knows() for worker in news]) == 63
    known = [await worker.knows() for worker in news]
    assert max(known) - min(known) <= 1
    for worker in news:
        worker.end()


async def test_a_worker_that_starts_late_does_not_count_what_its_set_has_spent_already(start: Start):
    old = start()
    old.spend(10)
    old.die()
    fleet = start_of(old)
    first = start(fleet, 0, of=2)
    first.spend(1000)
    first.keep()
    late = start(fleet, 1, of=2)
    assert (await first.knows(), await late.knows()) == (5, 5)


async def test_what_an_old_worker_wrote_after_the_books_were_closed_counts_at_the_next_start(start: Start):
    old = start()
    old.spend(10)
    new = start()
    assert await new.knows() == 10
    old.spend(3)  # it drains, while its successors serve already
    old.die()
    new.spend(100)
    new.die()
    assert await start().knows() == 113


@pytest.mark.parametrize("rubbish", [b"", b"{", b"[]", b'{"fleet":"x"}'])
async def test_files_that_cannot_be_read_cost_time_and_no_money(start: Start, tmp_path: Path, rubbish: bytes):
    first = start()
    first.spend(5, 20)
    first.end()
    second = start()
    second.spend(1)
    second.end()
    for path in (tmp_path / "spend").iterdir():
        path.write_bytes(rubbish)
    assert await start().knows() == 101


async def test_sums_outlive_the_journal_that_they_were_drawn_from(start: Start, tmp_path: Path):
    first = start()
    first.spend(5, 300)  # more than its segments hold: the oldest went
    first.end()
    for path in (tmp_path / "journal").iterdir():
        path.unlink()
    assert await start().knows() == 1500


async def test_a_full_disk_ends_no_worker_and_costs_no_money(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    first = start()
    first.spend(5, 20)
    first.end()
    with monkeypatch.context() as full:
        full.setattr(spend_book, "write_balance", no_room)
        second = start()
        assert await second.knows() == 100
        second.spend(1)
        second.keep()
    second.keep()  # there is room again
    second.spend(1)
    second.die()
    second = start(second.book._fleet)
    assert await second.knows() == 102
    second.die()
    assert await start().knows() == 102


def no_room(path: Path, balance: object) -> None:
    raise OSError(ENOSPC, "No space left on device")


async def test_what_is_written_down_is_of_one_moment(start: Start):
    worker = start()
    worker.spend(5)
    balance = worker.book._balance()
    worker.spend(5)
    assert balance.sums[1].months[month_of(day_of(wall_time()))][0] == {"k": 5}
    worker.end()


async def test_many_segments_are_counted_once(start: Start):
    first = start()
    for _ in range(5):
        first.spend(2, 11)
        first.keep()
    first.spend(2, 11)
    first.die()
    assert await start().knows() == 132


async def test_last_month_is_forgotten(start: Start):
    first = start()
    first.spend(5)
    first.end()
    second = start()
    day = day_of(wall_time()) + 40
    assert list(await second.book.spent([KEY], day, month_of(day))) == [Spent(0, 0)]
