"""Tokens known to be bad: never forgotten too soon, never kept for good, and hardly ever a good one among them."""

from hashlib import sha256
from math import exp

from gossamer.worker.identity.bad_tokens import BITS, HASHES, LONGEST_S, MOST, BadTokens


def digests(name: str, count: int) -> list[bytes]:
    return [sha256(f"{name}{number}".encode()).digest() for number in range(count)]


def test_what_was_added_is_known_and_nothing_is_made_before():
    bad = BadTokens()
    assert bad._young is None
    first, *others = digests("bad", 1000)
    assert first not in bad
    for digest in (first, *others):
        bad.add(digest, 0.0)
    assert all(digest in bad for digest in (first, *others))


def test_good_ones_are_taken_for_bad_as_rarely_as_reckoned():
    """In a filter so small that it happens: the rate is that of the formula, so it is for the real one too."""
    bits, most = 1 << 13, 1000
    bad = BadTokens(bits, most)
    for digest in digests("bad", most):
        bad.add(digest, 0.0)
    asked = 20_000
    found = sum(digest in bad for digest in digests("good", asked))
    reckoned = (1 - exp(-HASHES * most / bits)) ** HASHES
    assert 0.7 * reckoned * asked < found < 1.4 * reckoned * asked


def test_the_real_one_when_it_is_full_is_wrong_once_in_a_billion():
    of_one = (1 - exp(-HASHES * MOST / BITS)) ** HASHES
    assert 2 * of_one < 1e-9
    bad = BadTokens()
    for digest in digests("bad", MOST):
        bad.add(digest, 0.0)
    assert not any(digest in bad for digest in digests("good", 100_000))


def test_when_one_generation_is_full_the_one_before_the_last_is_forgotten():
    bad = BadTokens(1 << 12, most=10)
    first, second, third = digests("a", 10), digests("b", 10), digests("c", 1)
    for digest in (*first, *second):
        bad.add(digest, 0.0)
    assert all(digest in bad for digest in (*first, *second))
    bad.add(third[0], 0.0)
    assert not any(digest in bad for digest in first)
    assert all(digest in bad for digest in (*second, *third))


def test_with_time_all_are_forgotten_and_the_memory_is_given_back():
    bad = BadTokens()
    (digest,) = digests("bad", 1)
    bad.add(digest, 0.0)
    bad.sweep(LONGEST_S - 1)
    bad.sweep(LONGEST_S + 1)
    assert digest in bad
    bad.sweep(2 * LONGEST_S + 2)
    assert digest not in bad
    assert (bad._young, bad._old) == (None, None)


def test_a_change_makes_all_of_them_unknown():
    bad = BadTokens()
    (digest,) = digests("bad", 1)
    bad.add(digest, 0.0)
    bad.forget()
    assert digest not in bad


def test_no_two_processes_have_the_same_salt():
    assert BadTokens()._words(bytes(32)) != BadTokens()._words(bytes(32))
