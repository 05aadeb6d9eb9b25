"""What a worker remembers: bounded, of one house, and gone when anything is deleted."""

from gossamer.delivery.recollection import Memory, Recollection

ALWAYS = 0.0
BYTES = 10_000


def memory(size_bytes: int = 100, house: str = "user 1", at: float = 1.0) -> Memory:
    return Memory(house, b"x" * size_bytes, 1, at)


def test_it_is_known_to_its_house_alone():
    known = Recollection(BYTES)
    known.put("a", memory(), known.generation)
    assert known.get("a", "user 1", ALWAYS) == memory()
    assert known.get("a", "user 2", ALWAYS) is None
    assert known.get("b", "user 1", ALWAYS) is None


def test_what_is_too_old_is_not_known():
    known = Recollection(BYTES)
    known.put("a", memory(at=5.0), known.generation)
    assert known.get("a", "user 1", 5.0) is not None
    assert known.get("a", "user 1", 5.1) is None


def test_the_one_that_was_not_used_for_longest_goes_first():
    known = Recollection(3 * 1000)
    for name in "abc":
        known.put(name, memory(400), known.generation)
    known.get("a", "user 1", ALWAYS)
    known.put("d", memory(400), known.generation)
    assert [name for name in "abcd" if known.get(name, "user 1", ALWAYS)] == ["a", "c", "d"]


def test_one_that_is_larger_than_all_together_is_not_put():
    known = Recollection(1000)
    known.put("a", memory(100), known.generation)
    known.put("b", memory(1000), known.generation)
    assert known.get("b", "user 1", ALWAYS) is None
    assert known.get("a", "user 1", ALWAYS) is not None


def test_the_same_again_counts_once():
    known = Recollection(2000)
    for _ in range(50):
        known.put("a", memory(500), known.generation)
    known.put("b", memory(100), known.generation)
    assert known.get("a", "user 1", ALWAYS) is not None


def test_what_was_asked_before_a_deletion_is_not_remembered_after_it():
    known = Recollection(BYTES)
    asked = known.generation
    known.put("a", memory(), asked)
    known.forget()
    assert known.get("a", "user 1", ALWAYS) is None
    known.put("b", memory(), asked)
    assert known.get("b", "user 1", ALWAYS) is None
    known.put("b", memory(), known.generation)
    assert known.get("b", "user 1", ALWAYS) is not None
