import base64
import hashlib
from uuid import UUID

from gossamer.control.tokens import IdMint, digest_of, mint_token, new_id, new_secret


def test_an_id_is_a_uuid_of_version_7_that_begins_with_its_time():
    made = UUID(IdMint().next_id(1_700_000_000.123))
    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert made.int >> 80 == 1_700_000_000_123


def test_ids_only_grow_within_a_millisecond_and_when_the_clock_is_set_back():
    mint = IdMint()
    times = [5.0, 5.0, 5.0, 4.0, 5.0, 5.001, 1.0]
    ids = [mint.next_id(at) for at in times]
    assert ids == sorted(set(ids))


def test_ids_grow_beyond_all_that_a_millisecond_has_room_for():
    mint = IdMint()
    first = mint.next_id(5.0)
    mint._last_random = (1 << 74) - 1
    second = mint.next_id(5.0)
    assert second > first
    assert UUID(second).int >> 80 == 5001
    assert UUID(second).version == 7


def test_the_next_id_cannot_be_guessed_from_the_one_before():
    mint = IdMint()
    steps = {UUID(mint.next_id(5.0)).int & (1 << 62) - 1 for _ in range(100)}
    gaps = {after - before for before, after in zip(sorted(steps), sorted(steps)[1:], strict=False)}
    assert len(gaps) == 99, "the steps are all alike"


def test_a_token_names_its_key_and_only_its_digest_is_kept():
    key_id, token, digest = mint_token()
    begin, id_part, secret = token.split("_")
    assert (begin, len(id_part), len(secret)) == ("gsm", 26, 32)
    assert UUID(bytes=base64.b32decode(id_part.upper() + "=" * 6)) == UUID(key_id)
    assert digest == digest_of(token) == hashlib.sha256(token.encode()).digest()
    assert token == token.lower()


def test_nothing_comes_twice():
    assert len({new_id() for _ in range(1000)} | {new_secret() for _ in range(1000)}) == 2000
