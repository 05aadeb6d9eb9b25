"""What is kept: how much, for how long, and that whatever leaves is ended first."""

from gossamer.core.ports import Claims
from gossamer.worker.identity.shelf import Shelf


def claims(key_id: str, used_at: float = 0.0) -> Claims:
    return Claims(key_id=key_id, name=key_id, used_at=used_at)


class Kept:
    """A shelf of three, and what has left it."""

    def __init__(self, most: int = 3) -> None:
        self.gone: list[str] = []
        self.shelf: Shelf[str, Claims] = Shelf(
            most, lambda each: each.used_at, lambda each: self.gone.append(each.key_id)
        )

    def put(self, name: str, *subjects: str, until: float = 1000.0, used_at: float = 0.0) -> Claims:
        each = claims(name, used_at)
        self.shelf.put(name, each, (name, *subjects), until)
        return each


def test_the_one_that_was_not_asked_for_longest_goes_and_is_ended():
    kept = Kept()
    first, *_ = [kept.put(name) for name in "abc"]
    kept.shelf.get("a")
    kept.put("d")
    assert kept.gone == ["b"]
    assert first.is_valid
    assert kept.shelf.get("b") is None


def test_one_that_is_used_stays_though_nobody_asked_the_shelf_for_it():
    """Whoever holds it does not ask: its last use stands on the thing itself."""
    kept = Kept()
    first, second, _ = [kept.put(name) for name in "abc"]
    first.used_at = 5.0
    kept.put("d")
    assert kept.gone == ["b"]
    assert (first.is_valid, second.is_valid) == (True, False)


def test_where_all_are_used_one_goes_all_the_same():
    kept = Kept(most=20)
    for number in range(20):
        kept.put(f"k{number}").used_at = 1.0
    kept.put("new")
    assert len(kept.shelf) == 20
    assert len(kept.gone) == 1


def test_what_is_put_again_ends_what_was_there():
    kept = Kept()
    old = kept.put("a")
    new = kept.put("a")
    assert (old.is_valid, new.is_valid) == (False, True)
    assert kept.shelf.get("a") is new


def test_a_change_ends_everything_that_it_is_about_and_nothing_else():
    kept = Kept()
    first, second, other = kept.put("a", "ann"), kept.put("b", "ann"), kept.put("c", "bob")
    kept.shelf.end_subjects(["ann", "nobody"])
    assert [each.is_valid for each in (first, second, other)] == [False, False, True]
    kept.shelf.end_subjects(["c"])
    assert not other.is_valid
    assert len(kept.shelf) == 0


def test_time_ends_what_it_must_within_a_second_and_no_sooner():
    kept = Kept()
    short, long = kept.put("a", until=10.5), kept.put("b", until=12.0)
    kept.shelf.sweep(9.0)
    kept.shelf.sweep(10.4)
    assert short.is_valid
    kept.shelf.sweep(11.5)
    assert (short.is_valid, long.is_valid) == (False, True)
    kept.shelf.sweep(30.0)  # a sweep that comes late
    assert not long.is_valid


def test_what_was_ended_otherwise_leaves_nothing_behind():
    kept = Kept()
    for number in range(100):
        kept.put(f"k{number}", "ann", until=1000.0 + number)
    kept.shelf.end_all()
    assert len(kept.gone) == 100
    assert (kept.shelf._places, kept.shelf._due, kept.shelf._of_subject) == ({}, {}, {})


def test_what_is_out_of_time_when_it_comes_goes_with_the_next_sweep():
    """Its key may have run out while the answer was on its way, over a second that was swept already."""
    kept = Kept()
    kept.put("a", until=5.0)
    kept.shelf.sweep(10.0)
    late = kept.put("b", until=9.2)
    kept.shelf.sweep(11.0)
    assert kept.gone == ["a", "b"]
    assert not late.is_valid
