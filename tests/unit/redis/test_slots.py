import pytest

from gossamer.redis.slots import slot_of


@pytest.mark.parametrize(
    ("key", "slot"),
    # The first is the specification's own test vector of the checksum; tests/real compares more with a real cluster.
    [
        (b"123456789", 12739),
        (b"foo", 12182),
        (b"{user1000}.following", 3443),
        (b"{user1000}.followers", 3443),
        (b"foo{}{bar}", 8363),
        (b"foo{{bar}}zap", 4015),
        (b"foo{bar}{zap}", 5061),
        (b"", 0),
    ],
)
def test_the_slot_of_a_key(key, slot):
    assert slot_of(key) == slot
