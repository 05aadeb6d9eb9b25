from gossamer.providers.keys import LONGEST_PAUSE_S, UNTOLD_PAUSE_S, KeyRing, ProviderKey


def ring(*limits: int | None) -> KeyRing:
    return KeyRing([ProviderKey(f"sk-{place}", limit) for place, limit in enumerate(limits)])


def test_keys_take_turns():
    keys = ring(None, None, None)
    assert [keys.take(1.0) for _ in range(4)] == [0, 1, 2, 0]


def test_a_key_that_was_refused_rests_for_as_long_as_was_told():
    keys = ring(None, None)
    keys.rest(0, 5.0, 100.0)
    assert [keys.take(104.9) for _ in range(3)] == [1, 1, 1]
    assert [keys.take(105.1) for _ in range(3)] == [0, 1, 0]


def test_what_was_not_told_is_short_and_what_is_too_long_is_bounded():
    keys = ring(None, None)
    keys.rest(0, None, 100.0)
    assert keys.take(100.0 + UNTOLD_PAUSE_S - 0.1) == 1
    keys.rest(0, 1e9, 200.0)
    assert {keys.take(200.1 + LONGEST_PAUSE_S) for _ in range(2)} == {0, 1}


def test_where_all_rest_the_first_that_will_be_free_is_taken():
    keys = ring(None, None)
    keys.rest(0, 9.0, 100.0)
    keys.rest(1, 4.0, 100.0)
    assert not keys.has_free(101.0)
    assert keys.take(101.0) == 1
    assert keys.has_free(104.5)


def test_a_limit_holds_in_any_minute():
    keys = ring(2, None)
    assert [keys.take(100.0) for _ in range(6)] == [0, 1, 0, 1, 1, 1]
    assert [keys.take(162.0) for _ in range(2)] == [0, 1]


def test_no_key_shows_in_a_repr():
    assert "sk" not in repr(ProviderKey("sk-secret"))
