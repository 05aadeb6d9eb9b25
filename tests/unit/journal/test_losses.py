from gossamer.journal.losses import REPORT_NS, Losses

FULL = OSError(28, "No space left on device")


class Hand:
    """A clock that stands until it is moved."""

    now_ns = 0

    def __call__(self) -> int:
        return self.now_ns


def test_the_first_loss_is_told_at_once_and_then_one_every_ten_seconds() -> None:
    told: list[str] = []
    clock = Hand()
    losses = Losses(told.append, clock)
    for _ in range(5):
        losses.add(FULL)
    assert len(told) == 1
    assert "No space left on device" in told[0]
    assert "1 records lost" in told[0]
    clock.now_ns += REPORT_NS
    losses.add(FULL)
    losses.add(FULL)
    assert len(told) == 2
    assert "6 records lost" in told[1]
    assert losses.records == 7


def test_the_end_is_told_with_the_sum_and_only_once() -> None:
    told: list[str] = []
    losses = Losses(told.append, Hand())
    losses.end()
    assert told == []
    losses.add(FULL)
    losses.add(FULL)
    losses.end()
    losses.end()
    assert told[1:] == ["the journal is written again; 2 records were lost"]


def test_a_second_trouble_is_told_at_once_and_counted_from_its_own_beginning() -> None:
    told: list[str] = []
    losses = Losses(told.append, Hand())
    losses.add(FULL)
    losses.end()
    losses.add(FULL)
    assert "1 records lost" in told[2]
    assert losses.records == 2
